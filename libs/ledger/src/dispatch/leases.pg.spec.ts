import { ok, uuidv7 } from '@puente/kernel';
import type { TryRecord } from '@puente/kernel';
import { policyNamed } from '@puente/resilience';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { NewOperation } from '../operation';
import { SWEEP } from '../sql/settle';
import type { RunEvent } from '../run-event';
import { CRASH_CAP, type DecidedOn, decide } from '../state-machine';
import { LedgerWitness, type Row, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { isLive } from '../transitions';
import { type Claim, leasedOperation } from './claimed-row';
import { Claimer } from './claimer';
import { LeaseKeeper } from './lease-keeper';
import { SentMarker } from './sent-marker';
import { Settler } from './settler';

const success: RunEvent = { kind: 'called', outcome: ok({ n: 1 }) };
const rejected: RunEvent = { kind: 'called', outcome: { kind: 'rejected', status: 400 } };

describe('leases', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let one: TestProcess;
  let two: TestProcess;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    one = await TestProcess.start(database);
    two = await TestProcess.start(database);
  });
  beforeEach(async () => {
    await witness.sql('TRUNCATE operations, idempotency_keys, attempts, lanes CASCADE');
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await one.close();
    await two.close();
    await witness.close();
    await database.drop();
  });

  const accepted = async (given: Partial<NewOperation> = {}): Promise<string> => {
    const operation = newOperation(tenant, given);
    await one.ledger.acceptGrouped(operation);
    return operation.id;
  };
  const claim = async (by: TestProcess, places = 10): Promise<Claim[]> => [
    ...(await by.part(Claimer).claim({ free: places, capacity: 30 }, [], true)).claims,
  ];
  const only = (claims: readonly Claim[]): Claim => {
    expect(claims).toHaveLength(1);
    return claims[0]!;
  };
  const settle = (by: TestProcess, claim: Claim, event: RunEvent) => {
    const tried: TryRecord = { startedAt: new Date(), durationMs: 5, outcome: event.kind };
    return by
      .part(Settler)
      .settle({ operation: leasedOperation(claim, null), event, tries: [tried] }, { now: new Date() });
  };
  const expireLeases = () =>
    witness.sql(`UPDATE operations SET lease_until = puente_now() - interval '1 s' WHERE state = 'running'`);
  const mark = (by: TestProcess, claim: Claim, holdMs = 2_000) =>
    by.part(SentMarker).mark(leasedOperation(claim, null), holdMs);

  it('gives an operation to one of two workers that claim at once, and nothing to a late hint (F6)', async () => {
    for (let n = 0; n < 40; n++) await accepted();
    const [first, second] = await Promise.all([claim(one, 40), claim(two, 40)]);
    const rest = await claim(two, 40);

    const ids = [...first, ...second, ...rest].map(({ row }) => row.id);
    expect(new Set(ids).size).toBe(40);
    expect(ids).toHaveLength(40);
    expect(await claim(one, 40)).toEqual([]);
  });

  it('never runs two of one order key at once, whatever the hint in the row says', async () => {
    const [head, next] = [await accepted({ orderKey: 'k' }), await accepted({ orderKey: 'k' })];
    await witness.sql('UPDATE operations SET blocked = false');
    expect(only(await claim(one)).row.id).toBe(head);
    expect(await claim(two)).toEqual([]);
    await witness.sql(`UPDATE operations SET crashes = 2 WHERE id = $1`, [next]);
    expect(await two.part(Claimer).claimQuarantined()).toBeUndefined();
  });

  it('looks at every lane although there are more than one claim can scan', async () => {
    await witness.sql(
      `INSERT INTO operations (id, tenant_id, provider, operation, lane_key, effect, on_unknown, policy, request_hash, input, next_attempt_at, created_at, updated_at)
       SELECT gen_random_uuid(), $1, 'test', 'do', 'l' || lpad(n::text, 4, '0'), 'once', 'review', 'payment', '\\x00', '{}',
         puente_now() + CASE WHEN n = 700 THEN interval '0' ELSE interval '1 hour' END, puente_now(), puente_now() FROM generate_series(1, 700) n`,
      [tenant],
    );
    const claimer = one.part(Claimer);
    const found: number[] = [];
    for (let round = 0, more = true; more; round++) {
      const group = await claimer.claim({ free: 10, capacity: 30 }, [], round === 0);
      found.push(group.claims.length);
      more = group.more;
    }
    expect(found).toEqual([0, 0, 1]);
  });

  it('raises the fence with every claim and refuses the failure of a worker that lost its lease (F13)', async () => {
    const id = await accepted();
    const stale = only(await claim(one));
    await expireLeases();
    await two.sweeper.sweep();
    const fresh = only(await claim(two));
    expect(BigInt(fresh.row.fence)).toBeGreaterThan(BigInt(stale.row.fence));
    await settle(two, fresh, success);
    const before = await witness.row(id);

    expect(await settle(one, stale, rejected)).toMatchObject({ applied: false });

    expect(await witness.row(id)).toEqual(before);
    const attempts = await witness.attempts(id);
    expect(attempts.map(({ outcome, applied }) => [outcome, applied])).toEqual(
      expect.arrayContaining([
        ['crash', true],
        ['called', true],
        ['called', false],
      ]),
    );
    expect(attempts).toHaveLength(3);
  });

  it('tells workers apart by their fence although both have one name (F39)', async () => {
    const id = await accepted();
    const stale = only(await claim(one));
    await expireLeases();
    await two.sweeper.sweep();
    const fresh = only(await claim(two));
    await witness.sql(`UPDATE operations SET lease_owner = $2 WHERE id = $1`, [id, stale.row.lease_owner]);
    const signal = one.part(LeaseKeeper).hold(stale.row, stale.askedAtMs);
    await one.part(LeaseKeeper).beat();

    expect([await mark(one, stale), signal.aborted]).toEqual([false, true]);
    expect(await settle(one, stale, rejected)).toMatchObject({ applied: false });
    one.part(LeaseKeeper).letGo(stale.row);
    expect(await settle(two, fresh, success)).toMatchObject({ applied: true });
  });

  it('refuses the failure of a stale worker while another one runs', async () => {
    const id = await accepted();
    const stale = only(await claim(one));
    await expireLeases();
    await two.sweeper.sweep();
    const fresh = only(await claim(two));

    expect(await settle(one, stale, rejected)).toMatchObject({ applied: false });
    expect(await witness.row(id)).toMatchObject({ state: 'running', fence: fresh.row.fence });
    expect(await settle(two, fresh, success)).toMatchObject({ applied: true });
  });

  it.each(['queued', 'unknown', 'needs_review', 'running'])(
    'accepts the late success of a stale worker when the operation is %s (F14)',
    async (state) => {
      const byState: Record<string, Partial<NewOperation>> = {
        queued: { effect: 'idempotent' },
        running: { effect: 'idempotent' },
        unknown: { effect: 'reconcilable', settleMs: 60_000 },
        needs_review: { effect: 'once' },
      };
      const id = await accepted(byState[state]);
      const stale = only(await claim(one));
      await mark(one, stale);
      await expireLeases();
      await two.sweeper.sweep();
      const other = state === 'running' ? only(await claim(two)) : undefined;
      expect(await witness.row(id)).toMatchObject({ state });

      expect(await settle(one, stale, success)).toMatchObject({ applied: true });
      expect(await witness.row(id)).toMatchObject({ state: 'succeeded', failure: null, lease_owner: null });
      if (other) expect(await settle(two, other, rejected)).toMatchObject({ applied: false });
      expect(await witness.row(id)).toMatchObject({ state: 'succeeded' });
      expect(await claim(two)).toEqual([]);
    },
  );

  it('changes nothing final, not even by a late success (I9)', async () => {
    const id = await accepted({ effect: 'once' });
    const stale = only(await claim(one));
    await expireLeases();
    await two.sweeper.sweep(); // never marked: queued again
    await one.run(tenant, (tx) => one.ledger.cancel(tx, id));

    expect(await settle(one, stale, success)).toMatchObject({ applied: false });
    expect(await witness.row(id)).toMatchObject({ state: 'cancelled' });
  });

  it('settles once although it is told twice: the acknowledgement of the commit was lost (F27)', async () => {
    const id = await accepted();
    const held = only(await claim(one));
    await settle(one, held, success);
    expect(await settle(one, held, success)).toMatchObject({ applied: true });
    expect(await witness.attempts(id)).toHaveLength(1);
  });

  it('writes a group of results although one of them cannot be written, and sends that one to review (F38)', async () => {
    const ids = [await accepted(), await accepted(), await accepted()];
    const claims = await claim(one);
    // What the table refuses, whatever the cause: an outcome from a state that cannot follow.
    await witness.sql(`ALTER TABLE operations ADD CONSTRAINT spoil CHECK (provider_code IS DISTINCT FROM 'spoilt')`);
    try {
      const results = await Promise.all(
        claims.map((each) =>
          settle(
            one,
            each,
            each.row.id === ids[1] ? { kind: 'called', outcome: { kind: 'rejected', code: 'spoilt' } } : success,
          ),
        ),
      );
      expect(results.every(({ applied }) => applied)).toBe(true);
    } finally {
      await witness.sql('ALTER TABLE operations DROP CONSTRAINT spoil');
    }
    expect((await Promise.all(ids.map((id) => witness.row(id)))).map(({ state }) => state)).toEqual([
      'succeeded',
      'needs_review',
      'succeeded',
    ]);
    expect(await witness.row(ids[1]!)).toMatchObject({ failure: 'settle_failed' });
  });

  it('keeps what a provider says although a column cannot: NUL, half a character, a novel', async () => {
    const id = await accepted();
    const outcome = { kind: 'rejected', code: 'a\0b', message: `\ud83d${'x'.repeat(9_000)}` } as const;
    expect(await settle(one, only(await claim(one)), { kind: 'called', outcome })).toMatchObject({ applied: true });
    const row = await witness.row(id);
    expect(row).toMatchObject({ state: 'rejected', provider_code: 'ab' });
    expect(row.failure_message!.length).toBe(500);
  });

  it('marks only under a living lease, and stretches it over the call', async () => {
    const id = await accepted({ effect: 'once' });
    const held = only(await claim(one));
    expect(await mark(one, held, 90_000)).toBe(true);
    const [stretched] = (await witness.sql(
      `SELECT lease_until - puente_now() > interval '80 s' AS long, sent_at IS NOT NULL AS sent FROM operations WHERE id = $1`,
      [id],
    )) as object[];
    expect(stretched).toEqual({ long: true, sent: true });
    one.part(LeaseKeeper).hold(held.row, held.askedAtMs);
    await one.part(LeaseKeeper).beat();
    one.part(LeaseKeeper).letGo(held.row);
    expect(((await witness.row(id)).lease_until!.getTime() - Date.now()) / 1_000).toBeGreaterThan(60);

    await expireLeases();
    expect(await mark(one, held)).toBe(false);
    await two.sweeper.sweep();
    expect(await mark(one, held)).toBe(false);
  });

  it('renews leases by heartbeat, and aborts the call whose lease is lost', async () => {
    const keeper = one.part(LeaseKeeper);
    const ids = [await accepted(), await accepted()];
    const [kept, taken] = (await claim(one)).sort((a, b) => ids.indexOf(a.row.id) - ids.indexOf(b.row.id));
    const signals = [kept!, taken!].map(({ row, askedAtMs }) => keeper.hold(row, askedAtMs));
    await witness.sql(`UPDATE operations SET fence = fence + 1 WHERE id = $1`, [taken!.row.id]);
    await witness.sql(`UPDATE operations SET lease_until = puente_now() + interval '1 s' WHERE id = $1`, [
      kept!.row.id,
    ]);
    await keeper.beat();

    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    expect(keeper.remainingMs(taken!.row)).toBe(0);
    const [row] = (await witness.sql(
      `SELECT lease_until > puente_now() + interval '20 s' AS renewed FROM operations WHERE id = $1`,
      [kept!.row.id],
    )) as object[];
    expect(row).toEqual({ renewed: true });
    for (const { row: lease } of [kept!, taken!]) keeper.letGo(lease);
  });

  it('sends nothing once a lease does not certainly last, also before anybody has said that it is lost (F11, F12)', () => {
    const keeper = one.part(LeaseKeeper);
    const lease = { id: uuidv7(), fence: '1' };
    const now = performance.now();
    const signal = keeper.hold(lease, now - 60_000, 50_000);
    expect([signal.overdue, signal.aborted]).toEqual([true, false]);

    keeper.extend(lease, now, 50_000);
    expect(signal.overdue).toBe(false);
    keeper.letGo(lease);
  });

  it('renews what it can while rows are locked, and takes no lock for a loss (F3)', async () => {
    const keeper = one.part(LeaseKeeper);
    await accepted();
    await accepted();
    const [locked, free] = await claim(one);
    const signals = [locked!, free!].map(({ row, askedAtMs }) => keeper.hold(row, askedAtMs));
    await witness.sql(`UPDATE operations SET lease_until = puente_now() + interval '1 s'`);
    const frozen = await witness.pool.connect();
    await frozen.query('BEGIN');
    await frozen.query('SELECT FROM operations WHERE id = $1 FOR UPDATE', [locked!.row.id]);
    await keeper.beat();
    await frozen.query('ROLLBACK');
    frozen.release();

    const beaten = await witness.sql(`SELECT id FROM operations WHERE lease_until > puente_now() + interval '20 s'`);
    expect(beaten).toEqual([{ id: free!.row.id }]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    for (const { row } of [locked!, free!]) keeper.letGo(row);
  });

  it('stops renewing what is held too long, so that the sweeper gets it', async () => {
    const short = await TestProcess.start(database, { settings: { maxHoldMs: 1 } });
    const id = await accepted();
    const held = only(await claim(short));
    const signal = short.part(LeaseKeeper).hold(held.row, held.askedAtMs - 10);
    const before = (await witness.row(id)).lease_until;
    await short.part(LeaseKeeper).beat();

    expect(signal.aborted).toBe(true);
    expect((await witness.row(id)).lease_until).toEqual(before);
    short.part(LeaseKeeper).letGo(held.row);
    await short.close();
  });

  it('sweeps an expired lease once although all sweep at once (F39)', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => accepted()));
    await claim(one, 100);
    await expireLeases();
    const swept = await Promise.all([one, two, one, two].map((each) => each.sweeper.sweep()));

    expect(swept.reduce((sum, n) => sum + n)).toBe(30);
    const rows = await Promise.all(ids.map((id) => witness.row(id)));
    expect(rows.every(({ crashes, state }) => crashes === 1 && state === 'queued')).toBe(true);
  });

  it('judges expiry by the database’s clock alone (F31)', async () => {
    const id = await accepted();
    await claim(one);
    expect(await two.sweeper.sweep()).toBe(0);
    await witness.advance(-30_000);
    expect(await two.sweeper.sweep()).toBe(0);
    await witness.advance(30_000 + 31_000);
    expect(await two.sweeper.sweep()).toBe(1);
    expect(await witness.row(id)).toMatchObject({ state: 'queued', crashes: 1 });
    await witness.advance(-31_000);
  });

  it('sweeps exactly as the state machine decides, in every combination', async () => {
    const cases = combinations();
    for (const each of cases) await plant(witness, tenant, each);
    const swept = await one.dispatch.query<{ id: string }>(SWEEP, [CRASH_CAP, '[]']);
    expect(swept.length).toBe(cases.length);

    const now = new Date();
    for (const each of cases) {
      const sent = sentBefore(each);
      const decision = decide(
        each,
        { kind: 'crashed', sent },
        { policy: policyNamed('payment'), random: { next: () => 0 }, now },
      );
      const row = await witness.row(each.id);
      expect({ case: each, is: brief(row) }).toEqual({
        case: each,
        is: {
          state: decision.state,
          maybe_sent: decision.maybeSent,
          attempt: decision.burnAttempt ? each.attempt : each.attempt - 1,
          repeats: decision.repeats,
          crashes: decision.crashes,
          asks: decision.asks,
          delayed: decision.delayMs > 0,
        },
      });
      expect(row.first_sent_at === null).toBe(decision.forgetSent || each.firstSentAt === null);
      expect(row.failure).toBe(decision.failure);
      expect(isLive(row.state)).toBe(isLive(decision.state));
    }
    expect((await witness.attempts(cases[0]!.id)).map(({ outcome }) => outcome)).toEqual(['crash']);
  });

  it('wakes nobody twice and loses nobody when a hint is lost: polling is enough (F5)', async () => {
    const worker = await TestProcess.start(database, { dispatch: true, settings: { pollMs: 40 } });
    const operation = newOperation(tenant);
    await one.run(tenant, (tx) => one.ledger.accept(tx, operation)); // no wake()
    await witness.settled(operation.id);
    await eventually(() => worker.provider.callsOf(operation.id) === 1);
    await worker.close();
  });
});

