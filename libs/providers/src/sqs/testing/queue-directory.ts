import type { SandboxServices } from '@puente/integrations/testing';
import { sqsError, queueDoesNotExist } from './sqs-wire.errors';
import type { QueueRow } from './queue';
import { Queue } from './queue';
import { changedAttributes } from './queue-attributes';
import type { QueueAttributes } from './queue-attributes';

const COLUMNS = 'id, account, name, region, attributes, tags, created_at, modified_at';

export interface NewQueue {
  readonly account: string;
  readonly name: string;
  readonly region: string;
  readonly attributes: QueueAttributes;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The queues, by account and name whatever host a URL names, so that a URL handed out under one address works under
 * another. Queues are cached for good: this process is the only one that changes them.
 */
export class QueueDirectory {
  private readonly known = new Map<string, Promise<Queue | undefined>>();

  constructor(
    private readonly services: SandboxServices,
    private readonly part: string,
  ) {}

  get offsetMs(): number {
    return this.services.clock.offsetMs(this.part);
  }

  find(account: string, name: string): Promise<Queue | undefined> {
    const key = `${account}/${name}`;
    const known = this.known.get(key);
    if (known) return known;
    // The promise is cached, not the queue: two requests at once must end up with the same object and its turn.
    const loading = this.load(account, name).then(
      (queue) => {
        if (!queue) this.known.delete(key);
        return queue;
      },
      (error: unknown) => {
        this.known.delete(key);
        throw error;
      },
    );
    this.known.set(key, loading);
    return loading;
  }

  /** @throws AwsError `InvalidAddress` or `QueueDoesNotExist`. */
  async byUrl(url: string): Promise<Queue> {
    const match = /^(?:https?:\/\/[^/]+)?\/(\d{12})\/([^/?]+)\/?$/.exec(url);
    if (!match) throw sqsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`);
    const queue = await this.find(match[1] ?? '', match[2] ?? '');
    if (!queue || queue.deleted) throw queueDoesNotExist();
    return queue;
  }

  async byArn(arn: string): Promise<Queue | undefined> {
    const [, , service, , account, name] = arn.split(':');
    if (service !== 'sqs' || !account || !name) return undefined;
    const queue = await this.find(account, name);
    return queue?.arn === arn && !queue.deleted ? queue : undefined;
  }

  /** Makes the queue unless it exists; either way it is there afterwards. */
  async create(queue: NewQueue): Promise<Queue> {
    await this.services.database.query(
      `INSERT INTO sqs_queues (account, name, region, attributes, tags, created_at, modified_at)
       VALUES ($1, $2, $3, $4, $5, sandbox_now($6), sandbox_now($6)) ON CONFLICT (account, name) DO NOTHING`,
      [
        queue.account,
        queue.name,
        queue.region,
        JSON.stringify(queue.attributes),
        JSON.stringify(queue.tags),
        this.offsetMs,
      ],
    );
    const made = await this.find(queue.account, queue.name);
    if (!made) throw queueDoesNotExist();
    return made;
  }

  async change(
    queue: Queue,
    change: { attributes?: QueueAttributes; tags?: Readonly<Record<string, string>> },
  ): Promise<void> {
    const attributes = changedAttributes(queue.row.attributes, change.attributes ?? {});
    const rows = await this.services.database.query<QueueRow>(
      `UPDATE sqs_queues SET attributes = $2, tags = $3, modified_at = sandbox_now($4) WHERE id = $1 RETURNING ${COLUMNS}`,
      [queue.id, JSON.stringify(attributes), JSON.stringify(change.tags ?? queue.row.tags), this.offsetMs],
    );
    if (!rows[0]) throw queueDoesNotExist();
    queue.row = rows[0];
    queue.polls.wakeAll();
  }

  async remove(queue: Queue): Promise<void> {
    queue.deleted = true;
    this.known.delete(`${queue.row.account}/${queue.row.name}`);
    await this.services.database.transaction(async (client) => {
      await client.query('DELETE FROM sqs_queues WHERE id = $1', [queue.id]);
      await client.query('DELETE FROM sqs_messages WHERE queue_id = $1', [queue.id]);
      await client.query('DELETE FROM sqs_deduplications WHERE queue_id = $1', [queue.id]);
    });
    queue.polls.wakeAll();
  }

  /** By name, from after `after`; one more than `limit` tells that there is a next page. */
  async list(account: string, prefix: string, after: string, limit: number): Promise<QueueRow[]> {
    return this.services.database.query<QueueRow>(
      `SELECT ${COLUMNS} FROM sqs_queues WHERE account = $1 AND starts_with(name, $2) AND name > $3 COLLATE "C"
        ORDER BY name COLLATE "C" LIMIT $4`,
      [account, prefix, after, limit],
    );
  }

  /** Queues whose redrive policy names this one as their dead-letter queue. */
  async sourcesOf(deadLetterQueue: Queue): Promise<Queue[]> {
    const rows = await this.services.database.query<QueueRow>(
      `SELECT ${COLUMNS} FROM sqs_queues WHERE attributes ->> 'RedrivePolicy' LIKE '%' || $1 || '%' ORDER BY name`,
      [deadLetterQueue.row.name],
    );
    return rows
      .map((row) => new Queue(row))
      .filter((queue) => queue.redrivePolicy?.deadLetterTargetArn === deadLetterQueue.arn);
  }

  async wakeAll(): Promise<void> {
    for (const queue of this.known.values()) (await queue.catch(() => undefined))?.polls.wakeAll();
  }

  async forgetAll(): Promise<void> {
    const queues = await Promise.all([...this.known.values()].map((queue) => queue.catch(() => undefined)));
    this.known.clear();
    for (const queue of queues) {
      if (!queue) continue;
      queue.deleted = true;
      queue.polls.wakeAll();
    }
  }

  private async load(account: string, name: string): Promise<Queue | undefined> {
    const rows = await this.services.database.query<QueueRow>(
      `SELECT ${COLUMNS} FROM sqs_queues WHERE account = $1 AND name = $2`,
      [account, name],
    );
    return rows[0] ? new Queue(rows[0]) : undefined;
  }
}
