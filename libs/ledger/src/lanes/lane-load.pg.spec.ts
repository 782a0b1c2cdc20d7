import { type Outcome, ok, unknown } from '@puente/kernel';
import { policyNamed, RETRY_BUDGET } from '@puente/resilience';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { Claimer, type InFlight } from '../dispatch/claimer';
import type { Claim } from '../dispatch/claimed-row';
import { LeaseKeeper } from '../dispatch/lease-keeper';
import { OperationRunner } from '../dispatch/operation-runner';
import type { NewOperation } from '../operation';
import { Lanes } from '../reading/lanes';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { ScriptedProvider, acts, held } from '../testing/scripted-provider';
import { RAMP } from '../sql/lane-circuit';

/** How much of a lane may be in flight, and how fast it comes back. */
describe('load of a lane', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let tenant: string;
  let outcome: Outcome = ok(1);
  const provider = new ScriptedProvider((operation) =>
    operation.mode === 'reconcile' ? { kind: 'asked', answer: { kind: 'absent' } } : outcome,
  );
  const processes: TestProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    for (let n = 0; n < 2; n++) processes.push(await TestProcess.start(database, { provider }));
  });
  beforeEach(async () => {
    // What an earlier test left over takes no places of this one.
    await witness.sql(`UPDATE operations SET next_attempt_at = 'infinity' WHERE state IN ('queued', 'unknown')`);
    tenant = await witness.tenant();
    outcome = ok(1);
    provider.calls.length = 0;
  });
  afterAll(async () => {
    await Promise.all(processes.map((each) => each.close()));
    await witness.close();
    await database.drop();
  });

  const accept = async (n: number, given: Partial<NewOperation> = {}): Promise<void> => {
    const operations = Array.from({ length: n }, () => newOperation(tenant, given));
    await Promise.all(operations.map((operation) => processes[0]!.ledger.acceptGrouped(operation)));
  };
  const claim = async (at = 0, places = 100, inFlight: InFlight = []): Promise<Claim[]> => {
    const worker = processes[at]!;
    const { claims } = await worker
      .part(Claimer)
      .claim({ free: places, capacity: Math.max(150, places) }, inFlight, true);
    for (const { row, askedAtMs } of claims) worker.part(LeaseKeeper).hold(row, askedAtMs);
    return claims.filter(({ row }) => row.tenant_id === tenant);
  };
  const run = async (claims: readonly Claim[], at = 0): Promise<void> => {
    const worker = processes[at]!;
    const ended = await Promise.all(
      claims.map((each) => worker.part(OperationRunner).run(each, worker.part(LeaseKeeper).signalOf(each.row))),
    );
    await Promise.all(ended.map(({ settled }) => settled));
    for (const { row } of claims) worker.part(LeaseKeeper).letGo(row);
  };
  const cap = (maxInFlight: number | null, laneKey = 'default'): Promise<unknown> =>
    processes[0]!.run(tenant, (tx) => processes[0]!.part(Lanes).cap(tx, { provider: 'test', laneKey, maxInFlight }));
  const runningNow = (): Promise<number> => witness.count(`tenant_id = '${tenant}' AND state = 'running'`);

  it('never exceeds the cap, over all workers and however their claims overlap', async () => {
    await cap(5);
    await accept(60);
    let most = 0;
    for (let round = 0; round < 6; round++) {
      const groups = await Promise.all(
        Array.from({ length: 6 }, async (_, n) => ({ at: n % 2, got: await claim(n % 2) })),
      );
      most = Math.max(most, await runningNow());
      await Promise.all(groups.slice(0, 3).map(({ at, got }) => run(got.slice(0, 2), at)));
      for (const { at, got } of groups.slice(3)) await run(got, at);
      for (const { at, got } of groups.slice(0, 3)) await run(got.slice(2), at);
    }
    expect(most).toBe(5);
    expect(provider.calls.length).toBeGreaterThanOrEqual(30);
  });

  it('gives up its turn when another claim has counted since it looked', async () => {
    await cap(5);
    await accept(20);
    // Holds every claim where it asks for the time, which is after it has taken its snapshot.
    const gate = await witness.pool.connect();
    await gate.query('BEGIN');
    await gate.query('LOCK TABLE clock_skew IN ACCESS EXCLUSIVE MODE');
    const late = claim();
    await eventually(async () => (await witness.sql(`SELECT FROM pg_locks WHERE NOT granted`)).length > 0);
    await gate.query(
      `UPDATE operations SET state = 'running', lease_until = now() + interval '1 h', lease_owner = 'x', fence = 1
       WHERE id IN (SELECT id FROM operations WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 5)`,
      [tenant],
    );
    await gate.query(`UPDATE lanes SET claims = claims + 1 WHERE tenant_id = $1`, [tenant]);
    await gate.query('COMMIT');
    gate.release();
    expect(await late).toEqual([]);
    expect(await runningNow()).toBe(5);
  });

  it('keeps the cap of one lane away from the others of its tenant', async () => {
    await cap(1);
    await accept(4);
    await accept(4, { laneKey: 'free' });
    const got = await claim();
    expect(got.filter(({ row }) => row.lane_key === 'default')).toHaveLength(1);
    expect(got.filter(({ row }) => row.lane_key === 'free')).toHaveLength(4);
    await run(got);
  });

  it('counts calls that somebody waits for among those in flight', async () => {
    await cap(2);
    const begun = await processes[1]!.ledger.begin(newOperation(tenant));
    await accept(5);
    const got = await claim();
    expect(got).toHaveLength(1);
    await run(got);
    if (begun.kind === 'started')
      await processes[1]!.ledger.settle(begun.operation, { result: { kind: 'called', outcome: ok(1) }, tries: [] });
  });

  it('a lane that swallows every call stops neither other lanes of its tenant nor other tenants (F35)', async () => {
    const swallowed = held();
    const swallowing = new ScriptedProvider((operation, self, signal) =>
      operation.laneKey === 'hole' ? swallowed.behaviour(operation, self, signal) : acts(operation, self, signal),
    );
    const settings = { concurrency: 20, prefetch: 40 };
    const worker = await TestProcess.start(database, { provider: swallowing, dispatch: true, settings });
    try {
      await accept(200, { laneKey: 'hole', effect: 'idempotent' });
      await eventually(() => swallowing.inFlight >= 15);
      const other = await witness.tenant();
      const mine = Array.from({ length: 20 }, () => newOperation(tenant, { laneKey: 'fine' }));
      const theirs = Array.from({ length: 20 }, () => newOperation(other));
      for (const each of [...mine, ...theirs]) await processes[0]!.ledger.acceptGrouped(each);
      const done = [...mine, ...theirs].map(({ id }) => id);
      await eventually(
        async () => (await witness.count(`state = 'succeeded' AND id IN ('${done.join("','")}')`)) === 40,
      );
      expect(swallowing.inFlight).toBeLessThanOrEqual(20 + 1);
    } finally {
      await witness.sql(`UPDATE operations SET deadline_at = puente_now() WHERE tenant_id = $1 AND state = 'queued'`, [
        tenant,
      ]);
      swallowed.release();
      await worker.close();
    }
  });

  describe('of a provider that is down', () => {
    const { breaker } = policyNamed('messaging');

    it('retries are at most a fifth of what it gets, beyond the reserve, and none is lost', async () => {
      outcome = unknown('server_error');
      // Without its circuit: what is left is the budget alone. Each round new work comes, and everything due is tried.
      const rounds = 12;
      for (let round = 0; round < rounds; round++) {
        await accept(20, { policy: 'messaging' });
        await run(await claim(0, 200));
        await witness.sql(`UPDATE lanes SET opened = 0, failures = 0, open_until = NULL WHERE tenant_id = $1`, [
          tenant,
        ]);
        await witness.advance(20_000);
      }
      const first = new Set(provider.calls).size;
      const retries = provider.calls.length - first;
      expect(first).toBe(20 * rounds);
      // Ours is the clock that pays in, and hardly moved; the database's says when a retry is due.
      const promised =
        20 * rounds * RETRY_BUDGET.share + RETRY_BUDGET.reserve + ((rounds * 20_000) / 1_000) * RETRY_BUDGET.perSecond;
      expect(retries).toBeLessThanOrEqual(promised);
      expect(retries).toBeGreaterThan(0);
      expect(await witness.count(`tenant_id = '${tenant}' AND state = 'queued' AND attempt > 0`)).toBe(20 * rounds);
    });

    it('an hour’s backlog comes back step by step: no second has more than twice the mean (F36)', async () => {
      outcome = unknown('server_error');
      const tried: number[] = [];
      await accept(breaker.after, { policy: 'messaging' });
      await run(await claim());
      for (let minute = 0; minute < 60; minute += 5) {
        await accept(25, { policy: 'messaging' });
        await witness.advance(300_000 * 1.5 + 1);
        const probe = await claim();
        tried.push(probe.length);
        await run(probe);
      }
      expect(tried).toEqual(Array(12).fill(1));

      outcome = ok(1);
      await witness.advance(300_000 * 1.5 + 1);
      await run(await claim());
      const perSecond: number[] = [];
      for (let second = 0; second < 60; second++) {
        const got = await claim(0, 1_000);
        if (got.length === 0) break;
        perSecond.push(got.length);
        await run(got);
        await witness.advance(1_000);
      }
      const total = perSecond.reduce((sum, n) => sum + n, 0);
      expect(total).toBeGreaterThanOrEqual(300);
      expect(perSecond[0]).toBeLessThanOrEqual(RAMP.from + RAMP.perSecond);
      const whole = perSecond.slice(0, -1); // the last one only takes what is left
      const mean = whole.reduce((sum, n) => sum + n, 0) / whole.length;
      expect(Math.max(...perSecond)).toBeLessThanOrEqual(2 * mean);
    });
  });
});
