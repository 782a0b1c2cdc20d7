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
  type Reconciliation,
  type TryRecord,
  unknown,
} from '@puente/kernel';
import { policyNamed } from '../policies';

/** How long an aborted try may take to say what it knows. A lease must outlast a policy's timeout by more than this. */
export const ABORT_GRACE_MS = 1_000;

/**
 * Ends a try that takes longer than its policy allows. It aborts and then listens a little longer: an answer that comes
 * after all is the truth, and throwing a late success away would make an unknown outcome out of a known one. Only when
 * nothing definite comes is the outcome `unknown(timeout)`.
 *
 * The innermost shared link, so each pass through it is one try: it writes the {@link TryRecord}.
 */
@Injectable()
export class TimeoutInterceptor implements CallInterceptor {
  constructor(
    private readonly clock: Clock,
    private readonly decisions: CallDecisions,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    if (call.signal.aborted) return notSent('deadline');
    const startedAt = this.clock.now();
    const startedMs = this.clock.monotonicMs();
    const outcome = await this.tryOnce(call, next);
    call.tries.push(recordOf(call, outcome, startedAt, this.clock.monotonicMs() - startedMs));
    return outcome;
  }

  /** One promise, one timer and one light signal: every call of a worker passes here. */
  private tryOnce(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const { timeoutMs } = policyNamed(call.policy);
    const untilMs = this.clock.monotonicMs() + timeoutMs;
    const ceiling = new Cancellation(call.signal, () => this.clock.monotonicMs() >= untilMs);
    return new Promise((resolve) => {
      let given: 'time' | 'aborted' | undefined;
      const giveUp = (): void => {
        if (given) return;
        given = call.signal.aborted ? 'aborted' : 'time';
        cancelTimer();
        ceiling.abort(new DOMException('The call took too long', 'TimeoutError'));
        cancelTimer = this.clock.after(ABORT_GRACE_MS, () => end(unknown('timeout')));
      };
      const end = (outcome: Outcome): void => {
        cancelTimer();
        call.signal.removeEventListener('abort', giveUp);
        ceiling.unlink();
        const known = given ? asKnownLate(outcome) : outcome;
        // Whoever aborted the call has told why.
        if (given === 'time') this.decisions.timedOut(call, { timeoutMs, late: known.kind === 'ok' });
        resolve(known);
      };
      let cancelTimer = this.clock.after(timeoutMs, giveUp);
      call.signal.addEventListener('abort', giveUp, { once: true });
      next(changedCall(call, { signal: ceiling })).then(end, () => end(unknown('internal')));
    });
  }
}

/** An answer of the provider stays what it is. What only reports our own abort says no more than that time ran out. */
function asKnownLate(outcome: Outcome): Outcome {
  if (outcome.kind !== 'unknown') return outcome;
  const answered = outcome.cause === 'server_error' || outcome.cause === 'bad_body';
  return answered ? outcome : { ...outcome, cause: 'timeout' };
}

function recordOf(call: ProviderCall, outcome: Outcome, startedAt: Date, durationMs: number): TryRecord {
  if (outcome.kind !== 'ok') return { startedAt, durationMs, outcome: outcome.kind, failure: outcome };
  const label = call.mode === 'reconcile' ? (outcome.output as Reconciliation).kind : 'ok';
  return { startedAt, durationMs, outcome: label };
}
