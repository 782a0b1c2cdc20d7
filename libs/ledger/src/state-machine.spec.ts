import { deferred, notSent, ok, unknown } from '@puente/kernel';
import { type Policy, policies, policyNamed } from '@puente/resilience';
import fc from 'fast-check';
import type { RunEvent } from './run-event';
import { ASK_LIMIT, CRASH_CAP, type DecidedOn, decide, keyWindowClosed } from './state-machine';
import { LEASE_MS, LedgerModel, type ProviderMood } from './testing/ledger-model';
import { isLive } from './transitions';

const now = new Date('2026-01-01T00:00:00Z');
const random = { next: () => 0 };

function running(given: Partial<DecidedOn> = {}): DecidedOn {
  return {
    ...{ effect: 'once', onUnknown: 'review', mode: 'call', attempt: 1, crashes: 0, repeats: 0, asks: 0 },
    ...{ maybeSent: false, firstSentAt: null, settleMs: 0, keyWindowMs: null, deadlineAt: null, ...given },
  };
}

function after(
  event: RunEvent,
  given: Partial<DecidedOn> = {},
  policy: Policy = policies.payment,
  synchronous = false,
) {
  return decide(running(given), event, { policy, random, now, synchronous });
}

const called = (outcome: Extract<RunEvent, { kind: 'called' }>['outcome']): RunEvent => ({
  kind: 'called',
  outcome,
});
const timeout = called(unknown('timeout'));
const rejected = called({ kind: 'rejected', status: 400 });
const unauthorized = called({ kind: 'unauthorized', status: 401 });
const throttled = called({ kind: 'throttled', retryAfterMs: 9_000 });

