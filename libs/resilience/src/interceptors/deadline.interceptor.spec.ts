import { type NextCall, ok, type ProviderCall } from '@puente/kernel';
import { ManualClock } from '../../../../test/support/manual-clock';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { sampleCall } from './call.fixture';
import { DeadlineInterceptor } from './deadline.interceptor';

/** A call that ends when it is aborted, or never. */
const hanging: NextCall = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(ok('aborted')), { once: true }));

describe('DeadlineInterceptor', () => {
  const clock = new ManualClock();
  const decisions = new ToldDecisions();
  beforeEach(() => (decisions.told.length = 0));

  const run = (call: ProviderCall, next: NextCall) => new DeadlineInterceptor(clock, decisions).intercept(call, next);

  it('begins nothing when it is too late', async () => {
    const next = jest.fn<ReturnType<NextCall>, Parameters<NextCall>>();

    const outcome = await run(sampleCall({ deadlineMs: clock.monotonicMs() }), next);

    expect(outcome).toEqual({ kind: 'not_sent', cause: 'deadline' });
    expect(next).not.toHaveBeenCalled();
    expect(decisions.told).toEqual([['refusedTooLate', 0]]);
  });

  it.each<Partial<ProviderCall>>([{ effect: 'read' }, { effect: 'reconcilable', mode: 'reconcile' }])(
    'aborts a question at the deadline, not earlier: %p',
    async (question) => {
      const running = run(sampleCall({ ...question, deadlineMs: clock.monotonicMs() + 500 }), hanging);
      const over = jest.fn();
      void running.then(over);

      await clock.advance(499);
      expect(over).not.toHaveBeenCalled();
      await clock.advance(1);
      expect(await running).toEqual(ok('aborted'));
      expect(decisions.told).toEqual([['abortedAtDeadline']]);
    },
  );

  it('never aborts a write in flight: its late success would be lost', async () => {
    let inFlight: ProviderCall | undefined;
    const running = run(sampleCall({ effect: 'once', deadlineMs: clock.monotonicMs() + 500 }), async (call) => {
      inFlight = call;
      await clock.sleep(2_000);
      return ok('late');
    });

    await clock.advance(2_000);

    expect(await running).toEqual(ok('late'));
    expect(inFlight?.signal.aborted).toBe(false);
  });

  it('hands on the abort of whoever called, and leaves no listener behind', async () => {
    const lease = new AbortController();
    const removed = jest.spyOn(lease.signal, 'removeEventListener');
    const running = run(sampleCall({ effect: 'read', deadlineMs: 1e9, signal: lease.signal }), hanging);

    lease.abort();

    expect(await running).toEqual(ok('aborted'));
    expect(removed).toHaveBeenCalledTimes(1);
    await clock.advance(2e9);
    expect(decisions.told).toEqual([]);
  });

  it('knows deadlines further away than a timer reaches', async () => {
    const far = clock.monotonicMs() + 1e12;

    expect(await run(sampleCall({ effect: 'read', deadlineMs: far }), async () => ok(1))).toEqual(ok(1));
    expect(Math.max(...clock.sleeps)).toBe(2 ** 31 - 1);
  });
});
