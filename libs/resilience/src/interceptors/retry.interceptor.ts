import { Injectable } from '@nestjs/common';
import {
  CallDecisions,
  type CallInterceptor,
  Clock,
  type Failure,
  failureClass,
  type NextCall,
  type Outcome,
  type ProviderCall,
  Random,
  type RetryDecision,
} from '@puente/kernel';
import { retryWait } from '../backoff';
import { type Policy, policyNamed } from '../policies';
import { retryRule } from '../retry-table';

/**
 * Repeats inside the process where that is safe and somebody waits: reads, and tries of any effect that are proven not
 * sent. Everything else is the ledger's: the durable row is the retry loop (DESIGN §4).
 *
 * A wait that would pass the deadline is not begun: the failure is answered at once, while it is still of use.
 */
@Injectable()
export class RetryInterceptor implements CallInterceptor {
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly decisions: CallDecisions,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    for (let retry = 1; ; retry += 1) {
      const outcome = await next(retry === 1 ? call : { ...call, attempt: call.attempt + retry - 1 });
      if (outcome.kind === 'ok' || !call.waitsInProcess || !isSafe(call, outcome)) return outcome;
      const decided = this.nextRetry(retry, call, outcome);
      if (!decided) return outcome;
      this.decisions.retryScheduled(call, decided);
      await this.clock.sleep(decided.waitMs, call.signal);
      if (call.signal.aborted) {
        this.decisions.retryGivenUp(call, outcome, 'caller_gone');
        return outcome;
      }
    }
  }

  /** @returns undefined when the table allows no further retry, or nobody would wait for it */
  private nextRetry(retry: number, call: ProviderCall, failure: Failure): RetryDecision | undefined {
    const { verdict, retries, wait } = retryRule(call.effect, failureClass(failure));
    if (verdict !== 'retry') return undefined;
    if (retry > retries) {
      this.decisions.retryGivenUp(call, failure, 'used_up');
      return undefined;
    }
    const retryAfterMs = failure.kind === 'throttled' ? failure.retryAfterMs : undefined;
    const waitMs = retryWait(wait, inProcess(policyNamed(call.policy)), retry, this.random, retryAfterMs);
    if (this.passesDeadline(waitMs, call)) {
      this.decisions.retryGivenUp(call, failure, 'deadline');
      return undefined;
    }
    return { failure, retry, of: retries, waitMs };
  }

  private passesDeadline(waitMs: number, call: ProviderCall): boolean {
    return call.deadlineMs !== undefined && this.clock.monotonicMs() + waitMs >= call.deadlineMs;
  }
}

function isSafe(call: ProviderCall, failure: Failure): boolean {
  return call.effect === 'read' || failure.kind === 'not_sent' || failure.kind === 'throttled';
}

/** A schedule is for operations that wait in the ledger; a person who waits gets the table's few quick retries. */
function inProcess({ timeoutMs, backoff, breaker }: Policy): Policy {
  return { timeoutMs, backoff, breaker };
}
