import { Injectable } from '@nestjs/common';
import {
  CallDecisions,
  type CallInterceptor,
  Clock,
  deferred,
  isDeferred,
  type NextCall,
  type Outcome,
  type ProviderCall,
} from '@puente/kernel';
import { parkWait } from '../backoff';
import { laneVerdict } from '../lane-verdict';
import { policyNamed } from '../policies';
import { type LaneLook, LaneStore } from '../ports/lane-store.port';

/** A caller who waits is kept for a lane that opens this soon; behind an open circuit nobody should queue. */
const PATIENCE_MS = 5_000;

/**
 * Makes no call in a lane that is parked or whose circuit is open, except for the one probe when it is half open. The
 * others are refused at once: waiting for the probe, as breakers in libraries do, would only gather a crowd.
 *
 * A background call was admitted by its claim and is judged by its settle. It is looked at here once more, since the
 * lane may have opened while it waited in its worker: what was claimed ahead of need goes back without a try.
 *
 * Outside of the retries, so that what happens within one call counts once.
 */
@Injectable()
export class CircuitBreakerInterceptor implements CallInterceptor {
  constructor(
    private readonly lanes: LaneStore,
    private readonly clock: Clock,
    private readonly decisions: CallDecisions,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    if (call.mode === 'probe' || call.laneProbe === true) return next(call);
    const seen = this.lanes.look(call);
    if (!call.waitsInProcess) return seen.kind === 'free' ? next(call) : this.refused(call, seen.retryAfterMs);
    const now = seen.kind === 'parked' ? await this.outlasted(call, seen.retryAfterMs) : seen;
    const admission = now.kind === 'half_open' ? await this.lanes.probe(call, call.dedupeKey) : now;
    if (admission.kind === 'parked' || admission.kind === 'half_open')
      return this.refused(call, admission.retryAfterMs);
    return this.judged(call, admission.kind === 'probe', next);
  }

  private refused(call: ProviderCall, waitMs: number): Outcome {
    this.decisions.deferredByLane(call, waitMs);
    return deferred('lane', waitMs);
  }

  /** Waits, once, for a lane that opens soon. */
  private async outlasted(call: ProviderCall, waitMs: number): Promise<LaneLook> {
    if (waitMs <= PATIENCE_MS && !this.passesDeadline(waitMs, call)) await this.clock.sleep(waitMs, call.signal);
    return call.signal.aborted ? { kind: 'parked', retryAfterMs: waitMs } : this.lanes.look(call);
  }

  private async judged(call: ProviderCall, probe: boolean, next: NextCall): Promise<Outcome> {
    const outcome = await next(call);
    const { breaker } = policyNamed(call.policy);
    const parkMs = parkOf(outcome);
    this.lanes.report(call, { verdict: laneVerdict(outcome), callId: call.dedupeKey, probe, breaker, parkMs });
    return outcome;
  }

  private passesDeadline(waitMs: number, call: ProviderCall): boolean {
    return call.deadlineMs !== undefined && this.clock.monotonicMs() + waitMs >= call.deadlineMs;
  }
}

/** A 429 that outlasted the retries: the lane waits at least as long as the ladder's first step. */
function parkOf(outcome: Outcome): number | undefined {
  if (outcome.kind !== 'throttled' || isDeferred(outcome)) return undefined;
  return parkWait(outcome.retryAfterMs);
}