describe('decide', () => {
  it('ends with a success, and clears the count of crashes', () => {
    expect(after(called(ok(1)), { crashes: 1 })).toMatchObject({ state: 'succeeded', crashes: 0, failure: null });
  });

  it('ends at a refusal when nothing was sent before (F22)', () => {
    expect(after(rejected)).toMatchObject({ state: 'rejected', failure: 'rejected', maybeSent: false });
  });

  it('takes a refusal after a try that may have been sent for a question (F21)', () => {
    expect(after(rejected, { maybeSent: true, effect: 'reconcilable', settleMs: 700 })).toMatchObject({
      ...{ state: 'unknown', delayMs: 700, maybeSent: true },
    });
    expect(after(rejected, { maybeSent: true })).toMatchObject({ state: 'needs_review' });
    expect(after(rejected, { maybeSent: true, onUnknown: 'drop' })).toMatchObject({ state: 'dropped' });
    expect(after(rejected, { maybeSent: true, effect: 'idempotent' })).toMatchObject({ state: 'needs_review' });
  });

  it('waits out a throttling provider and parks the lane as long', () => {
    expect(after(throttled)).toMatchObject({
      ...{ state: 'queued', delayMs: 9_000, lane: { kind: 'park', forMs: 9_000 }, maybeSent: false, burnAttempt: true },
    });
    expect(after(throttled, { attempt: 3 })).toMatchObject({ state: 'queued' });
    expect(after(throttled, { attempt: 4 })).toMatchObject({ state: 'exhausted' });
    expect(after(throttled, { attempt: 4, maybeSent: true })).toMatchObject({ state: 'needs_review' });
  });

  it('lets a schedule replace the length of the ladder', () => {
    expect(after(throttled, { attempt: 12 }, policies.messaging)).toMatchObject({ state: 'queued' });
    expect(after(throttled, { attempt: 13 }, policies.messaging)).toMatchObject({ state: 'exhausted' });
  });

  it('parks the lane for what the provider asked, not for a step of the schedule', () => {
    expect(after(throttled, { attempt: 10 }, policies.messaging)).toMatchObject({
      ...{ delayMs: 600_000, lane: { kind: 'park', forMs: 9_000 } },
    });
    const silent = called({ kind: 'throttled' });
    expect(after(silent, { attempt: 10 }, policies.messaging)).toMatchObject({ lane: { kind: 'park', forMs: 1_000 } });
  });

  describe('of a webhook', () => {
    const HOUR = 3_600_000;
    const webhook = { effect: 'idempotent', onUnknown: 'drop' } as const;
    const to = (event: RunEvent, given: Partial<DecidedOn> = {}) =>
      after(event, { ...webhook, ...given }, policies.webhook);
    const failed = called(unknown('server_error', { status: 500 }));

    it('repeats whatever failed by the schedule, and never sooner', () => {
      const steps = [5_000, 60_000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR)];
      for (const event of [failed, timeout, called(unknown('bad_body')), called(notSent('connect'))])
        for (const [at, delayMs] of steps.entries())
          expect(to(event, { attempt: at + 1 })).toMatchObject({ state: 'queued', delayMs });
    });

    it('waits for a Retry-After that is longer than the schedule, a day at most, and keeps others waiting an hour at most', () => {
      const asked = (retryAfterMs: number): RunEvent => called({ kind: 'throttled', retryAfterMs });
      expect(to(asked(9_000))).toMatchObject({ delayMs: 9_000, lane: { kind: 'park', forMs: 9_000 } });
      expect(to(asked(9_000), { attempt: 2 })).toMatchObject({ delayMs: 60_000, lane: { forMs: 9_000 } });
      expect(to(asked(30 * HOUR))).toMatchObject({ delayMs: 24 * HOUR, lane: { forMs: HOUR } });
    });

    it('ends without a person, and claims that nothing arrived only when nothing can have', () => {
      expect(to(failed, { attempt: 11, maybeSent: true })).toMatchObject({
        state: 'dropped',
        failure: 'unknown:server_error',
      });
      expect(to(failed, { attempt: 11 })).toMatchObject({ state: 'dropped', maybeSent: true });
      expect(to(called(notSent('dns')), { attempt: 11 })).toMatchObject({ state: 'exhausted', maybeSent: false });
      expect(to(throttled, { attempt: 11, maybeSent: true })).toMatchObject({ state: 'dropped' });
      const crash = { kind: 'crashed', sent: true } as const;
      expect(to(crash, { crashes: CRASH_CAP - 1 })).toMatchObject({ state: 'dropped' });
    });

    it('ends at once when its receiver is gone, whatever came before', () => {
      const gone = called({ kind: 'rejected', code: 'GONE', status: 410 });
      expect(to(gone)).toMatchObject({ state: 'rejected', failure: 'rejected' });
      expect(to(gone, { attempt: 4, maybeSent: true })).toMatchObject({ state: 'dropped', failure: 'rejected' });
    });
  });

  it('keeps operations whose credentials fail, pauses the lane and burns nothing (F41)', () => {
    const decision = after(unauthorized, { attempt: 99 });
    expect(decision).toMatchObject({ state: 'queued', burnAttempt: false, lane: { kind: 'pause' } });
  });

  it('waits without a try when the call was not made at all, unless that is too late for everybody', () => {
    const busy = { kind: 'deferred', failure: deferred('quota', 5_000) } as const;
    const waits = { state: 'queued', delayMs: 5_000, burnAttempt: false, failure: 'deferred:quota' };
    expect(after(busy, { attempt: 99, crashes: 1 })).toMatchObject({ ...waits, crashes: 1 });
    expect(after(busy)).not.toHaveProperty('lane');
    expect(after(busy, { mode: 'reconcile', maybeSent: true })).toMatchObject({ state: 'unknown', delayMs: 5_000 });
    const soon = new Date(now.getTime() + 4_999);
    expect(after(busy, { deadlineAt: soon })).toMatchObject({ state: 'exhausted', burnAttempt: false });
    expect(after(busy, { deadlineAt: soon, maybeSent: true })).toMatchObject({ state: 'needs_review' });
  });

  it('tells a waiting caller about failing credentials instead of keeping the operation', () => {
    const decision = after(unauthorized, {}, policies.payment, true);
    expect(decision).toMatchObject({ state: 'rejected', failure: 'unauthorized', lane: { kind: 'pause' } });
    expect(after(unauthorized, { maybeSent: true }, policies.payment, true)).toMatchObject({ state: 'queued' });
  });

  it.each([
    ['idempotent', { state: 'queued', maybeSent: true, delayMs: 0 }],
    ['reconcilable', { state: 'unknown', maybeSent: true, delayMs: 300 }],
    ['once', { state: 'needs_review', maybeSent: true }],
  ] as const)('treats a lost answer of an %s call by its effect', (effect, expected) => {
    expect(after(timeout, { effect, settleMs: 300 })).toMatchObject(expected);
  });

  it('repeats a call with `resend` within the ladder, counts every repeat, then asks a person', () => {
    const resend = { onUnknown: 'resend', maybeSent: true } as const;
    expect(after(timeout, { ...resend, maybeSent: false })).toMatchObject({
      state: 'queued',
      repeats: 1,
      maybeSent: true,
    });
    expect(after(timeout, { ...resend, attempt: 3, repeats: 2 })).toMatchObject({ state: 'queued', repeats: 3 });
    expect(after(timeout, { ...resend, attempt: 4, repeats: 3 })).toMatchObject({ state: 'needs_review', repeats: 3 });
    expect(after(throttled, { ...resend, attempt: 2, repeats: 1 })).toMatchObject({ state: 'queued', repeats: 1 });
    expect(after(rejected, { ...resend, attempt: 2, repeats: 1 })).toMatchObject({ state: 'needs_review', repeats: 1 });
  });

  it('lets go what a flow would rather lose', () => {
    expect(after(timeout, { onUnknown: 'drop' })).toMatchObject({ state: 'dropped', maybeSent: true });
  });

  it('treats an idempotent call like `once` when the provider may have forgotten the key (F40)', () => {
    const old = {
      effect: 'idempotent',
      maybeSent: true,
      keyWindowMs: 300_000,
      firstSentAt: new Date(now.getTime() - 290_000),
    } as const;
    expect(keyWindowClosed(running(old), now.getTime(), policies.payment)).toBe(true);
    expect(keyWindowClosed(running({ ...old, maybeSent: false }), now.getTime(), policies.payment)).toBe(false);
    expect(after(called(unknown('server_error')), old)).toMatchObject({ state: 'needs_review' });
    expect(after({ kind: 'key_expired' }, old)).toMatchObject({ state: 'needs_review', burnAttempt: false });
    expect(after({ kind: 'key_expired' }, { ...old, onUnknown: 'resend' })).toMatchObject({
      ...{ state: 'queued', repeats: 1, forgetSent: true, burnAttempt: false },
    });
  });

  it('follows the provider’s answer to a question', () => {
    const asking = { mode: 'reconcile', effect: 'reconcilable', maybeSent: true } as const;
    const answer = (kind: 'absent' | 'pending'): RunEvent => ({ kind: 'asked', answer: { kind } });
    expect(after({ kind: 'asked', answer: { kind: 'applied', output: 1 } }, asking)).toMatchObject({
      state: 'succeeded',
    });
    expect(after(answer('absent'), asking)).toMatchObject({ state: 'queued', maybeSent: false, forgetSent: true });
    expect(after(answer('absent'), { ...asking, attempt: 4 })).toMatchObject({ state: 'exhausted', maybeSent: false });
    expect(after(answer('pending'), asking)).toMatchObject({ state: 'unknown', asks: 1, maybeSent: true });
    expect(after(answer('pending'), { ...asking, asks: ASK_LIMIT - 1 })).toMatchObject({ state: 'needs_review' });
    expect(after(answer('pending'), { ...asking, deadlineAt: now })).toMatchObject({ state: 'needs_review' });
    expect(after({ kind: 'ask_failed', outcome: unknown('timeout') }, asking)).toMatchObject({
      state: 'unknown',
      asks: 1,
    });
    expect(after({ kind: 'ask_failed', outcome: { kind: 'unauthorized' } }, asking)).toMatchObject({
      ...{ state: 'unknown', asks: 0, lane: { kind: 'pause' } },
    });
  });

  it('does not begin, or repeat, past the deadline', () => {
    expect(after({ kind: 'deadline_passed' })).toMatchObject({
      state: 'exhausted',
      failure: 'deadline',
      burnAttempt: false,
    });
    expect(after({ kind: 'deadline_passed' }, { maybeSent: true })).toMatchObject({ state: 'needs_review' });
    expect(after(throttled, { deadlineAt: new Date(now.getTime() + 8_999) })).toMatchObject({ state: 'exhausted' });
    expect(after(throttled, { deadlineAt: new Date(now.getTime() + 9_000) })).toMatchObject({ state: 'queued' });
  });

  it('gives back what was not begun as if it had never been claimed (F37)', () => {
    expect(after({ kind: 'released' }, { crashes: 2 })).toMatchObject({
      state: 'queued',
      burnAttempt: false,
      crashes: 2,
      delayMs: 0,
    });
    expect(after({ kind: 'released' }, { mode: 'reconcile', maybeSent: true })).toMatchObject({
      state: 'unknown',
      forgetSent: false,
    });
  });

  it('stops running what kills its workers (F24)', () => {
    expect(after({ kind: 'crashed', sent: true }, { crashes: CRASH_CAP - 1 })).toMatchObject({ state: 'needs_review' });
    expect(after({ kind: 'crashed', sent: false }, { crashes: CRASH_CAP - 1 })).toMatchObject({ state: 'exhausted' });
  });

  it('counts deaths through the questions between them: an answer does not make the next call less deadly (F24)', () => {
    const asking = { mode: 'reconcile', effect: 'reconcilable', maybeSent: true, crashes: 3 } as const;
    for (const kind of ['absent', 'pending'] as const)
      expect(after({ kind: 'asked', answer: { kind } }, asking)).toMatchObject({ crashes: 3 });
    expect(after({ kind: 'ask_failed', outcome: unknown('timeout') }, asking)).toMatchObject({ crashes: 3 });
    expect(after(timeout, { ...asking, mode: 'call' })).toMatchObject({ crashes: 0 });
  });
});

