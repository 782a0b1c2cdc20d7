import { createHash, randomUUID } from 'node:crypto';
import type { SandboxServices } from '@puente/integrations/testing';
import { WriteBatcher } from '@puente/integrations/testing';
import { assertCharacters, assertMessageAttributes, sizeOf } from './message-attributes';
import type { Queue } from './queue';
import { invalidValue, missingParameter, queueDoesNotExist, sqsError } from './sqs-wire.errors';
import type { Outgoing } from './sqs-wire.schemas';

/** A message ready to be stored. */
interface Draft {
  readonly message_id: string;
  readonly body: string;
  readonly attributes: Outgoing['MessageAttributes'] | undefined;
  readonly system_attributes: Outgoing['MessageSystemAttributes'] | undefined;
  readonly group_id: string | undefined;
  readonly dedup_id: string | undefined;
  readonly scope: string;
  readonly delay_ms: number;
  readonly sender: string;
  readonly operation: string;
  readonly queue_url: string;
}

export interface Sent {
  readonly messageId: string;
  /** FIFO only. */
  readonly sequenceNumber?: string;
}

export interface SendContext {
  readonly operation: string;
  readonly sender: string;
  readonly host: string;
}

const INPUT = `json_to_recordset($1::json) AS r (ord int, message_id uuid, body text, attributes json, system_attributes json,
  group_id text, dedup_id text, scope text, delay_ms bigint, sender text, operation text, effect json)`;
const STORE = `INSERT INTO sqs_messages
  (queue_id, seq, message_id, body, attributes, system_attributes, group_id, dedup_id, sender, sent_at, visible_at)
  SELECT $2, seq, message_id, body, attributes, system_attributes, group_id, dedup_id, sender, sandbox_now($3),
         sandbox_now($3) + delay_ms * interval '1 millisecond' FROM accepted`;
const LOG = `INSERT INTO sandbox_effects (part, at, operation, effect)
  SELECT $4, sandbox_now($3), operation, effect FROM accepted ORDER BY ord`;
const NUMBERED = `input AS MATERIALIZED (
  SELECT i.*, nextval('sqs_message_seq') AS seq FROM (SELECT * FROM ${INPUT} ORDER BY ord) i)`;

const SEND_STANDARD = `WITH ${NUMBERED}, accepted AS (SELECT * FROM input), stored AS (${STORE}), logged AS (${LOG})
  SELECT message_id, NULL AS seq FROM input ORDER BY ord`;

/**
 * The deduplication row is the gate: only the message that wins it is stored. A loser is answered with the winner's id
 * and number, for five minutes, even when the winner was received and deleted in the meantime.
 */
const SEND_FIFO = `WITH ${NUMBERED}, won AS (
    INSERT INTO sqs_deduplications AS d (queue_id, scope, dedup_id, message_id, seq, expires_at)
    SELECT $2, scope, dedup_id, message_id, seq, sandbox_now($3) + interval '5 minutes' FROM input ORDER BY ord
    ON CONFLICT (queue_id, scope, dedup_id) DO UPDATE
       SET message_id = excluded.message_id, seq = excluded.seq, expires_at = excluded.expires_at
     WHERE d.expires_at <= sandbox_now($3)
    RETURNING message_id),
  accepted AS MATERIALIZED (SELECT * FROM input WHERE message_id IN (SELECT message_id FROM won)),
  stored AS (${STORE}), logged AS (${LOG})
  SELECT coalesce(a.message_id, d.message_id) AS message_id, coalesce(a.seq, d.seq)::text AS seq
    FROM input i
    LEFT JOIN accepted a ON a.message_id = i.message_id
    LEFT JOIN sqs_deduplications d ON a.message_id IS NULL AND d.queue_id = $2 AND d.scope = i.scope AND d.dedup_id = i.dedup_id
   ORDER BY i.ord`;

/** Sequence numbers have twenty digits on AWS. */
const SEQUENCE_BASE = 18_870_000_000_000_000_000n;
const MAX_JOINED = 200;

/** Stores messages. A send is acknowledged after its commit, never before. */
export class MessageSender {
  private readonly batchers = new WeakMap<Queue, WriteBatcher<Draft, Sent>>();

  constructor(
    private readonly services: SandboxServices,
    private readonly part: string,
  ) {}

  /** @throws AwsError for what AWS refuses about the message as a whole; the size is the caller's to check. */
  draft(queue: Queue, message: Outgoing, context: SendContext): Draft {
    assertBody(message);
    assertMessageAttributes(message.MessageAttributes);
    const identity = queue.fifo ? fifoIdentity(queue, message) : standardIdentity(message);
    return {
      message_id: randomUUID(),
      body: message.MessageBody,
      attributes: message.MessageAttributes,
      system_attributes: message.MessageSystemAttributes,
      ...identity,
      delay_ms: delaySeconds(queue, message) * 1_000,
      sender: context.sender,
      operation: context.operation,
      queue_url: queue.url(context.host),
    };
  }

