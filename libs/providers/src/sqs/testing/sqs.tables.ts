/**
 * Queues and messages of the SQS stand-in. No foreign key from messages to queues: its row lock on every send costs
 * more than sweeping what a send that races with DeleteQueue may leave behind.
 *
 * A message is in flight when it was received and is not visible yet; delayed when it was never received and is not
 * visible yet. `seq` is the order of a queue, and with the queue the key; a move to another queue takes a new one.
 */
export const SQS_TABLES = ['sqs_queues', 'sqs_messages', 'sqs_deduplications', 'sqs_move_tasks'] as const;

const tables = `
  CREATE SEQUENCE IF NOT EXISTS sqs_message_seq;
  CREATE TABLE IF NOT EXISTS sqs_queues (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account     text NOT NULL,
    name        text NOT NULL,
    region      text NOT NULL,
    attributes  json NOT NULL,
    tags        json NOT NULL,
    created_at  timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    purged_at   timestamptz,
    UNIQUE (account, name)
  );
  CREATE TABLE IF NOT EXISTS sqs_messages (
    queue_id          bigint NOT NULL,
    seq               bigint NOT NULL,
    message_id        uuid NOT NULL,
    body              text NOT NULL,
    attributes        json,
    system_attributes json,
    group_id          text,
    dedup_id          text,
    sender            text NOT NULL,
    sent_at           timestamptz NOT NULL,
    visible_at        timestamptz NOT NULL,
    first_received_at timestamptz,
    receive_count     int NOT NULL DEFAULT 0,
    receipt           uuid,
    came_from         text,
    PRIMARY KEY (queue_id, seq)
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
  CREATE INDEX IF NOT EXISTS sqs_messages_visible ON sqs_messages (queue_id, visible_at);
  CREATE INDEX IF NOT EXISTS sqs_messages_group ON sqs_messages (queue_id, group_id, seq) WHERE group_id IS NOT NULL;
  -- What redrive looks for: few messages were received before and are still here.
  CREATE INDEX IF NOT EXISTS sqs_messages_received ON sqs_messages (queue_id, receive_count) WHERE receive_count > 0;
  CREATE TABLE IF NOT EXISTS sqs_deduplications (
    queue_id   bigint NOT NULL,
    scope      text NOT NULL,
    dedup_id   text NOT NULL,
    message_id uuid NOT NULL,
    seq        bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (queue_id, scope, dedup_id)
  );
  CREATE INDEX IF NOT EXISTS sqs_deduplications_expiry ON sqs_deduplications (expires_at);
  CREATE TABLE IF NOT EXISTS sqs_move_tasks (
    handle         text PRIMARY KEY,
    source_arn     text NOT NULL,
    destination    text,
    rate           int,
    status         text NOT NULL,
    moved          bigint NOT NULL DEFAULT 0,
    to_move        bigint NOT NULL,
    started_at     timestamptz NOT NULL,
    failure_reason text
  );
`;

/**
 * A FIFO receive: for each free group, oldest message first, as many of its leading messages as fit. A group with a
 * message in flight is locked. The caller lets only one run at a time per queue: a second one could not see the first
 * one's claim and would break the lock of the group.
 */
const takeFifo = `
  CREATE OR REPLACE FUNCTION sqs_take_fifo(p_queue bigint, p_now timestamptz, p_oldest timestamptz, p_max int)
  RETURNS bigint[] LANGUAGE plpgsql AS $$
  DECLARE
    v_locked text[];
    v_group  text;
    v_taken  bigint[] := '{}';
  BEGIN
    SELECT coalesce(array_agg(DISTINCT group_id), '{}') INTO v_locked
      FROM sqs_messages WHERE queue_id = p_queue AND visible_at > p_now AND receive_count > 0;
    WHILE cardinality(v_taken) < p_max LOOP
      SELECT group_id INTO v_group FROM sqs_messages
       WHERE queue_id = p_queue AND visible_at <= p_now AND sent_at > p_oldest AND group_id <> ALL (v_locked)
       ORDER BY seq LIMIT 1;
      EXIT WHEN NOT FOUND;
      v_locked := v_locked || v_group;
      v_taken := v_taken || ARRAY(
        SELECT seq FROM (
          SELECT seq, bool_and(visible_at <= p_now) OVER (ORDER BY seq) AS ready FROM (
            SELECT seq, visible_at FROM sqs_messages
             WHERE queue_id = p_queue AND group_id = v_group AND sent_at > p_oldest
             ORDER BY seq LIMIT p_max - cardinality(v_taken)) head) prefix
         WHERE ready ORDER BY seq);
    END LOOP;
    RETURN v_taken;
  END $$;
`;