describe('any history', () => {
  const moods: ProviderMood[] = [
    ...(['answers', 'acts_answer_lost', 'lost_on_the_way', 'acts_late', 'throttles'] as const),
    ...(['unreachable', 'rejects', 'refuses_credentials', 'breaks_after_acting', 'evades'] as const),
  ];
  // Single steps, and the courses of events that go wrong in practice: a whole turn, a death or a freeze halfway.
  const step = fc.record({
    what: fc.constantFrom(
      ...(['claim', 'prepare', 'call', 'settle', 'crash', 'sweep', 'advance'] as const),
      ...(['turn', 'turn', 'turn', 'die', 'die', 'freeze', 'freeze_before_call', 'wait_for_lease'] as const),
    ),
    worker: fc.integer({ min: 0, max: 2 }),
    mood: fc.constantFrom(...moods),
    ms: fc.integer({ min: 1, max: 9_000 }),
  });
  const operation = fc.record({
    effect: fc.constantFrom('idempotent', 'reconcilable', 'once'),
    onUnknown: fc.constantFrom('review', 'resend', 'drop'),
    policy: fc.constantFrom('payment', 'messaging', 'interactive'),
    settleMs: fc.integer({ min: 0, max: 20_000 }),
    keyWindowMs: fc.constantFrom(null, 60_000, 300_000),
    deadlineAt: fc.constantFrom(null, new Date(1_060_000)),
  } as const);

  it('keeps every promise about effects (I3 to I7, I9)', () => {
    fc.assert(
      fc.property(operation, fc.array(step, { maxLength: 25 }), fc.integer(), (given, steps, seed) => {
        const model = new LedgerModel(given, seeded(seed));
        for (const each of steps) {
          take(model, each);
          check(model);
        }
        // Heal: every worker ends, the provider behaves, and time goes on.
        for (const worker of [0, 1, 2]) model.settle(worker);
        for (const worker of [0, 1, 2]) model.crash(worker);
        for (let round = 0; round < 200 && isLive(model.row.state); round++) {
          turn(model, 3, 'answers');
          model.advance(LEASE_MS + 15_000);
          model.sweep();
        }
        model.advance(1_000_000);
        if (isLive(model.row.state)) throw new Error(`still ${model.row.state} long after everything healed (I6)`);
        check(model);
      }),
      { numRuns: 10_000 },
    );
  });
});

