import { Injectable } from '@nestjs/common';
import {
  CallDecisions,
  type CallInterceptor,
  Clock,
  type NextCall,
  notSent,
  type Outcome,
  type ProviderCall,
  type Reconciliation,
  type TryRecord,
  unknown,
} from '@puente/kernel';
import { linkedAbort } from '../linked-abort';
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

  private async tryOnce(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const ceiling = linkedAbort(call.signal);
    const running = next({ ...call, signal: ceiling.signal }).catch(() => unknown('internal'));
    try {
      const { timeoutMs } = policyNamed(call.policy);
      const inTime = await this.within(timeoutMs, running, call.signal);
      if (inTime) return inTime;
      const isAborted = call.signal.aborted;
      ceiling.abort(new DOMException('The call took too long', 'TimeoutError'));
      const late = await this.within(ABORT_GRACE_MS, running);
      const known = late ? asKnownLate(late) : unknown('timeout');
      // Whoever aborted the call has told why.
      if (!isAborted) this.decisions.timedOut(call, { timeoutMs, late: known.kind === 'ok' });
      return known;
    } finally {
      ceiling.unlink();
    }
  }

  /** @returns undefined when the time is over first, or when `signal` aborts */
  private async within(ms: number, running: Promise<Outcome>, signal?: AbortSignal): Promise<Outcome | undefined> {
    const settled = signal ? linkedAbort(signal) : linkedAbort(new AbortController().signal);
    try {
      return await Promise.race([running, this.clock.sleep(ms, settled.signal).then(() => undefined)]);
    } finally {
      settled.abort('settled'); // a reason of our own: the default one is an exception with a stack, made for nobody
      settled.unlink();
    }
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
