import { Injectable } from '@nestjs/common';
import {
  CallDecisions,
  type CallInterceptor,
  changedCall,
  Cancellation,
  Clock,
  type NextCall,
  notSent,
  type Outcome,
  type ProviderCall,
} from '@puente/kernel';

/** Node's timers fire at once when asked for more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Begins no call for which nobody waits any more. A read in flight is aborted at the deadline. A write in flight is not:
 * whoever waits for it goes away with the operation's id, and its late success is kept; only its own ceiling
 * ({@link TimeoutInterceptor}) ends it.
 */
@Injectable()
export class DeadlineInterceptor implements CallInterceptor {
  constructor(
    private readonly clock: Clock,
    private readonly decisions: CallDecisions,
  ) {}

  intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    if (call.deadlineMs === undefined) return next(call);
    const leftMs = call.deadlineMs - this.clock.monotonicMs();
    if (leftMs <= 0) {
      this.decisions.refusedTooLate(call, Math.abs(leftMs));
      return Promise.resolve(notSent('deadline'));
    }
    return asks(call) ? this.askWithin(leftMs, call, next) : next(call);
  }

  private async askWithin(leftMs: number, call: ProviderCall, next: NextCall): Promise<Outcome> {
    const deadline = new Cancellation(call.signal);
    const cancel = this.clock.after(Math.min(leftMs, LONGEST_TIMER_MS), () => {
      this.decisions.abortedAtDeadline(call);
      deadline.abort();
    });
    try {
      return await next(changedCall(call, { signal: deadline }));
    } finally {
      cancel();
      deadline.unlink();
    }
  }
}

/** Whether the call only looks: then nothing is lost by giving up on it. */
function asks(call: ProviderCall): boolean {
  return call.effect === 'read' || call.mode !== 'call';
}
