import {
  type CancelSignal,
  type NextCall,
  notSent,
  ok,
  type Outcome,
  type ProviderCall,
  unknown,
} from '@puente/kernel';
import { ManualClock } from '../../../../test/support/manual-clock';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { sampleCall } from './call.fixture';
import { ABORT_GRACE_MS, TimeoutInterceptor } from './timeout.interceptor';

const TIMEOUT_MS = 3_000; // of the policy `interactive`

describe('TimeoutInterceptor', () => {
  let clock: ManualClock;
  let decisions: ToldDecisions;
  beforeEach(() => {
    clock = new ManualClock();
    decisions = new ToldDecisions();
  });

  const start = (next: NextCall, over: Partial<ProviderCall> = {}) => {
    const call = sampleCall(over);
    return { call, running: new TimeoutInterceptor(clock, decisions).intercept(call, next) };
  };
  /** Ends `afterMs` after it was aborted. */
  const endsAfterAbort =
    (afterMs: number, outcome: Outcome): NextCall =>
    async ({ signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await clock.sleep(afterMs);
      return outcome;
    };

  it('leaves a try alone that is quick enough', async () => {
    let signal: CancelSignal | undefined;
    const { call, running } = start(async (inner) => {
      signal = inner.signal;
      await clock.sleep(TIMEOUT_MS - 1);
      return ok('done');
    });

    await clock.advance(TIMEOUT_MS);

    expect(await running).toEqual(ok('done'));
    expect(signal?.aborted).toBe(false);
    expect(decisions.told).toEqual([]);
    expect(call.tries).toEqual([{ startedAt: new Date('2026-01-01T00:00:00Z'), durationMs: 2_999, outcome: 'ok' }]);
  });

  it('keeps a success that comes after the abort', async () => {
    const { call, running } = start(endsAfterAbort(ABORT_GRACE_MS - 1, ok('late')));

    await clock.advance(TIMEOUT_MS + ABORT_GRACE_MS);

    expect(await running).toEqual(ok('late'));
    expect(decisions.told).toEqual([['timedOut', { timeoutMs: TIMEOUT_MS, late: true }]]);
    expect(call.tries).toMatchObject([{ outcome: 'ok', durationMs: TIMEOUT_MS + ABORT_GRACE_MS - 1 }]);
  });

  it.each<[string, Outcome, Outcome]>([
    ['proves that nothing was sent', notSent('connect'), notSent('connect')],
    ['brings a refusal', { kind: 'rejected', code: 'no' }, { kind: 'rejected', code: 'no' }],
    ['brings a server error', unknown('server_error', { status: 500 }), unknown('server_error', { status: 500 })],
    ['reports our own abort', unknown('reset', { code: 'ABORT_ERR' }), unknown('timeout', { code: 'ABORT_ERR' })],
    ['reports a fault of its own', unknown('internal'), unknown('timeout')],
  ])('believes what the aborted try %s', async (_what, said, believed) => {
    const { running } = start(endsAfterAbort(0, said));

    await clock.advance(TIMEOUT_MS);

    expect(await running).toEqual(believed);
  });

  it('is unknown when nothing comes in time after the abort, and does not wait for ever', async () => {
    const { call, running } = start(() => new Promise(() => undefined));

    await clock.advance(TIMEOUT_MS + ABORT_GRACE_MS);

    expect(await running).toEqual(unknown('timeout'));
    expect(decisions.told).toEqual([['timedOut', { timeoutMs: TIMEOUT_MS, late: false }]]);
    expect(call.tries).toMatchObject([{ outcome: 'unknown', failure: { cause: 'timeout' } }]);
  });

  it('ends soon after the caller aborts: a lost lease', async () => {
    const lease = new AbortController();
    const removed = jest.spyOn(lease.signal, 'removeEventListener');
    const { running } = start(endsAfterAbort(10, unknown('reset')), { signal: lease.signal });

    await clock.advance(100);
    lease.abort();
    await clock.advance(10);

    expect(await running).toEqual(unknown('timeout'));
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(decisions.told).toEqual([]); // it did not take too long
  });

  it('does not begin for a caller who has gone already: nothing was sent', async () => {
    const next = jest.fn<ReturnType<NextCall>, Parameters<NextCall>>();
    const { call, running } = start(next, { signal: AbortSignal.abort() });

    expect(await running).toEqual(notSent('deadline'));
    expect(next).not.toHaveBeenCalled();
    expect(call.tries).toEqual([]);
  });

  it('turns an exception from below into an unknown outcome', async () => {
    const { running } = start(() => Promise.reject(new Error('a bug')));

    expect(await running).toEqual(unknown('internal'));
  });

  it('records what a question was answered', async () => {
    const { call, running } = start(async () => ok({ kind: 'absent' }), { mode: 'reconcile' });
    await running;

    expect(call.tries).toMatchObject([{ outcome: 'absent' }]);
  });
});
