import { type Failure, type NextCall, notSent, type Outcome, type ProviderCall, unknown } from '@puente/kernel';
import { FixedRandom, LeapingClock, ManualClock } from '../../../test/support/manual-clock';
import { ToldDecisions } from '../../../test/support/told-decisions';
import { retriesAllowed, retryWait } from './backoff';
import { sampleCall } from './interceptors/call.fixture';
import { RetryInterceptor } from './interceptors/retry.interceptor';
import { policies } from './policies';
import { CountingStore, sampleQuota } from './quota/counting-store.fixture';
import { QuotaLeases } from './quota/quota-leases';
import { RetryBudgets } from './retry-budgets';
import { retryRule } from './retry-table';

const throttled: Failure = { kind: 'throttled', status: 429 };
const almostOne = 1 - Number.EPSILON;

/** What is sent, and the waits between, of a call that always ends so. */
async function always(outcome: Outcome, over: Partial<ProviderCall> = {}, random = 0) {
  const clock = new LeapingClock();
  let sends = 0;
  const send: NextCall = () => {
    sends += 1;
    return Promise.resolve(outcome);
  };
  const link = new RetryInterceptor(clock, new FixedRandom(random), new RetryBudgets(clock), new ToldDecisions());
  await link.intercept(sampleCall(over), send);
  return { sends, waits: clock.sleeps };
}

/**
 * The directive's rules about waits and retries at their limits (SYSTEMS S4.4, S4.5), where a reader looks for them. Its
 * alerts are in `libs/integrations/src/directive.spec.ts`.
 */
describe('the directive’s waits and retries', () => {
  it('429: waits 1 s, 2 s and 4 s, each between w and 1.2 w', async () => {
    expect((await always(throttled)).waits).toEqual([1_000, 2_000, 4_000]);
    expect((await always(throttled, {}, almostOne)).waits).toEqual([1_200, 2_400, 4_800]);
    for (const random of [0.1, 0.5, 0.9]) {
      const { waits } = await always(throttled, {}, random);
      for (const [at, w] of [1_000, 2_000, 4_000].entries()) {
        expect(waits[at]).toBeGreaterThanOrEqual(w);
        expect(waits[at]).toBeLessThanOrEqual(1.2 * w);
      }
    }
  });

  it('429: 3 retries are 4 sends, not 5, whatever the effect', async () => {
    for (const effect of ['read', 'idempotent', 'reconcilable', 'once'] as const) {
      expect((await always(throttled, { effect })).sends).toBe(4);
      expect(retriesAllowed(retryRule(effect, 'throttled'), policies.payment)).toBe(3);
    }
  });

  it('5xx: at most 3 retries, and only where that repeats no effect', async () => {
    expect((await always(unknown('server_error'), { effect: 'read' })).sends).toBe(4);
    for (const effect of ['reconcilable', 'once'] as const)
      expect((await always(unknown('server_error'), { effect })).sends).toBe(1);
  });

  it('timeout: one retry, at once', async () => {
    expect(await always(unknown('timeout'), { effect: 'read' })).toEqual({ sends: 2, waits: [0] });
    expect(retriesAllowed(retryRule('idempotent', 'timeout'), policies.payment)).toBe(1);
  });

  it('network: retries with delay', async () => {
    const { sends, waits } = await always(notSent('connect'), {}, almostOne);
    expect(sends).toBe(4);
    for (const wait of waits) expect(wait).toBeGreaterThan(0);
  });

  it.each([400, 401, 402, 403, 404, 405, 409, 410, 413, 422, 451])('%i: no retry', async (status) => {
    const kind = status === 401 || status === 403 ? 'unauthorized' : 'rejected';
    for (const effect of ['read', 'idempotent', 'reconcilable', 'once'] as const)
      expect((await always({ kind, status }, { effect })).sends).toBe(1);
  });

  it('a Retry-After that is longer wins, and one that passes the deadline is not waited for', async () => {
    const patient = { ...throttled, retryAfterMs: 30_000 } as const;
    expect(retryWait('ladder', policies.payment, 1, new FixedRandom(0), 30_000)).toBe(30_000);
    expect((await always(patient, { deadlineMs: 30_000 })).waits).toEqual([]);
    expect((await always(patient, { deadlineMs: 30_001 })).waits).toEqual([30_000]);
  });

  it('rate limit: exactly 20 % remaining is no warning, just under is, once', async () => {
    const clock = new ManualClock();
    const leases = new QuotaLeases(new CountingStore(clock), new ToldDecisions(), clock);
    const quota = sampleQuota({ limit: 50, windowMs: 60_000 });
    for (let call = 0; call < 40; call += 1) await leases.admit(quota);
    expect(leases.low(quota)).toBeUndefined();
    await leases.admit(quota);
    expect(leases.low(quota)).toEqual({ limit: 50, remaining: 9 });
    await leases.admit(quota);
    expect(leases.low(quota)).toBeUndefined();
  });
});
