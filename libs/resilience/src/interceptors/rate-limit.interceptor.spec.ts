import { type AnswerHead, isDeferred, type NextCall, ok, type Outcome, type ProviderCall } from '@puente/kernel';
import { ManualClock } from '../../../../test/support/manual-clock';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { type CallQuota, CallQuotas } from '../ports/call-quotas.port';
import { CountingStore, sampleQuota } from '../quota/counting-store.fixture';
import { QuotaLeases } from '../quota/quota-leases';
import { readRateLimits } from '../quota/rate-limit-headers';
import { sampleCall } from './call.fixture';
import { RateLimitInterceptor } from './rate-limit.interceptor';

class TheseQuotas extends CallQuotas {
  quotas: readonly CallQuota[] | Promise<readonly CallQuota[]> = [];

  of(): readonly CallQuota[] | Promise<readonly CallQuota[]> {
    return this.quotas;
  }
}

const made: NextCall = () => Promise.resolve(ok('made'));

describe('RateLimitInterceptor', () => {
  const quotas = new TheseQuotas();
  let clock: ManualClock;
  let decisions: ToldDecisions;
  let store: CountingStore;
  let link: RateLimitInterceptor;
  beforeEach(() => {
    clock = new ManualClock();
    decisions = new ToldDecisions();
    store = new CountingStore(clock);
    link = new RateLimitInterceptor(quotas, new QuotaLeases(store, decisions, clock), decisions, clock);
    quotas.quotas = [sampleQuota({ limit: 3 })];
  });

  const run = (over: Partial<ProviderCall> = {}, next = made): Promise<Outcome> =>
    link.intercept(sampleCall(over), next);
  const background = { waitsInProcess: false };
  const useUp = async (): Promise<void> => {
    for (let call = 0; call < 3; call += 1) await run(background);
    decisions.told.length = 0;
  };

  it('makes as many calls as the quota has, and defers the others in the background until the reset', async () => {
    await useUp();
    await clock.advance(400);
    const next = jest.fn<ReturnType<NextCall>, Parameters<NextCall>>();

    const outcome = await run(background, next);

    expect(outcome).toEqual({ kind: 'throttled', deferred: 'quota', retryAfterMs: 605 });
    expect(next).not.toHaveBeenCalled();
    expect(decisions.told).toEqual([['deferredByQuota', { limit: 'Solicitudes por segundo', waitMs: 605 }]]);
    await clock.advance(605);
    expect(await run(background)).toEqual(ok('made'));
  });

  it('keeps to a quota that has to be read first, and warns nobody of one that was chosen', async () => {
    quotas.quotas = Promise.resolve([sampleQuota({ limit: 3, chosen: true })]);
    const outcomes = [];
    for (let call = 0; call < 4; call += 1) outcomes.push(await run(background));

    expect(outcomes.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok', 'throttled']);
    expect(decisions.events).toEqual(['deferredByQuota']);
  });

  it('spreads what it defers over the windows to come, so that it is not claimed for nothing in each', async () => {
    await useUp();
    const waits = await Promise.all(Array.from({ length: 7 }, () => run(background)));

    expect(waits.map((each) => isDeferred(each) && each.retryAfterMs)).toEqual([
      ...[1_005, 1_005, 1_005],
      ...[2_005, 2_005, 2_005],
      3_005,
    ]);
  });

  it('waits in the process for whoever has the time, and not for who has not', async () => {
    await useUp();
    const patient = run({ deadlineMs: clock.monotonicMs() + 1_006 });
    const hurried = await run({ deadlineMs: clock.monotonicMs() + 1_005 });

    expect(isDeferred(hurried)).toBe(true);
    await clock.advance(1_005);
    expect(await patient).toEqual(ok('made'));
    expect(decisions.events).toEqual(['waitedForQuota', 'deferredByQuota']);
  });

  it('ends the wait of a caller who goes away', async () => {
    await useUp();
    const caller = new AbortController();
    const running = run({ signal: caller.signal });
    await clock.advance(10);
    caller.abort();

    expect(await running).toEqual({ kind: 'throttled', deferred: 'quota', retryAfterMs: 0 });
  });

  it('asks the counters once for a call', async () => {
    await useUp();
    expect(store.asked).toEqual([1, 1, 1]);
  });

  it('takes from all quotas of a call or from none', async () => {
    const daily = sampleQuota({ key: 'daily', limit: 2, windowMs: 86_400_000, name: 'Por día' });
    quotas.quotas = [sampleQuota({ limit: 4 }), daily];
    for (let call = 0; call < 4; call += 1) await run(background);

    expect(decisions.told.at(-1)).toMatchObject(['deferredByQuota', { limit: 'Por día' }]);
    quotas.quotas = [sampleQuota({ limit: 4 })];
    expect((await Promise.all([run(background), run(background)])).map(({ kind }) => kind)).toEqual(['ok', 'ok']);
  });

  it('counts and warns of a quota that is not ours to enforce, and calls', async () => {
    quotas.quotas = [sampleQuota({ limit: 3, enforced: false })];
    for (let call = 0; call < 5; call += 1) expect(await run(background)).toEqual(ok('made'));

    expect(decisions.told).toEqual([['quotaLow', { limit: 3, remaining: 0 }]]);
  });

  it('passes a call by that counts against nothing', async () => {
    quotas.quotas = [];
    expect(await run()).toEqual(ok('made'));
    expect(store.asked).toEqual([]);
  });

  describe('what the provider’s answers say', () => {
    const told = ({ headers }: AnswerHead) => readRateLimits(headers)[0];
    const answers =
      (remaining: number): NextCall =>
      ({ onAnswer }) => {
        const headers = {
          'x-ratelimit-limit': '100',
          'x-ratelimit-remaining': String(remaining),
          'x-ratelimit-reset': '60',
        };
        onAnswer?.({ status: 200, headers });
        return Promise.resolve(ok('made'));
      };
    beforeEach(() => (quotas.quotas = [sampleQuota({ limit: 1_000, windowMs: 60_000, told })]));

    it('wins over our count', async () => {
      await run(background, answers(0));

      expect(await run(background)).toMatchObject({ deferred: 'quota', retryAfterMs: 60_005 });
    });

    it.each([
      [[21, 20], []],
      [[20], []],
      [[20, 19, 18], [['quotaLow', { limit: 100, remaining: 19 }]]],
    ])('warns once for %j left of 100: below a fifth, not at exactly a fifth', async (left, warnings) => {
      for (const remaining of left) await run(background, answers(remaining));

      expect(decisions.told).toEqual(warnings);
    });
  });
});