interface Step {
  readonly what: string;
  readonly worker: number;
  readonly mood: ProviderMood;
  readonly ms: number;
}

function take(model: LedgerModel, { what, worker, mood, ms }: Step): void {
  switch (what) {
    case 'claim':
      return model.claim(worker);
    case 'prepare':
      return model.prepare(worker);
    case 'call':
      return model.call(worker, mood);
    case 'settle':
      return model.settle(worker);
    case 'crash':
      return model.crash(worker);
    case 'sweep':
      return model.sweep();
    case 'advance':
      return model.advance(ms);
    case 'turn':
      return turn(model, worker, mood);
    case 'die':
      begin(model, worker, mood);
      model.crash(worker);
      return expire(model);
    case 'freeze':
      begin(model, worker, mood);
      return expire(model);
    case 'freeze_before_call':
      model.untilDue();
      model.claim(worker);
      model.prepare(worker);
      return expire(model);
    case 'wait_for_lease':
      return expire(model);
  }
}

function begin(model: LedgerModel, worker: number, mood: ProviderMood): void {
  model.untilDue();
  model.claim(worker);
  model.prepare(worker);
  model.call(worker, mood);
}

function turn(model: LedgerModel, worker: number, mood: ProviderMood): void {
  begin(model, worker, mood);
  model.settle(worker);
}

