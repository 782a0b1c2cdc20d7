import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { NOTIFICATION_STATUSES, STATUS_SQL } from './notification-status';

const at = new Date();

interface Facts {
  readonly queued_at?: Date;
  readonly handled_at?: Date;
  readonly published_at?: Date;
  readonly dead_lettered_at?: Date;
  readonly deduplicated_of?: string;
  readonly handler_function?: string;
  readonly sends?: number;
  /** State, attempt and provider's code of the send and of the publish. */
  readonly s?: readonly [string, number, string?];
  readonly p?: readonly [string, number, string?];
}

describe('the status of a notification', () => {
  let database: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new Client({ connectionString: database.superuserUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function statusOf({ s, p, ...n }: Facts): Promise<string | undefined> {
    const { rows } = await client.query<{ status: string }>(
      `SELECT ${STATUS_SQL} AS status
       FROM jsonb_to_record($1) AS n (queued_at timestamptz, handled_at timestamptz, published_at timestamptz,
              dead_lettered_at timestamptz, deduplicated_of text, handler_function text, sends int),
            (SELECT $2::text AS state, $3::int AS attempt, $4::text AS provider_code) AS s,
            (SELECT $5::text AS state, $6::int AS attempt, $7::text AS provider_code) AS p`,
      [JSON.stringify({ sends: 1, ...n }), s?.[0], s?.[1], s?.[2], p?.[0], p?.[1], p?.[2]],
    );
    return rows[0]?.status;
  }

  const sent = { queued_at: at, s: ['succeeded', 1] } as const;
  const handled = { ...sent, handled_at: at } as const;
  const toFunction = { ...handled, handler_function: 'contact' } as const;

  it.each<[string, string, Facts]>([
    ['accepted', 'nothing was tried', { s: ['queued', 0] }],
    ['queueing', 'the queue is being tried', { s: ['running', 1] }],
    ['queueing', 'the queue will be tried again', { s: ['queued', 2] }],
    ['queueing', 'the queue answered, and the notification does not know yet', { s: ['succeeded', 1] }],
    ['queueing', 'it is sent once more', { s: ['queued', 0], sends: 2 }],
    ['queued', 'the queue has it', sent],
    ['rejected', 'the queue refused it', { s: ['rejected', 1, 'QueueDoesNotExist'] }],
    ['exhausted', 'the queue never answered', { s: ['exhausted', 13] }],
    ['cancelled', 'a person took it back', { s: ['cancelled', 0] }],
    ['deduplicated', 'the queue took it for a repeat', { ...sent, deduplicated_of: 'first' }],
    ['skipped', 'its handler is switched off', handled],
    ['handled', 'publishing has not begun', { ...handled, p: ['queued', 0] }],
    ['publishing', 'SNS is being tried', { ...handled, p: ['running', 1] }],
    ['publishing', 'nobody knows what SNS did', { ...handled, p: ['unknown', 1] }],
    ['publishing', 'SNS answered, and the notification does not know yet', { ...handled, p: ['succeeded', 1] }],
    ['published', 'SNS has it', { ...handled, published_at: at, p: ['succeeded', 1] }],
    ['not_found', 'the topic is not there', { ...handled, p: ['rejected', 1, 'NotFound'] }],
    ['handled', 'the invocation has not begun', { ...toFunction, p: ['queued', 0] }],
    ['invoking', 'the function is being tried', { ...toFunction, p: ['running', 1] }],
    ['invoked', 'the function has it', { ...toFunction, published_at: at, p: ['succeeded', 1] }],
    [
      'rejected',
      'the function’s answer is called as SNS calls a missing topic',
      { ...toFunction, p: ['rejected', 1, 'NotFound'] },
    ],
    ['rejected', 'SNS refused it', { ...handled, p: ['rejected', 1, 'InvalidParameter'] }],
    ['dead_lettered', 'it was refused and buried', { ...handled, dead_lettered_at: at, p: ['rejected', 1, 'Invalid'] }],
    ['published', 'a person had it published after all', { ...handled, dead_lettered_at: at, published_at: at }],
    ['needs_review', 'a person decides', { ...handled, p: ['needs_review', 1] }],
    ['dropped', 'its handler wanted nothing done', { ...handled, p: ['dropped', 1] }],
  ])('is %s when %s', async (status, _when, facts) => {
    expect(await statusOf(facts)).toBe(status);
    expect(NOTIFICATION_STATUSES).toContain(status);
  });
});
