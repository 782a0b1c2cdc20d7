import { type Failure, notSent, ok, type Outcome, type ProviderCall, unknown } from '@puente/kernel';
import { FixedRandom, LeapingClock, ManualClock } from '../../../../test/support/manual-clock';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { sampleCall } from './call.fixture';
import { RetryBudgets } from '../retry-budgets';
import { RetryInterceptor } from './retry.interceptor';

const throttled = (retryAfterMs?: number): Failure => ({ kind: 'throttled', status: 429, retryAfterMs });

/** Answers with the outcomes one after another and records which attempt saw which. */
async function run(call: ProviderCall, outcomes: Outcome[], random = 0) {
  const clock = new LeapingClock();
  const attempts: number[] = [];
  const decisions = new ToldDecisions();
  const outcome = await new RetryInterceptor(
    clock,
    new FixedRandom(random),
    new RetryBudgets(clock),
    decisions,
  ).intercept(call, async ({ attempt }) => {
    attempts.push(attempt);
    return outcomes[Math.min(attempts.length, outcomes.length) - 1]!;
  });
  return { outcome, attempts, waits: clock.sleeps, told: decisions.told };
}

describe('RetryInterceptor', () => {
  it('climbs the ladder of 429: 1 s, 2 s, 4 s, then gives the failure back', async () => {
    const lowest = await run(sampleCall(), [throttled()]);
    const highest = await run(sampleCall(), [throttled()], 1);

    expect(lowest).toMatchObject({ outcome: throttled(), attempts: [1, 2, 3, 4], waits: [1_000, 2_000, 4_000] });
    expect(highest.waits).toEqual([1_200, 2_400, 4_800]);
  });

  it('waits as long as the provider asks, when that is longer', async () => {
    const { waits } = await run(sampleCall(), [throttled(7_000), throttled(1), ok(1)]);

    expect(waits).toEqual([7_000, 2_000]);
  });

  it('uses the full jitter of the policy for everything else, up to its cap', async () => {
    const { waits } = await run(sampleCall({ policy: 'interactive' }), [notSent('connect')], 1);

    expect(waits).toEqual([100, 200, 400]);
  });

  it('does not follow a schedule of hours: that is for operations which wait in the ledger', async () => {
    const { waits, attempts } = await run(sampleCall({ policy: 'messaging' }), [notSent('dns')], 1);

    expect(attempts).toHaveLength(4);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
  });

  it.each<[Partial<ProviderCall>, Outcome, number]>([
    [{ effect: 'read' }, unknown('server_error'), 4],
    [{ effect: 'read' }, unknown('timeout'), 2],
    [{ effect: 'read' }, unknown('reset'), 2],
    [{ effect: 'read' }, { kind: 'rejected' }, 1],
    [{ effect: 'read' }, { kind: 'unauthorized' }, 1],
    [{ effect: 'once' }, notSent('refused'), 4],
    [{ effect: 'once' }, unknown('server_error'), 1],
    [{ effect: 'reconcilable' }, unknown('timeout'), 1],
    [{ effect: 'idempotent' }, unknown('server_error'), 1],
    [{ effect: 'read', waitsInProcess: false }, unknown('server_error'), 1],
    [{ effect: 'once', waitsInProcess: false }, throttled(), 1],
  ])('%p that ends in %p is tried %p times', async (call, outcome, tries) => {
    expect((await run(sampleCall(call), [outcome])).attempts).toHaveLength(tries);
  });

  it('answers at once when the next wait would pass the deadline', async () => {
    const inTime = await run(sampleCall({ deadlineMs: 3_001 }), [throttled()]);
    const justTooLate = await run(sampleCall({ deadlineMs: 3_000 }), [throttled()]);

    expect(inTime.waits).toEqual([1_000, 2_000]);
    expect(justTooLate).toMatchObject({ outcome: throttled(), attempts: [1, 2], waits: [1_000] });
  });

  it('tells each retry with its number, its wait and why, and why there is no other', async () => {
    const usedUp = await run(sampleCall({ effect: 'read' }), [unknown('timeout')]);
    const tooLate = await run(sampleCall({ deadlineMs: 500 }), [throttled()]);
    const refused = await run(sampleCall(), [{ kind: 'rejected' }]);

    expect(usedUp.told).toEqual([
      ['retryScheduled', { failure: unknown('timeout'), retry: 1, of: 1, waitMs: 0 }],
      ['retryGivenUp', unknown('timeout'), 'used_up'],
    ]);
    expect(tooLate.told).toEqual([['retryGivenUp', throttled(), 'deadline']]);
    expect(refused.told).toEqual([]);
  });

  it('gives up a wait when the caller goes away, without another try', async () => {
    const clock = new ManualClock();
    const caller = new AbortController();
    const attempts: number[] = [];
    const decisions = new ToldDecisions();
    const running = new RetryInterceptor(clock, new FixedRandom(0), new RetryBudgets(clock), decisions).intercept(
      sampleCall({ signal: caller.signal }),
      async ({ attempt }) => {
        attempts.push(attempt);
        return throttled();
      },
    );

    await clock.advance(500);
    caller.abort();

    expect(await running).toEqual(throttled());
    expect(attempts).toEqual([1]);
    expect(decisions.told.at(-1)).toEqual(['retryGivenUp', throttled(), 'caller_gone']);
  });
});
