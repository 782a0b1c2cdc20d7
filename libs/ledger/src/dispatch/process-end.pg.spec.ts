import { DISPATCH_MODES, TestDispatchQueue } from '../../../../test/support/dispatch-queue.fixture';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { ScriptedProvider, held } from '../testing/scripted-provider';

describe('a process that ends', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let tenant: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    tenant = await witness.tenant();
  });
  afterEach(async () => {
    await witness.close();
    await database.drop();
  });

  it('drains: gives back what it has not begun, lets calls end, makes nothing unknown (F37)', async () => {
    const provider = new ScriptedProvider();
    const worker = await TestProcess.start(database, {
      dispatch: true,
      provider,
      settings: { concurrency: 5, prefetch: 20 },
    });
    const operations = Array.from({ length: 20 }, () => newOperation(tenant, { effect: 'once' }));
    const gates = operations.map(({ id }) => {
      const gate = held();
      provider.script(id, gate.behaviour);
      return gate;
    });
    await Promise.all(operations.map((each) => worker.ledger.acceptGrouped(each)));
    await eventually(() => provider.inFlight === 5);
    await eventually(async () => (await witness.count(`state = 'running'`)) > 5);

    const stopped = worker.dispatcher.stop();
    await eventually(async () => (await witness.count(`state = 'running'`)) === 5);
    expect(
      await witness.count(
        `state = 'queued' AND attempt = 0 AND lease_owner IS NULL AND NOT maybe_sent AND crashes = 0`,
      ),
    ).toBe(15);
    for (const gate of gates) gate.release();
    await stopped;

    expect(await witness.count(`state = 'succeeded'`)).toBe(5);
    expect(await witness.count(`state = 'queued'`)).toBe(15);
    await worker.close();
  });

  it.each(DISPATCH_MODES)(
    'says so in mode %s: another worker, which never looks by itself, goes on at once',
    async (mode) => {
      const queue = await TestDispatchQueue.start(mode);
      const gate = held();
      const [leaving, staying] = [new ScriptedProvider(gate.behaviour), new ScriptedProvider()];
      const settings = { concurrency: 5, prefetch: 20, pollMs: 600_000 };
      const start = (provider: ScriptedProvider): Promise<TestProcess> =>
        TestProcess.start(database, { dispatch: true, provider, settings, queue: queue.open() });
      const worker = await start(leaving);
      const operations = Array.from({ length: 20 }, () => newOperation(tenant, { effect: 'once' }));
      await Promise.all(operations.map((each) => worker.ledger.acceptGrouped(each)));
      await eventually(async () => (await witness.count(`state = 'running'`)) === 20);
      const other = await start(staying);
      const stopped = worker.dispatcher.stop();
      expect(worker.dispatcher.stop()).toBe(stopped);
      await eventually(async () => (await witness.count(`state = 'succeeded'`)) === 15, 4_000);
      gate.release();
      await stopped;

      expect(await witness.count(`state = 'succeeded' AND attempt = 1 AND crashes = 0`)).toBe(20);
      expect([leaving.effects.length, staying.effects.length]).toEqual([5, 15]);
      await Promise.all([worker.close(), other.close()]);
      await queue.stop();
    },
  );

  it('gives up cleanly on calls that do not end in time', async () => {
    const provider = new ScriptedProvider();
    const worker = await TestProcess.start(database, { dispatch: true, provider, settings: { drainMs: 200 } });
    const gate = held();
    const operation = newOperation(tenant, { effect: 'once' });
    provider.script(operation.id, gate.behaviour);
    await worker.ledger.acceptGrouped(operation);
    await gate.begun;
    const startedMs = performance.now();
    await worker.dispatcher.stop();

    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(await witness.row(operation.id)).toMatchObject({ state: 'running' });
    gate.release();
    await witness.settled(operation.id);
    await worker.close();
  });

  it.each([
    ['before the mark', 'once', false, { state: 'queued', attempt: 0, crashes: 1, maybe_sent: false }],
    ['before the mark', 'reconcilable', false, { state: 'queued', attempt: 0, crashes: 1, maybe_sent: false }],
    ['after the mark', 'reconcilable', true, { state: 'unknown', crashes: 1, maybe_sent: true }],
    ['after the mark', 'once', true, { state: 'needs_review', crashes: 1, maybe_sent: true }],
    ['during an idempotent call', 'idempotent', false, { state: 'queued', crashes: 1, maybe_sent: true }],
  ] as const)('killed %s, effect %s (F8, F9, F10)', async (_, effect, marked, expected) => {
    const api = await TestProcess.start(database);
    const operation = newOperation(tenant, { effect, settleMs: 50 });
    await api.ledger.acceptGrouped(operation);
    const owner = 'worker:dead:1:abcdef';
    await witness.sql(
      `UPDATE operations SET state = 'running', attempt = 1, fence = 1, lease_owner = $2, lease_until = puente_now() - interval '1 s',
         sent_at = CASE WHEN $3 THEN puente_now() END, first_sent_at = CASE WHEN $3 THEN puente_now() END WHERE id = $1`,
      [operation.id, owner, marked],
    );
    await api.sweeper.sweep();
    expect(await witness.row(operation.id)).toMatchObject(expected);

    const worker = await TestProcess.start(database, { dispatch: true });
    const row =
      expected.state === 'needs_review' ? await witness.row(operation.id) : await witness.settled(operation.id);
    expect(row.state).toBe(expected.state === 'needs_review' ? 'needs_review' : 'succeeded');
    expect(worker.provider.effectsOf(operation.id)).toBe(expected.state === 'needs_review' ? 0 : 1);
    await Promise.all([api.close(), worker.close()]);
  });

  it('frozen beyond its lease, reports late: only a success counts, nothing is done twice (F11, F12)', async () => {
    const provider = new ScriptedProvider();
    const frozen = await TestProcess.start(database, { dispatch: true, provider });
    const other = await TestProcess.start(database);
    const gate = held();
    const operation = newOperation(tenant, { effect: 'once' });
    provider.script(operation.id, gate.behaviour);
    await other.ledger.acceptGrouped(operation);
    await gate.begun;
    await witness.sql(`UPDATE operations SET lease_until = puente_now() - interval '1 s' WHERE id = $1`, [
      operation.id,
    ]);
    await other.sweeper.sweep();
    await witness.until(operation.id, ({ state }) => state === 'needs_review'); // whoever swept it
    gate.release();

    await witness.until(operation.id, ({ state }) => state === 'succeeded');
    expect(provider.effectsOf(operation.id)).toBe(1);
    await Promise.all([frozen.close(), other.close()]);
  });

  it('poisoned every time, ends within the cap of crashes (F24)', async () => {
    const api = await TestProcess.start(database);
    const operation = newOperation(tenant, { effect: 'idempotent' });
    await api.ledger.acceptGrouped(operation);
    for (let death = 1; death <= 5; death++) {
      await witness.sql(
        `UPDATE operations SET state = 'running', attempt = attempt + 1, fence = fence + 1, lease_owner = 'worker:dead', lease_until = puente_now() - interval '1 s' WHERE id = $1`,
        [operation.id],
      );
      await api.sweeper.sweep();
      expect(await witness.row(operation.id)).toMatchObject({
        crashes: death,
        state: death < 5 ? 'queued' : 'needs_review',
      });
    }
    expect((await witness.attempts(operation.id)).map(({ outcome }) => outcome)).toEqual(Array(5).fill('crash'));
    await api.close();
  });

  it('keeps outcomes while every connection is killed, and settles them afterwards (F27)', async () => {
    const provider = new ScriptedProvider();
    const worker = await TestProcess.start(database, { dispatch: true, provider });
    const operations = Array.from({ length: 300 }, (_, at) =>
      newOperation(tenant, { effect: at % 2 ? 'once' : 'reconcilable', settleMs: 20 }),
    );
    await Promise.all(operations.map((each) => worker.ledger.acceptGrouped(each)));
    for (let round = 0; round < 8; round++) {
      const calls = provider.calls.length;
      await witness.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'puente_%'`,
      );
      await eventually(() => provider.calls.length > calls || provider.calls.length >= operations.length);
    }
    await Promise.all(operations.map(({ id }) => witness.settled(id, 20_000)));

    expect(await witness.count(`state = 'succeeded'`)).toBe(300);
    expect(operations.filter(({ id }) => provider.effectsOf(id) !== 1)).toEqual([]);
    await worker.close();
  }, 60_000);

  it('decides by the database’s clock, wherever that one jumps (F31)', async () => {
    const provider = new ScriptedProvider();
    const worker = await TestProcess.start(database, { dispatch: true, provider });
    const operations = Array.from({ length: 200 }, () => newOperation(tenant, { effect: 'once' }));
    await Promise.all(operations.map((each) => worker.ledger.acceptGrouped(each)));
    // What was written down as due while the clock was ahead is due again at the end.
    for (const ms of [30_000, -60_000, 61_000]) await witness.advance(ms);
    await Promise.all(operations.map(({ id }) => witness.settled(id)));
    expect(operations.filter(({ id }) => provider.effectsOf(id) > 1)).toEqual([]);
    expect(provider.effects.length).toBeGreaterThanOrEqual(await witness.count(`state = 'succeeded'`));
    await worker.close();
  });
});