function expire(model: LedgerModel): void {
  model.advance(Math.max(0, (model.row.leaseUntil ?? model.now) - model.now) + 1);
  model.sweep();
}

function check(model: LedgerModel): void {
  const problems = promisesOf(model);
  if (problems.length > 0) throw new Error(problems.join('; '));
}

function promisesOf({ row, effects, broken }: LedgerModel): string[] {
  const problems = [...broken];
  const { state, effect, repeats, attempt } = row;
  if (state === 'succeeded' && effects === 0) problems.push('succeeded without an effect (I3)');
  if (effects > 1 + repeats) problems.push(`${String(effects)} effects, ${String(repeats)} marked repeats (I3, I4)`);
  if (effect === 'reconcilable' && repeats > 0) problems.push('a reconcilable call was repeated blindly');
  if (row.onUnknown !== 'resend' && repeats > 0) problems.push('repeated although nobody said resend');
  if (['rejected', 'exhausted', 'cancelled'].includes(state) && effects > 0)
    problems.push(`${state}, but it happened (I5)`);
  if (['rejected', 'exhausted', 'cancelled'].includes(state) && row.maybeSent)
    problems.push(`${state}, but maybe sent`);
  const most = Math.max(3, policyNamed('messaging').schedule?.length ?? 0) + 1 + CRASH_CAP;
  if (attempt > most || attempt < 0) problems.push(`attempt ${String(attempt)} (I7)`);
  return problems;
}

function seeded(seed: number) {
  let state = (Math.abs(seed) % 2_147_483_646) + 1;
  return { next: () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647 };
}
