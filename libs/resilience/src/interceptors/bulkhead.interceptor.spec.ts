import { deferred, ok, type Outcome, type ProviderCall } from '@puente/kernel';
import { FreeLanes } from '../../../../test/support/free-lanes';
import { ManualClock } from '../../../../test/support/manual-clock';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { policies } from '../policies';
import { BulkheadInterceptor } from './bulkhead.interceptor';
import { sampleCall } from './call.fixture';

describe('BulkheadInterceptor', () => {
  let clock: ManualClock;
  let lanes: FreeLanes;
  let told: ToldDecisions;
  let bulkhead: BulkheadInterceptor;
  let running: (() => void)[];
  let most: number;
  beforeEach(() => {
    [clock, lanes, told, running, most] = [new ManualClock(), new FreeLanes(), new ToldDecisions(), [], 0];
    lanes.cap = 2;
    bulkhead = new BulkheadInterceptor(lanes, clock, told);
  });

  const call = (over: Partial<ProviderCall> = {}): Promise<Outcome> =>
    bulkhead.intercept(sampleCall({ deadlineMs: 5_000, ...over }), async () => {
      await new Promise<void>((resolve) => {
        running.push(resolve);
        most = Math.max(most, running.length);
      });
      return ok(1);
    });
  const end = async (n = 1): Promise<void> => {
    for (const resolve of running.splice(0, n)) resolve();
    await clock.advance(0);
  };

  it('lets as many in as the lane takes, as many again wait, and the rest is sent back', async () => {
    const calls = Array.from({ length: 5 }, () => call());
    await clock.advance(0);

    expect(running).toHaveLength(2);
    expect(await calls[4]).toEqual(deferred('bulkhead', 1_000));
    expect(told.events).toEqual(['deferredByBulkhead']);
    await end(2);
    expect(running).toHaveLength(2);
    await end(2);
    expect(await Promise.all(calls.slice(0, 4))).toEqual(Array(4).fill(ok(1)));
    expect(most).toBe(2);
  });

  it('serves who waited longest first, and frees places of calls that fail', async () => {
    const first = call().catch((error: unknown) => error);
    void call();
    const order: string[] = [];
    void call({ dedupeKey: 'a' }).then(() => order.push('a'));
    void call({ dedupeKey: 'b' }).then(() => order.push('b'));
    await clock.advance(0);
    await end(1);
    await first;
    await end(3);
    await end(1);
    expect(order).toEqual(['a', 'b']);
    void call();
    await clock.advance(0);
    expect(running).toHaveLength(1);
  });

  it('gives up at the deadline and when the caller goes, without taking a place along', async () => {
    const caller = new AbortController();
    void call();
    void call();
    const late = call();
    const gone = call({ signal: caller.signal });
    await clock.advance(0);
    caller.abort();
    expect(await gone).toEqual(deferred('bulkhead', 1_000));
    await clock.advance(5_000);
    expect(await late).toEqual(deferred('bulkhead', 1_000));
    await end(2);
    expect(running).toHaveLength(0);
    void call({ deadlineMs: 20_000 });
    void call({ deadlineMs: 20_000 });
    await clock.advance(0);
    expect(running).toHaveLength(2);
  });

  it('keeps lanes apart: one that hangs takes nobody else’s places', async () => {
    for (let n = 0; n < 6; n++) void call();
    void call({ laneKey: 'other' });
    void call({ tenantId: 'other' });
    await clock.advance(0);
    expect(running).toHaveLength(4);
  });

  it('takes the policy’s number where nobody declares one', async () => {
    lanes.cap = undefined;
    for (let n = 0; n < 200; n++) void call({ policy: 'payment' });
    await clock.advance(0);
    expect(running).toHaveLength(policies.payment.inFlight);
  });

  it('counts neither background calls nor tests of credentials', async () => {
    for (let n = 0; n < 9; n++) void call({ waitsInProcess: false });
    for (let n = 0; n < 9; n++) void call({ mode: 'probe' });
    await clock.advance(0);
    expect(running).toHaveLength(18);
  });
});