  /** The drafts of one call, in order. */
  async send(queue: Queue, drafts: readonly Draft[]): Promise<Sent[]> {
    const sent = await this.batcher(queue).add(drafts);
    queue.polls.wake(drafts.length);
    return sent;
  }

  private batcher(queue: Queue): WriteBatcher<Draft, Sent> {
    const known = this.batchers.get(queue);
    if (known) return known;
    const write = (drafts: readonly Draft[]): Promise<Sent[]> => this.write(queue, drafts);
    const made = new WriteBatcher(write, { inFlight: 1, maxItems: MAX_JOINED });
    this.batchers.set(queue, made);
    return made;
  }

  private async write(queue: Queue, drafts: readonly Draft[]): Promise<Sent[]> {
    if (queue.deleted) throw queueDoesNotExist();
    const firsts = new Map<string, number>();
    const distinct: Draft[] = [];
    // One statement must not meet the same deduplication row twice, so repeats inside a group are settled here.
    const places = drafts.map((draft) => {
      const key = queue.fifo ? `${draft.scope}\u0000${draft.dedup_id ?? ''}` : draft.message_id;
      const place = firsts.get(key) ?? distinct.push(draft) - 1;
      firsts.set(key, place);
      return place;
    });
    const rows = await this.services.database.query<{ message_id: string; seq: string | null }>(
      queue.fifo ? SEND_FIFO : SEND_STANDARD,
      [JSON.stringify(distinct.map(record)), queue.id, this.services.clock.offsetMs(this.part), this.part],
      { name: queue.fifo ? 'sqs-send-fifo' : 'sqs-send-standard' },
    );
    return places.map((place) => toSent(rows[place]));
  }
}

function toSent(row: { message_id: string; seq: string | null } | undefined): Sent {
  if (!row) throw new TypeError('The database answered with fewer rows than messages were sent.');
  return { messageId: row.message_id, ...(row.seq === null ? {} : { sequenceNumber: sequenceNumber(row.seq) }) };
}

export function sequenceNumber(seq: string): string {
  return String(SEQUENCE_BASE + BigInt(seq));
}

function record(draft: Draft, ord: number): object {
  const { queue_url, operation, ...columns } = draft;
  const effect = {
    queueUrl: queue_url,
    messageId: draft.message_id,
    body: draft.body,
    messageAttributes: draft.attributes,
    groupId: draft.group_id,
    deduplicationId: draft.dedup_id,
  };
  return { ord, ...columns, operation, effect };
}

function assertBody(message: Outgoing): void {
  if (message.MessageBody === '') throw missingParameter('MessageBody');
  assertCharacters(message.MessageBody);
}

/** @throws AwsError when one message is larger than its queue allows. */
export function assertSize(queue: Queue, message: Outgoing): void {
  const limit = queue.number('MaximumMessageSize');
  if (sizeOf(message.MessageBody, message.MessageAttributes) <= limit) return;
  const reason = `One or more parameters are invalid. Reason: Message must be shorter than ${String(limit)} bytes.`;
  throw sqsError('InvalidParameterValueException', reason);
}

function standardIdentity(message: Outgoing): Pick<Draft, 'group_id' | 'dedup_id' | 'scope'> {
  if (message.MessageDeduplicationId) {
    throw invalidValue(
      'MessageDeduplicationId',
      message.MessageDeduplicationId,
      'The request includes a parameter that is not valid for this queue type.',
    );
  }
  if (message.MessageGroupId) assertId('MessageGroupId', message.MessageGroupId);
  return { group_id: message.MessageGroupId, dedup_id: undefined, scope: '' };
}

function fifoIdentity(queue: Queue, message: Outgoing): Pick<Draft, 'group_id' | 'dedup_id' | 'scope'> {
  if (!message.MessageGroupId) throw missingParameter('MessageGroupId');
  assertId('MessageGroupId', message.MessageGroupId);
  if (message.MessageDeduplicationId) assertId('MessageDeduplicationId', message.MessageDeduplicationId);
  const byContent = queue.row.attributes.ContentBasedDeduplication === 'true';
  const dedupId = message.MessageDeduplicationId ?? (byContent ? sha256(message.MessageBody) : undefined);
  if (!dedupId) {
    throw sqsError(
      'InvalidParameterValueException',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  const perGroup = queue.row.attributes.DeduplicationScope === 'messageGroup';
  return { group_id: message.MessageGroupId, dedup_id: dedupId, scope: perGroup ? message.MessageGroupId : '' };
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function assertId(parameter: string, value: string): void {
  if (/^[!-~]{1,128}$/.test(value)) return;
  throw invalidValue(
    parameter,
    value,
    `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

function delaySeconds(queue: Queue, message: Outgoing): number {
  const asked = message.DelaySeconds;
  if (queue.fifo && asked) {
    throw invalidValue('DelaySeconds', asked, 'The request include parameter that is not valid for this queue type.');
  }
  if (asked === undefined || queue.fifo) return queue.number('DelaySeconds');
  if (asked < 0 || asked > 900) throw invalidValue('DelaySeconds', asked, 'DelaySeconds must be >= 0 and <= 900.');
  return asked;
}
