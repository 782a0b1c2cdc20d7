import { randomUUID } from 'node:crypto';
import { control, sandboxDataDir, sandboxFacts } from '../support/sandbox';
import { JsonClient, bodyOf } from '../support/sandbox-client';
import { asDatabaseOwner } from '../support/sandbox-database';
import { ExtraProcess } from '../support/sandbox-extra';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

const PUBLISH = '/v1/integrations/sns/operations/publish';
const IN_FLIGHT = 50;
/** What two workers can do within the time of a test. */
const MOST = 600;
const DRAIN_MS = 8_000;
/** SNS takes this long, so that a signal finds calls in flight. A publish to a standard topic is never repeated. */
const SLOW_MS = 800;

interface Row {
  readonly state: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly maybe_sent: boolean;
  readonly lease_owner: string | null;
  readonly sent_at: Date | null;
}

describe('a deploy under load (F37)', () => {
  let tenant: ReadyTenant;
  let worker: ExtraProcess;
  let api: ExtraProcess;

  beforeAll(async () => {
    const settings = { DRAIN_MS: String(DRAIN_MS), WORKER_CONCURRENCY: String(IN_FLIGHT) };
    [tenant, worker, api] = await Promise.all([
      SandboxTenant.createReady(sandboxFacts()),
      ExtraProcess.start('worker', settings),
      ExtraProcess.start('api', settings),
    ]);
    bodyOf(
      await control().post('/_sandbox/sns/faults', {
        ...{ operation: 'Publish', match: tenant.name, delayMs: SLOW_MS, times: 1_000_000 },
      }),
      201,
    );
  });
  afterAll(async () => {
    await control().delete('/_sandbox/sns/faults');
    for (const each of [worker, api]) each.signal('SIGKILL');
  });

  const message = (): object => ({ topicArn: tenant.topicArn, subject: 's', message: `deploy ${randomUUID()}` });
  const rows = (): Promise<Row[]> =>
    asDatabaseOwner(sandboxDataDir(), async (db) => {
      const text = `SELECT state, attempt, crashes, maybe_sent, lease_owner, sent_at FROM operations WHERE tenant_id = $1`;
      return (await db.query<Row>(text, [tenant.id])).rows;
    });
  const everythingOnce = async (n: number): Promise<void> => {
    const all = await until(
      async () => {
        const seen = await rows();
        return (
          seen.length === n && seen.every(({ state }) => !['queued', 'running', 'unknown'].includes(state)) && seen
        );
      },
      { withinMs: 25_000, what: 'everything has ended' },
    );
    const ended = { state: 'succeeded', attempt: 1, crashes: 0, maybe_sent: false };
    expect(all.filter((row) => Object.entries(ended).some(([key, value]) => row[key as keyof Row] !== value))).toEqual(
      [],
    );
    const received = (await tenant.received(tenant.topicArn)).map((each) => each.message);
    expect([received.length, new Set(received).size]).toEqual([n, n]);
  };

  it('SIGTERM to a worker: calls in flight end, what has not begun goes to another at once, nothing is unknown', async () => {
    const held = async (): Promise<Row[]> =>
      (await rows()).filter(({ lease_owner }) => lease_owner?.includes(`:${String(worker.pid)}:`));
    // The sandbox's own worker takes its part, now more and now less of it: enough is when this one has its hands full.
    let accepted = 0;
    await until(
      async () => {
        const more = accepted < MOST ? 60 : 0;
        const answers = Array.from({ length: more }, () =>
          tenant.client.post(PUBLISH, message(), { prefer: 'respond-async' }),
        );
        for (const answer of await Promise.all(answers)) bodyOf(answer, 202);
        accepted += more;
        return (await held()).filter(({ sent_at }) => sent_at !== null).length >= IN_FLIGHT / 2;
      },
      { withinMs: 15_000, everyMs: 20, what: 'it has calls in flight' },
    );

    const signalledAt = performance.now();
    worker.signal('SIGTERM');
    worker.signal('SIGTERM'); // an impatient supervisor changes nothing
    await until(async () => (await held()).every(({ sent_at }) => sent_at !== null), {
      ...{ withinMs: 3_000, everyMs: 20, what: 'what has not begun is given back' },
    });
    expect(await worker.ended()).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(DRAIN_MS);
    expect(await held()).toEqual([]);
    await everythingOnce(accepted);
  }, 60_000);

  it('SIGTERM to an api: synchronous calls are answered, and nobody gets in any more', async () => {
    const before = (await rows()).length;
    const client = new JsonClient(api.url, tenant.keys.client);
    const calls = Array.from({ length: 20 }, () => client.post(PUBLISH, message()));
    await until(async () => (await rows()).filter(({ state }) => state === 'running').length === 20, {
      ...{ withinMs: 15_000, everyMs: 20, what: 'the calls are in flight' },
    });

    api.signal('SIGTERM');
    api.signal('SIGTERM');
    await until(
      () =>
        fetch(`${api.url}/health/live`).then(
          () => false,
          () => true,
        ),
      {
        ...{ withinMs: 5_000, everyMs: 20, what: 'it takes no connection' },
      },
    );
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 200));
    expect(await api.ended()).toBe(0);
    await everythingOnce(before + 20);
  }, 60_000);
});
