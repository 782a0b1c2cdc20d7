import type { SandboxServices } from '@puente/integrations/testing';
import { WriteBatcher } from '@puente/integrations/testing';
import { wants } from './filter-policy';
import { envelope, queueRequest } from './notification';
import type { FifoIdentity, Message } from './outgoing-message';
import { textFor } from './outgoing-message';
import type { Subscription, Topic } from './topic-store';

export interface Published {
  readonly messageId: string;
  /** FIFO only. */
  readonly sequenceNumber?: string;
}

/** Everything one message leaves behind, ready to be committed. */
interface Draft {
  readonly message_id: string;
  readonly topic_arn: string | null;
  readonly dedup_id: string | null;
  readonly scope: string | null;
  readonly operation: string;
  readonly effect: object;
  readonly mails: readonly object[];
  readonly deliveries: readonly object[];
}

/**
 * One statement for a group of messages. For a FIFO topic the deduplication row is the gate: a repeat inside five
 * minutes is answered with the first message's id and number, and leaves neither record nor delivery.
 */
const PUBLISH = `WITH input AS MATERIALIZED (
    SELECT i.*, nextval('sns_message_seq') AS seq FROM (
      SELECT * FROM json_to_recordset($1::json) AS r (ord int, message_id uuid, topic_arn text, dedup_id text, scope text,
        operation text, effect json, mails json, deliveries json) ORDER BY ord) i),
  won AS (
    INSERT INTO sns_deduplications AS d (topic_arn, scope, dedup_id, message_id, seq, expires_at)
    SELECT topic_arn, scope, dedup_id, message_id, seq, sandbox_now($2) + interval '5 minutes'
      FROM input WHERE dedup_id IS NOT NULL ORDER BY ord
    ON CONFLICT (topic_arn, scope, dedup_id) DO UPDATE
       SET message_id = excluded.message_id, seq = excluded.seq, expires_at = excluded.expires_at
     WHERE d.expires_at <= sandbox_now($2)
    RETURNING message_id),
  accepted AS MATERIALIZED (
    SELECT * FROM input WHERE dedup_id IS NULL OR message_id IN (SELECT message_id FROM won)),
  logged AS (
    INSERT INTO sandbox_effects (part, at, operation, effect)
    SELECT $3, sandbox_now($2), operation, effect FROM accepted ORDER BY ord),
  mailed AS (
    INSERT INTO sns_inbox (at, protocol, endpoint, subject, message, message_id, topic_arn)
    SELECT sandbox_now($2), m.protocol, m.endpoint, m.subject, m.message, a.message_id, a.topic_arn
      FROM accepted a, json_to_recordset(a.mails) AS m (protocol text, endpoint text, subject text, message text) ORDER BY a.ord),
  handed AS (
    INSERT INTO sns_deliveries (queue_arn, request)
    SELECT d.queue_arn, d.request FROM accepted a, json_to_recordset(a.deliveries) AS d (queue_arn text, request json) ORDER BY a.ord)
  SELECT coalesce(a.message_id, d.message_id) AS message_id, coalesce(a.seq, d.seq)::text AS seq
    FROM input i
    LEFT JOIN accepted a ON a.message_id = i.message_id
    LEFT JOIN sns_deduplications d
      ON a.message_id IS NULL AND d.topic_arn = i.topic_arn AND d.scope = i.scope AND d.dedup_id = i.dedup_id
   ORDER BY i.ord`;

const SEQUENCE_BASE = 10_000_000_000_000_000_000n;
const MAX_JOINED = 100;

/** Commits messages with all they cause, then says so. */
export class Publisher {
  private readonly drafts: WriteBatcher<Draft, Published>;

  /** @param onDeliveries called when queues have something to get. */
  constructor(
    private readonly services: SandboxServices,
    private readonly part: string,
    private readonly onDeliveries: () => void,
  ) {
    // One statement at a time: it keeps the order of FIFO topics, and what gathers meanwhile shares the next commit.
    this.drafts = new WriteBatcher((drafts) => this.write(drafts), { inFlight: 1, maxItems: MAX_JOINED });
  }

  toTopic(
    topic: Topic,
    subscriptions: readonly Subscription[],
    operation: string,
    entries: readonly TopicEntry[],
  ): Promise<Published[]> {
    const drafts = entries.map((entry) =>
      topicDraft({ topic, subscriptions, operation, entry, nowMs: this.services.clock.nowMs(this.part) }),
    );
    return this.drafts.add(drafts);
  }

