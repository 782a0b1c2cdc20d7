import { Injectable } from '@nestjs/common';
import {
  CallDecisions,
  type CallInterceptor,
  changedCall,
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
import { laneVerdict } from '../lane-verdict';
import { type Policy, policyNamed } from '../policies';
import { RetryBudgets } from '../retry-budgets';
import { retryRule } from '../retry-table';

/**
 * Repeats inside the process where that is safe and somebody waits: reads, and tries of any effect that are proven not
 * sent. Everything else is the ledger's: the durable row is the retry loop (DESIGN §4).
 *
 * A wait that would pass the deadline is not begun: the failure is answered at once, while it is still of use. So is a
 * failure for whose retry the lane has no budget left.
 */
@Injectable()
export class RetryInterceptor implements CallInterceptor {
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly budgets: RetryBudgets,
    private readonly decisions: CallDecisions,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    if (!call.waitsInProcess) return next(call);
    this.budgets.paidIn(call);
    for (let retry = 1; ; retry += 1) {
      const outcome = await next(retry === 1 ? call : changedCall(call, { attempt: call.attempt + retry - 1 }));
      if (retry > 1 && laneVerdict(outcome) === 'answered') this.budgets.refund(call);
      if (outcome.kind === 'ok' || !isSafe(call, outcome)) return outcome;
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
    // A 429 has its own ladder, and parks the lane; here it is about providers that do not answer.
    if (laneVerdict(failure) === 'failed' && !this.budgets.take(call)) {
      this.decisions.retryGivenUp(call, failure, 'budget');
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
function inProcess({ schedule: _, ...policy }: Policy): Policy {
  return policy;
}