interface Case extends DecidedOn {
  readonly id: string;
  readonly marked: boolean;
}

function combinations(): Case[] {
  const cases: Case[] = [];
  for (const effect of ['idempotent', 'reconcilable', 'once'] as const)
    for (const onUnknown of ['review', 'resend', 'drop'] as const)
      for (const mode of effect === 'reconcilable' ? (['call', 'reconcile'] as const) : (['call'] as const))
        for (const marked of [true, false])
          for (const maybeSent of mode === 'reconcile' ? [true] : [true, false])
            for (const crashes of [0, CRASH_CAP - 1])
              for (const keyWindowMs of effect === 'idempotent' ? [null, 300_000] : [null])
                for (const firstSent of [true, false]) {
                  const firstSentAt = firstSent || marked ? new Date() : null;
                  const fixed = { attempt: 2, repeats: 1, asks: 3, settleMs: 5_000, deadlineAt: null };
                  cases.push({
                    id: crypto.randomUUID(),
                    effect,
                    onUnknown,
                    mode,
                    marked,
                    maybeSent,
                    crashes,
                    keyWindowMs,
                    firstSentAt,
                    ...fixed,
                  });
                }
  return cases;
}

function sentBefore({ effect, mode, marked, keyWindowMs, firstSentAt }: Case): boolean {
  if (mode === 'reconcile') return false;
  return effect === 'idempotent' ? keyWindowMs === null || firstSentAt !== null : marked;
}