/** Messages that were received often enough go to the dead-letter queue; they keep id, body and group. */
const redrive = `
  CREATE OR REPLACE FUNCTION sqs_redrive(p_queue bigint, p_now timestamptz, p_max_receives int, p_dlq bigint, p_arn text)
  RETURNS int LANGUAGE plpgsql AS $$
  DECLARE
    v_moved int;
  BEGIN
    WITH spent AS (
      SELECT seq FROM sqs_messages
       WHERE queue_id = p_queue AND receive_count > 0 AND receive_count >= p_max_receives AND visible_at <= p_now
       ORDER BY seq FOR UPDATE SKIP LOCKED),
    numbered AS (SELECT seq, nextval('sqs_message_seq') AS new_seq FROM spent)
    UPDATE sqs_messages m
       SET queue_id = p_dlq, seq = n.new_seq, receipt = NULL, came_from = p_arn, visible_at = p_now
      FROM numbered n WHERE m.queue_id = p_queue AND m.seq = n.seq;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    RETURN v_moved;
  END $$;
`;

/** One receive in one round trip: redrive, choose, claim. Without a message it says how long until one may turn up. */
const receive = `
  CREATE OR REPLACE FUNCTION sqs_receive(
    p_queue bigint, p_fifo boolean, p_offset_ms bigint, p_max int, p_visibility_s int, p_retention_s int,
    p_max_receives int, p_dlq bigint, p_arn text)
  RETURNS json LANGUAGE plpgsql AS $$
  DECLARE
    v_now      timestamptz := sandbox_now(p_offset_ms);
    v_oldest   timestamptz := v_now - p_retention_s * interval '1 second';
    v_moved    int := 0;
    v_taken    bigint[];
    v_messages json;
  BEGIN
    -- A claim that a crash of the server forgets is a message delivered again, which SQS does too: no wait for the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
    IF p_dlq IS NOT NULL THEN
      v_moved := sqs_redrive(p_queue, v_now, p_max_receives, p_dlq, p_arn);
    END IF;
    IF p_fifo THEN
      v_taken := sqs_take_fifo(p_queue, v_now, v_oldest, p_max);
    ELSE
      v_taken := ARRAY(
        SELECT seq FROM sqs_messages WHERE queue_id = p_queue AND visible_at <= v_now AND sent_at > v_oldest
         ORDER BY visible_at LIMIT p_max FOR UPDATE SKIP LOCKED);
    END IF;
    IF cardinality(v_taken) = 0 THEN
      RETURN json_build_object('moved', v_moved, 'nextMs', (
        SELECT (extract(epoch FROM min(visible_at) - v_now) * 1000)::bigint FROM sqs_messages
         WHERE queue_id = p_queue AND visible_at > v_now));
    END IF;
    WITH claimed AS (
      UPDATE sqs_messages
         SET receive_count = receive_count + 1, receipt = gen_random_uuid(),
             visible_at = v_now + p_visibility_s * interval '1 second',
             first_received_at = coalesce(first_received_at, v_now)
       WHERE queue_id = p_queue AND seq = ANY (v_taken)
      RETURNING *)
    SELECT json_agg(json_build_object(
             'seq', seq::text, 'receipt', receipt, 'messageId', message_id, 'body', body, 'attributes', attributes,
             'systemAttributes', system_attributes, 'groupId', group_id, 'dedupId', dedup_id, 'sender', sender,
             'sentMs', (extract(epoch FROM sent_at) * 1000)::bigint,
             'firstReceivedMs', (extract(epoch FROM first_received_at) * 1000)::bigint,
             'receiveCount', receive_count, 'cameFrom', came_from) ORDER BY array_position(v_taken, seq))
      INTO v_messages FROM claimed;
    RETURN json_build_object('moved', v_moved, 'messages', v_messages);
  END $$;
`;

export const SQS_SCHEMA = [tables, takeFifo, redrive, receive].join('\n');
