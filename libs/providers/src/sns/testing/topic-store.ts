import type { SandboxServices } from '@puente/integrations/testing';
import { invalidParameter, snsError, topicDoesNotExist } from './sns-wire.errors';

export interface Topic extends Record<string, unknown> {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Subscription extends Record<string, unknown> {
  readonly arn: string;
  readonly topic_arn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly owner: string;
  readonly confirmed: boolean;
  readonly token: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export const PAGE = 100;

export function isFifoTopic(arn: string): boolean {
  return arn.endsWith('.fifo');
}

/**
 * Checks a topic's ARN as SNS does before it looks: shape first, then the region, which must be the one of the
 * endpoint that was asked.
 *
 * @throws AwsError `InvalidParameter`
 */
export function assertTopicArn(arn: string, parameter: string, region: string): void {
  const parts = arn.split(':');
  if (parts.length < 6) {
    throw invalidParameter(`${parameter} Reason: An ARN must have at least 6 elements, not ${String(parts.length)}`);
  }
  const [prefix, , service, arnRegion, account, name] = parts;
  const shaped =
    prefix === 'arn' &&
    service === 'sns' &&
    /^\d{12}$/.test(account ?? '') &&
    /^[\w-]{1,256}(\.fifo)?$/.test(name ?? '');
  if (!shaped || parts.length !== 6 || arnRegion !== region) throw invalidParameter(parameter);
}

/** Topics and subscriptions, read from the database each time: nothing here is hot enough for a cache to be right. */
export class TopicStore {
  constructor(
    private readonly services: SandboxServices,
    private readonly part: string,
  ) {}

  get offsetMs(): number {
    return this.services.clock.offsetMs(this.part);
  }

  async topic(arn: string): Promise<Topic> {
    const rows = await this.services.database.query<Topic>('SELECT * FROM sns_topics WHERE arn = $1', [arn], {
      name: 'sns-topic',
    });
    if (!rows[0]) throw topicDoesNotExist();
    return rows[0];
  }

  /** @returns the topic as it is afterwards, new or old. */
  async createTopic(topic: Topic): Promise<Topic> {
    await this.services.database.query(
      `INSERT INTO sns_topics (arn, account, region, name, attributes, tags, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, sandbox_now($7)) ON CONFLICT (arn) DO NOTHING`,
      [
        topic.arn,
        topic.account,
        topic.region,
        topic.name,
        JSON.stringify(topic.attributes),
        JSON.stringify(topic.tags),
        this.offsetMs,
      ],
    );
    return this.topic(topic.arn);
  }

  async changeTopic(topic: Topic, change: Partial<Pick<Topic, 'attributes' | 'tags'>>): Promise<void> {
    const { attributes, tags } = { ...topic, ...change };
    await this.services.database.query('UPDATE sns_topics SET attributes = $2, tags = $3 WHERE arn = $1', [
      topic.arn,
      JSON.stringify(attributes),
      JSON.stringify(tags),
    ]);
  }

  async deleteTopic(arn: string): Promise<void> {
    await this.services.database.query('DELETE FROM sns_topics WHERE arn = $1', [arn]);
  }

  /** One more than a page tells that there is a next one. */
  listTopics(account: string, region: string, after: string): Promise<{ arn: string }[]> {
    return this.services.database.query<{ arn: string }>(
      'SELECT arn FROM sns_topics WHERE account = $1 AND region = $2 AND arn > $3 COLLATE "C" ORDER BY arn COLLATE "C" LIMIT $4',
      [account, region, after, PAGE + 1],
    );
  }

  async subscription(arn: string): Promise<Subscription> {
    const rows = await this.services.database.query<Subscription>('SELECT * FROM sns_subscriptions WHERE arn = $1', [
      arn,
    ]);
    if (!rows[0]) throw snsError('NotFound', 'Subscription does not exist');
    return rows[0];
  }

  /** In the order in which they were made. */
  subscriptionsOf(topicArn: string): Promise<Subscription[]> {
    return this.services.database.query<Subscription>(
      'SELECT * FROM sns_subscriptions WHERE topic_arn = $1 ORDER BY id',
      [topicArn],
      { name: 'sns-subscriptions-of' },
    );
  }

  listSubscriptions(account: string, region: string, after: string): Promise<Subscription[]> {
    return this.services.database.query<Subscription>(
      `SELECT s.* FROM sns_subscriptions s JOIN sns_topics t ON t.arn = s.topic_arn
        WHERE t.account = $1 AND t.region = $2 AND s.arn > $3 COLLATE "C" ORDER BY s.arn COLLATE "C" LIMIT $4`,
      [account, region, after, PAGE + 1],
    );
  }

  /** @returns the subscription of this endpoint as it is afterwards, new or old. */
  async subscribe(subscription: Subscription): Promise<Subscription> {
    const { arn, topic_arn, protocol, endpoint, owner, confirmed, token, attributes } = subscription;
    await this.services.database.query(
      `INSERT INTO sns_subscriptions (arn, topic_arn, protocol, endpoint, owner, confirmed, token, attributes)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (topic_arn, protocol, endpoint) DO NOTHING`,
      [arn, topic_arn, protocol, endpoint, owner, confirmed, token, JSON.stringify(attributes)],
    );
    const rows = await this.services.database.query<Subscription>(
      'SELECT * FROM sns_subscriptions WHERE topic_arn = $1 AND protocol = $2 AND endpoint = $3',
      [topic_arn, protocol, endpoint],
    );
    if (!rows[0]) throw topicDoesNotExist();
    return rows[0];
  }

  async confirm(topicArn: string, token: string): Promise<Subscription> {
    const rows = await this.services.database.query<Subscription>(
      'UPDATE sns_subscriptions SET confirmed = true WHERE topic_arn = $1 AND token = $2 RETURNING *',
      [topicArn, token],
    );
    if (!rows[0]) throw invalidParameter('Token');
    return rows[0];
  }

  async changeSubscription(arn: string, attributes: Readonly<Record<string, string>>): Promise<void> {
    await this.services.database.query('UPDATE sns_subscriptions SET attributes = $2 WHERE arn = $1', [
      arn,
      JSON.stringify(attributes),
    ]);
  }

  async unsubscribe(arn: string): Promise<void> {
    await this.services.database.query('DELETE FROM sns_subscriptions WHERE arn = $1', [arn]);
  }
}