async function plant(witness: LedgerWitness, tenant: string, each: Case): Promise<void> {
  await witness.sql(
    `INSERT INTO operations (id, tenant_id, provider, operation, effect, on_unknown, policy, request_hash, input, settle_ms,
       key_window_ms, state, mode, attempt, crashes, repeats, asks, maybe_sent, first_sent_at, sent_at, next_attempt_at,
       lease_until, lease_owner, fence, created_at, updated_at)
     VALUES ($1, $2, 'test', 'do', $3, $4, 'payment', '\\x00', '{}', $5, $6, 'running', $7, $8, $9, $10, $11, $12, $13, $14,
       puente_now(), puente_now() - interval '1 s', 'worker:dead', 7, puente_now(), puente_now())`,
    [
      ...[each.id, tenant, each.effect, each.onUnknown, each.settleMs, each.keyWindowMs, each.mode, each.attempt],
      ...[each.crashes, each.repeats, each.asks, each.maybeSent, each.firstSentAt, each.marked ? new Date() : null],
    ],
  );
}

function brief({ state, maybe_sent, attempt, repeats, crashes, asks, next_attempt_at }: Row) {
  const delayed = next_attempt_at.getTime() > Date.now() + 1_000;
  return { state, maybe_sent, attempt, repeats, crashes, asks, delayed };
}
