import { deferred, type Failure, notSent, ok, type Outcome, type ProviderCall, unknown } from '@puente/kernel';
import { LeapingClock } from '../../../../test/support/manual-clock';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { policies } from '../policies';
import { type LaneLook, type LaneRef, type LaneReport, LaneStore } from '../ports/lane-store.port';
import { sampleCall } from './call.fixture';
import { CircuitBreakerInterceptor } from './circuit-breaker.interceptor';

/** A lane as the test says it is. */
class OneLane extends LaneStore {
  readonly reports: LaneReport[] = [];
  readonly probes: string[] = [];
  looks: LaneLook[] = [{ kind: 'free' }];
  answer: LaneLook | { readonly kind: 'probe' } = { kind: 'probe' };

  look(): LaneLook {
    return (this.looks.length > 1 ? this.looks.shift() : this.looks[0])!;
  }

  probe(_lane: LaneRef, callId: string) {
    this.probes.push(callId);
    return Promise.resolve(this.answer);
  }

  capOf(): undefined {
    return undefined;
  }

  report(_lane: LaneRef, report: LaneReport): void {
    this.reports.push(report);
  }
}

const parked = (retryAfterMs: number): LaneLook => ({ kind: 'parked', retryAfterMs });
const halfOpen = (retryAfterMs = 0): LaneLook => ({ kind: 'half_open', retryAfterMs });

describe('CircuitBreakerInterceptor', () => {
  let lane: OneLane;
  let clock: LeapingClock;
  let made: number;
  beforeEach(() => {
    [lane, clock, made] = [new OneLane(), new LeapingClock(), 0];
  });

  const run = (over: Partial<ProviderCall> = {}, outcome: Outcome = ok(1)): Promise<Outcome> =>
    new CircuitBreakerInterceptor(lane, clock, new ToldDecisions()).intercept(
      sampleCall({ policy: 'interactive', ...over }),
      async () => {
        made += 1;
        return outcome;
      },
    );

  it('calls in a free lane, and reports what came of it', async () => {
    expect(await run()).toEqual(ok(1));
    expect(lane.reports).toEqual([
      { verdict: 'answered', callId: 'operation-1', probe: false, breaker: policies.interactive.breaker },
    ]);
  });

  it('refuses at once where an open circuit has long to go', async () => {
    lane.looks = [parked(8_000)];
    expect(await run()).toEqual(deferred('lane', 8_000));
    expect([made, clock.sleeps, lane.reports]).toEqual([0, [], []]);
  });

  it('waits for a lane that opens soon, within the deadline', async () => {
    lane.looks = [parked(2_000), { kind: 'free' }];
    expect(await run({ deadlineMs: 2_001 })).toEqual(ok(1));
    expect(clock.sleeps).toEqual([2_000]);

    lane.looks = [parked(2_000)];
    expect(await run({ deadlineMs: clock.monotonicMs() + 2_000 })).toEqual(deferred('lane', 2_000));
    expect(made).toBe(1);
  });

  it('asks with one call when half open, and refuses the others', async () => {
    lane.looks = [halfOpen()];
    expect(await run()).toEqual(ok(1));
    expect([lane.probes, lane.reports]).toMatchObject([['operation-1'], [{ probe: true, verdict: 'answered' }]]);

    lane.answer = halfOpen(700);
    expect(await run()).toEqual(deferred('lane', 700));
    expect(made).toBe(1);
  });

  it('gives up a wait with its caller', async () => {
    lane.looks = [parked(2_000), { kind: 'free' }];
    expect(await run({ signal: AbortSignal.abort() })).toEqual(deferred('lane', 2_000));
    expect(made).toBe(0);
  });

  describe('of a background call', () => {
    const background = { waitsInProcess: false };

    it('goes by its claim, and leaves the judging to the settle', async () => {
      expect(await run(background)).toEqual(ok(1));
      lane.looks = [halfOpen()];
      expect(await run({ ...background, laneProbe: true })).toEqual(ok(1));
      expect([made, lane.reports, lane.probes]).toEqual([2, [], []]);
    });

    it.each([parked(1_500), halfOpen(1_500)])('goes back without a try when its lane has become %p', async (look) => {
      lane.looks = [look];
      expect(await run(background)).toEqual(deferred('lane', 1_500));
      expect([made, clock.sleeps]).toEqual([0, []]);
    });
  });

  it('lets tests of credentials pass, and learns nothing from them', async () => {
    lane.looks = [parked(60_000)];
    expect(await run({ mode: 'probe' }, unknown('timeout'))).toEqual(unknown('timeout'));
    expect(lane.reports).toEqual([]);
  });

  it.each<[Outcome, LaneReport['verdict']]>([
    [unknown('timeout'), 'failed'],
    [unknown('server_error'), 'failed'],
    [unknown('bad_body'), 'failed'],
    [notSent('connect'), 'failed'],
    [notSent('deadline'), 'silent'],
    [unknown('internal'), 'silent'],
    [{ kind: 'unauthorized' }, 'silent'],
    [{ kind: 'rejected' }, 'answered'],
    [deferred('quota', 5), 'silent'],
  ])('takes %p for %s', async (outcome, verdict) => {
    await run({}, outcome);
    expect(lane.reports).toMatchObject([{ verdict, probe: false }]);
    expect(lane.reports[0]).toMatchObject({ parkMs: undefined });
  });

  it('parks the lane for others when the provider asked for patience', async () => {
    const throttled = (retryAfterMs?: number): Failure => ({ kind: 'throttled', retryAfterMs });
    await run({ effect: 'read' }, throttled());
    await run({ effect: 'read' }, throttled(9_000));
    expect(lane.reports.map(({ parkMs }) => parkMs)).toEqual([1_000, 9_000]);
  });
});