  async toPhone(phoneNumber: string, message: Message): Promise<Published> {
    const text = textFor(message, 'sms');
    const draft: Draft = {
      message_id: message.id,
      topic_arn: null,
      dedup_id: null,
      scope: null,
      operation: 'Publish',
      effect: { phoneNumber, ...describe(message), deliveredTo: [{ protocol: 'sms', endpoint: phoneNumber }] },
      mails: [{ protocol: 'sms', endpoint: phoneNumber, message: text }],
      deliveries: [],
    };
    await this.drafts.add([draft]);
    return { messageId: message.id };
  }

  private async write(drafts: readonly Draft[]): Promise<Published[]> {
    const firsts = new Map<string, number>();
    const distinct: Draft[] = [];
    // One statement must not meet the same deduplication row twice, so repeats inside a group are settled here.
    const places = drafts.map((draft) => {
      const key =
        draft.dedup_id === null
          ? draft.message_id
          : `${draft.topic_arn ?? ''}\u0000${draft.scope ?? ''}\u0000${draft.dedup_id}`;
      const place = firsts.get(key) ?? distinct.push(draft) - 1;
      firsts.set(key, place);
      return place;
    });
    const rows = await this.services.database.query<{ message_id: string; seq: string }>(
      PUBLISH,
      [
        JSON.stringify(distinct.map((draft, ord) => ({ ord, ...draft }))),
        this.services.clock.offsetMs(this.part),
        this.part,
      ],
      { name: 'sns-publish' },
    );
    if (distinct.some(({ deliveries }) => deliveries.length > 0)) this.onDeliveries();
    return places.map((place, index) => {
      const row = rows[place];
      if (!row) throw new TypeError('The database answered with fewer rows than messages were published.');
      const fifo = drafts[index]?.dedup_id !== null;
      return {
        messageId: row.message_id,
        ...(fifo ? { sequenceNumber: String(SEQUENCE_BASE + BigInt(row.seq)) } : {}),
      };
    });
  }
}

export interface TopicEntry {
  readonly message: Message;
  readonly identity: FifoIdentity | undefined;
}

interface DraftOrder {
  readonly topic: Topic;
  readonly subscriptions: readonly Subscription[];
  readonly operation: string;
  readonly entry: TopicEntry;
  readonly nowMs: number;
}

function topicDraft({ topic, subscriptions, operation, entry, nowMs }: DraftOrder): Draft {
  const { message, identity } = entry;
  const receivers = subscriptions.filter(
    (subscription) =>
      subscription.confirmed && wants(subscription.attributes, { body: message.text, attributes: message.attributes }),
  );
  const mails = receivers.filter(({ protocol }) => protocol !== 'sqs');
  const queues = receivers.filter(({ protocol }) => protocol === 'sqs');
  const at = new Date(nowMs).toISOString();
  return {
    message_id: message.id,
    topic_arn: topic.arn,
    dedup_id: identity?.dedupId ?? null,
    scope: identity?.scope ?? null,
    operation,
    effect: {
      topicArn: topic.arn,
      ...describe(message),
      deliveredTo: receivers.map(({ protocol, endpoint }) => ({ protocol, endpoint })),
    },
    mails: mails.map((subscription) => mail(topic, subscription, message, at)),
    deliveries: queues.map((subscription) => ({
      queue_arn: subscription.endpoint,
      request: queueRequest({ topic, subscription, message, dedupId: identity?.dedupId, at }),
    })),
  };
}

function describe(message: Message): object {
  return {
    subject: message.subject,
    message: message.text,
    messageId: message.id,
    messageAttributes: message.attributes,
    groupId: message.groupId,
    deduplicationId: message.deduplicationId,
  };
}

/** E-mail uses the subject; a text message has none. */
function mail(topic: Topic, { protocol, endpoint, arn }: Subscription, message: Message, at: string): object {
  if (protocol === 'sms') return { protocol, endpoint, message: textFor(message, 'sms') };
  const subject = message.subject ?? 'AWS Notification Message';
  const text =
    protocol === 'email-json'
      ? envelope({ topicArn: topic.arn, subscriptionArn: arn, message, protocol, at })
      : textFor(message, protocol);
  return { protocol, endpoint, subject, message: text };
}
