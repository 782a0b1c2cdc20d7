import { until } from '../../../../test/support/sandbox-until';
import { webhooksFixture } from '../../../../test/support/webhooks.fixture';
import type { ReceiverAnswer } from '../../../../test/support/webhooks-world';

/** What becomes of a delivery in the ledger, by what its receiver answers: the whole chain, and a server of somebody. */
describe('deliveries', () => {
  const { world, tenant, endpoint, publish } = webhooksFixture();
  /** Each test has a tenant() of its own, and but one endpoint. */
  const operation = async (): Promise<Record<string, unknown>> => {
    const [row = {}] = await world().sql(
      `SELECT id, state, failure, provider_code, provider_status, failure_message, attempt, maybe_sent,
         extract(epoch FROM next_attempt_at - updated_at)::float8 AS waits FROM operations WHERE tenant_id = $1`,
      [tenant()],
    );
    return row;
  };
  const lane = async (): Promise<Record<string, unknown>> => {
    const [row = {}] = await world().sql(
      `SELECT paused_by, extract(epoch FROM open_until - puente_now())::float8 AS parked FROM lanes WHERE tenant_id = $1`,
      [tenant()],
    );
    return row;
  };
  const settled = (wanted: object): Promise<Record<string, unknown>> =>
    until(
      async () =>
        ((row) => Object.entries(wanted).every(([name, value]) => row[name] === value) && row)(await operation()),
      {
        withinMs: 10_000,
        what: JSON.stringify(wanted),
      },
    );
  const answered = async (path: string, answer: number | ReceiverAnswer, given: object = {}): Promise<void> => {
    world().receiver.answers.set(path, answer);
    await endpoint(path, given);
    await publish();
  };
  /** So that the next try is the last one. */
  const lastTry = async (): Promise<void> => {
    await world().sql(`UPDATE operations SET attempt = 10 WHERE tenant_id = $1 AND state = 'queued'`, [tenant()]);
    await world().advance('6 seconds');
  };

  it.each([401, 403, 404, 500])('wait for the schedule after a %i, and no lane is paused', async (status) => {
    await answered(`/s${String(status)}`, status);

    const { waits } = await settled({ state: 'queued', attempt: 1, provider_status: status, maybe_sent: true });
    expect(waits).toBeGreaterThanOrEqual(5);
    expect((await lane()).paused_by ?? null).toBeNull();
  });

  it('wait for a Retry-After that is longer, and the endpoint with them, an hour at most', async () => {
    await answered('/busy', { status: 503, headers: { 'retry-after': '7200' } });

    const { waits } = await settled({ state: 'queued', attempt: 1, failure: 'throttled' });
    expect(waits).toBeGreaterThanOrEqual(7_200);
    const { parked } = await lane();
    expect(parked).toBeGreaterThan(3_500);
    expect(parked).toBeLessThanOrEqual(3_600);
  });

  it('end at a 410', async () => {
    await answered('/gone', 410);
    await settled({ state: 'rejected', provider_code: 'GONE', attempt: 1 });
  });

  it('end without a person when the schedule is used up', async () => {
    await answered('/down', 500);
    await settled({ state: 'queued', attempt: 1 });
    await lastTry();
    await settled({ state: 'dropped', attempt: 11, failure: 'unknown:server_error' });
  });

  it('keep what the receiver said, 4 KiB of each try, without the secrets of the endpoint', async () => {
    const token = 'token-of-the-receiver';
    const body = `You sent ${token}. ${'x'.repeat(8_000)}`;
    await answered('/talks', { status: 500, body }, { headers: { 'x-own': token } });

    const { id, failure_message: message } = await settled({ state: 'queued', attempt: 1 });
    const [attempt] = await world().sql(
      `SELECT outcome, provider_status, excerpt FROM attempts WHERE operation_id = $1`,
      [id],
    );
    const { excerpt } = attempt as { excerpt: string };
    expect(attempt).toMatchObject({ outcome: 'unknown', provider_status: 500 });
    expect(excerpt).toMatch(/^You sent \[secret\]\. x+…?$/);
    expect(excerpt).toHaveLength(4_096);
    expect(message).toHaveLength(500);
  });

  it('are no more a second than the endpoint wants, also from two workers at once', async () => {
    await world().another();
    await endpoint('/paced', { ratePerSecond: 5 });
    await Promise.all(Array.from({ length: 11 }, () => publish()));

    const times = (await world().arrived('/paced', 11)).map(({ atMs }) => atMs).sort((a, b) => a - b);
    // Five a window, whoever sends them: the eleventh is of the third.
    expect((times[5] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500);
    expect((times[10] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_500);
    const tries = await world().sql(`SELECT DISTINCT attempt FROM operations WHERE tenant_id = $1`, [tenant()]);
    expect(tries).toEqual([{ attempt: 1 }]);
    // Both send, although a busy machine may give one of them all of the first ones.
    await until(
      async () => {
        await publish();
        const owners = await world().sql(`SELECT DISTINCT owner FROM attempts WHERE tenant_id = $1`, [tenant()]);
        return owners.length === 2;
      },
      { withinMs: 20_000, what: 'both workers have sent something' },
    );
  });
});
