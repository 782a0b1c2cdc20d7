import { type Failure, notSent, type Outcome, unknown, uuidv7 } from '@puente/kernel';
import { type LaneRef, policyNamed } from '@puente/resilience';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { Claimer } from '../dispatch/claimer';
import { OperationRunner } from '../dispatch/operation-runner';
import { LeaseKeeper } from '../dispatch/lease-keeper';
import type { Claim } from '../dispatch/claimed-row';
import type { NewOperation } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { ScriptedProvider, acts, failsWith } from '../testing/scripted-provider';
import { LaneStates } from './lane-states';
import { SharedLaneStore } from './shared-lane-store';

const { breaker } = policyNamed('payment');
const down: Failure = unknown('server_error', { status: 500 });

interface LaneRow {
  readonly failures: number;
  readonly opened: number;
  readonly open_ms: number | null;
  readonly probe_operation: string | null;
  readonly closed_at: Date | null;
}

describe('circuit of a lane', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let [one, other]: TestProcess[] = [];
  let provider: ScriptedProvider;
  let outcome: Outcome | undefined;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    provider = new ScriptedProvider((operation, self, signal) =>
      outcome && operation.laneKey === 'default' ? outcome : acts(operation, self, signal),
    );
    // Nobody dispatches by itself: the test says who claims when.
    one = await TestProcess.start(database, { provider });
    other = await TestProcess.start(database, { provider });
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
    outcome = down;
    provider.calls.length = 0;
  });
  afterAll(async () => {
    await Promise.all([one?.close(), other?.close()]);
    await witness.close();
    await database.drop();
  });

  const process = (): TestProcess => one!;
  const laneOf = (laneKey = 'default'): LaneRef => ({ tenantId: tenant, provider: 'test', laneKey });
  const lane = async (laneKey = 'default'): Promise<LaneRow | undefined> => {
    const [row] = await witness.sql(
      `SELECT *, (extract(epoch FROM open_until - puente_now()) * 1000)::float8 AS open_ms FROM lanes
       WHERE tenant_id = $1 AND lane_key = $2`,
      [tenant, laneKey],
    );
    return row as LaneRow | undefined;
  };
  const accept = async (n: number, given: Partial<NewOperation> = {}): Promise<string[]> => {
    const operations = Array.from({ length: n }, () => newOperation(tenant, given));
    for (const operation of operations) await process().ledger.acceptGrouped(operation);
    return operations.map(({ id }) => id);
  };
  const claim = async (worker = process(), places = 100): Promise<Claim[]> => {
    const { claims } = await worker.part(Claimer).claim({ free: places, capacity: 150 }, [], true);
    for (const { row, askedAtMs } of claims) worker.part(LeaseKeeper).hold({ id: row.id, fence: row.fence }, askedAtMs);
    return claims.filter(({ row }) => row.tenant_id === tenant);
  };
  const run = async (claims: readonly Claim[], worker = process()): Promise<void> => {
    const ended = await Promise.all(
      claims.map((each) => worker.part(OperationRunner).run(each, worker.part(LeaseKeeper).signalOf(each.row))),
    );
    await Promise.all(ended.map(({ settled }) => settled));
    for (const { row } of claims) worker.part(LeaseKeeper).letGo(row);
  };
  /** Fails often enough to open. */
  const open = async (): Promise<void> => {
    await accept(breaker.after);
    await run(await claim());
    expect(await lane()).toMatchObject({ opened: 1, failures: breaker.after });
  };
  const halfOpen = async (): Promise<void> => witness.advance((await lane())!.open_ms! + 1);

  it('opens after so many failures in a row, over groups and processes, and is skipped by claims', async () => {
    await accept(breaker.after - 1);
    await run(await claim());
    expect(await lane()).toMatchObject({ opened: 0, failures: breaker.after - 1 });
    expect((await accept(2), await claim(other, 1))).toHaveLength(1);
    await run(await claim(other, 1), other);
    const { open_ms, ...row } = (await lane())!;
    expect(row).toMatchObject({ opened: 1, failures: breaker.after });
    expect(open_ms).toBeGreaterThan(breaker.openMs * 0.9);
    expect(open_ms).toBeLessThanOrEqual(breaker.openMs * 1.5);

    await accept(3);
    await accept(1, { laneKey: 'beside' });
    await witness.advance(5_000);
    expect((await claim()).map(({ row: { lane_key } }) => lane_key)).toEqual(['beside']);
  });

  it.each<[string, Outcome, number]>([
    ['throttled', { kind: 'throttled' }, 0],
    ['rejected', { kind: 'rejected', status: 400 }, 0],
    ['our own fault', unknown('internal'), 0],
    ['too late', notSent('deadline'), 0],
    ['refused by contract', notSent('refused'), 2],
    ['no connection', notSent('connect'), 2],
    ['timeout', unknown('timeout'), 2],
    ['reset', unknown('reset'), 2],
    ['unreadable', unknown('bad_body'), 2],
  ])('counts what speaks of the provider: %s', async (_, failure, failures) => {
    outcome = failure;
    await accept(2, { effect: 'idempotent' });
    await run(await claim());
    expect((await lane())?.failures ?? 0).toBe(failures);
  });

  it('forgives failures when the provider answers, in the same group and later', async () => {
    const ids = await accept(6, { effect: 'once' });
    for (const id of [ids[0]!, ids[1]!, ids[2]!]) provider.script(id, failsWith(down));
    provider.script(ids[3]!, failsWith({ kind: 'rejected' }));
    outcome = undefined;
    provider.script(ids[4]!, failsWith(notSent('dns')));
    const claims = (await claim()).sort((a, b) => ids.indexOf(a.row.id) - ids.indexOf(b.row.id));
    await run(claims.filter(({ row }) => ids.indexOf(row.id) < 5));
    expect((await lane())!.failures).toBeLessThanOrEqual(1);
    await run(claims.filter(({ row }) => ids.indexOf(row.id) === 5));

    await accept(1);
    await run(await claim());
    expect(await lane()).toMatchObject({ failures: 0, opened: 0 });
  });

  it('lets exactly one probe through, however many claim at once, and closes when it is answered', async () => {
    await open();
    await accept(10);
    await halfOpen();
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, at) => claim(at % 2 === 0 ? one : other).then((got) => ({ got, at }))),
    );
    const got = claims.flatMap(({ got: each, at }) => each.map((one_) => ({ claim: one_, at })));
    expect(got).toHaveLength(1);
    expect(got[0]!.claim.row).toMatchObject({ lane_probe: true });
    expect(await claim()).toEqual([]);

    outcome = undefined;
    await run([got[0]!.claim], got[0]!.at % 2 === 0 ? one : other);
    expect(await lane()).toMatchObject({ opened: 0, failures: 0, probe_operation: null });
    expect((await lane())!.closed_at).not.toBeNull();
    expect((await claim()).length).toBeGreaterThan(0);
  });

  it('opens again for longer each time the probe fails, up to a cap', async () => {
    await open();
    const waits: number[] = [];
    for (let round = 0; round < 6; round++) {
      await halfOpen();
      await accept(1);
      const probe = await claim();
      expect(probe).toHaveLength(1);
      await run(probe);
      waits.push((await lane())!.open_ms!);
      expect(await claim()).toEqual([]);
    }
    expect(waits[0]).toBeGreaterThan(breaker.openMs * 1.9);
    expect(waits[1]).toBeGreaterThan(breaker.openMs * 3.9);
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000 * 1.5);
    expect(waits.at(-1)).toBeGreaterThan(290_000);
    expect(await lane()).toMatchObject({ opened: 7 });
  });

  it('says nothing of the circuit when the probe says nothing: the next one asks', async () => {
    await open();
    await accept(2);
    await halfOpen();
    outcome = { kind: 'throttled', retryAfterMs: 2_000 };
    await run(await claim());
    expect(await lane()).toMatchObject({ opened: 1, probe_operation: null });
    expect(await claim()).toEqual([]);
    await witness.advance(6_000);
    expect(await claim()).toHaveLength(1);
  });

  it('does not count calls from before it opened, whichever way they end', async () => {
    await accept(8);
    const before = await claim();
    await run(before.slice(0, 5));
    const opened = await lane();
    await run(before.slice(5, 7));
    expect(await lane()).toMatchObject({ opened: 1, failures: opened!.failures });
    outcome = undefined;
    await run(before.slice(7));
    expect(await lane()).toMatchObject({ opened: 1 });
  });

  it('gives the probe to another when the prober died', async () => {
    await open();
    await accept(2);
    await halfOpen();
    const [probe] = await claim();
    process().part(LeaseKeeper).letGo(probe!.row);
    await witness.advance(45_000); // its lease is over, and it was not swept yet
    expect(await claim(other)).toEqual([]);
    await witness.advance(60_000);
    await witness.sql(`UPDATE operations SET next_attempt_at = puente_now() WHERE tenant_id = $1`, [tenant]);
    expect(await claim(other)).toEqual([]); // nobody said that it runs no more
    await process().sweeper.sweep();
    const next = await claim(other);
    expect(next).toHaveLength(1);
    expect(next[0]!.row.lane_probe).toBe(true);
  });

  it('keeps questions waiting like calls', async () => {
    const [id] = await accept(1, { effect: 'reconcilable' });
    await run(await claim());
    await witness.until(id!, ({ state }) => state === 'unknown');
    await accept(breaker.after, { effect: 'once' });
    await run(await claim());
    expect(await lane()).toMatchObject({ opened: 1 });
    expect(await claim()).toEqual([]);
    await halfOpen();
    expect(await claim()).toHaveLength(1);
  });

  describe('for calls without a claim', () => {
    const report = (
      verdict: 'failed' | 'answered',
      callId: string = uuidv7(),
      probe = false,
      worker = process(),
    ): void => worker.part(SharedLaneStore).report(laneOf(), { verdict, callId, probe, breaker });
    const look = (worker = process()) => worker.part(SharedLaneStore).look(laneOf());

    it('opens from their reports, at once here and within a second elsewhere', async () => {
      expect(look(other)).toEqual({ kind: 'free' });
      for (let n = 0; n < breaker.after; n++) report('failed');
      await eventually(() => look().kind === 'parked');
      await other!.part(LaneStates).refresh();
      expect(look(other).kind).toBe('parked');
      await accept(1);
      expect(await claim()).toEqual([]);
    });

    it('takes the one probe, also before a claim, and closes for everybody', async () => {
      for (let n = 0; n < breaker.after; n++) report('failed');
      await eventually(() => look().kind === 'parked');
      await halfOpen();
      await process().part(LaneStates).refresh();
      expect(look()).toEqual({ kind: 'half_open', retryAfterMs: 0 });
      const calls = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
      const stores = calls.map((_, at) => (at % 2 === 0 ? one! : other!).part(SharedLaneStore));
      const answers = await Promise.all(calls.map((id, at) => stores[at]!.probe(laneOf(), id)));
      expect(answers.filter(({ kind }) => kind === 'probe')).toHaveLength(1);
      await accept(1);
      expect(await claim()).toEqual([]);

      const at = answers.findIndex(({ kind }) => kind === 'probe');
      stores[at]!.report(laneOf(), { verdict: 'answered', callId: calls[at]!, probe: true, breaker });
      await eventually(async () => (await lane())!.opened === 0);
      expect(await claim()).toHaveLength(1);
    });

    it('writes nothing while nothing is held against the lane', async () => {
      report('answered');
      report('failed');
      await eventually(async () => (await lane())?.failures === 1);
      report('answered');
      await eventually(async () => (await lane())!.failures === 0);
    });
  });
});
