import {
  type DeferredOutcome,
  type Failure,
  type Outcome,
  type Random,
  type Reconciliation,
  failureClass,
  mayHaveBeenSent,
} from '@puente/kernel';
import {
  type Policy,
  RETRY_AFTER_CAP_MS,
  type RetryRule,
  fullJitter,
  ladderLength,
  ladderWait,
  parkWait,
  retriesAllowed,
  retryAfterFloor,
  retryRule,
  retryWait,
} from '@puente/resilience';
import type { ClaimedOperation, OperationState } from './operation';
import { type RunEvent, failureName } from './run-event';

/** Crashes after which an operation is not tried again: it kills whoever runs it. */
export const CRASH_CAP = 5;
/** Crashes after which it is claimed alone, so that it takes no neighbours with it (DESIGN §5, rule 3). */
export const QUARANTINE_AFTER = 2;
/** Questions about one call. With the waits below about a day; an operation's own deadline may end it sooner. */
export const ASK_LIMIT = 60;
const ASK_BACKOFF = { baseMs: 1_000, capMs: 3_600_000 };

/** The columns of an operation that decisions depend on. */
export type DecidedOn = Pick<
  ClaimedOperation,
  | 'effect'
  | 'onUnknown'
  | 'mode'
  | 'attempt'
  | 'crashes'
  | 'repeats'
  | 'maybeSent'
  | 'firstSentAt'
  | 'settleMs'
  | 'keyWindowMs'
  | 'deadlineAt'
> & {
  /** Questions asked about the last call so far. */
  readonly asks: number;
};

export type LaneAction = { readonly kind: 'park'; readonly forMs: number } | { readonly kind: 'pause' };

/** What the row becomes. Counters are the new values, not differences: the fence says that nobody wrote in between. */
export interface Decision {
  readonly state: OperationState;
  /** Until it is due again; 0 for settled ones. */
  readonly delayMs: number;
  readonly maybeSent: boolean;
  /** false: no call was made, or it was no fault of the operation: the claim's increment of `attempt` is taken back. */
  readonly burnAttempt: boolean;
  readonly repeats: number;
  readonly crashes: number;
  readonly asks: number;
  /** Nothing is outside under our key any more, or a new life of it begins: forget when it was sent first. */
  readonly forgetSent: boolean;
  readonly lane?: LaneAction;
  /** Kind of the failure: `throttled`, `unknown:timeout` … null when there was none. */
  readonly failure: string | null;
}

export interface DecisionContext {
  readonly policy: Policy;
  readonly random: Random;
  /** The database's clock, carried on monotonically since the claim. */
  readonly now: Date;
  /** Somebody waits for the answer: credentials that fail are told to them, not waited for. */
  readonly synchronous?: boolean;
}

/**
 * DESIGN §4's table as a function: pure, total, and the only place where an outcome becomes a state. Three rules hold
 * throughout: `maybeSent` is sticky until the provider or a person denies the effect; `rejected` and `exhausted` claim
 * that there is none, so they are out of reach while it is set; a refusal after a try that may have been sent is a
 * question, not an answer.
 */
export function decide(operation: DecidedOn, event: RunEvent, context: DecisionContext): Decision {
  return new Deciding(operation, context).on(event);
}

/** Whether the provider may have forgotten our key by the time a repeat sent now arrives: the call is like `once` then. */
export function keyWindowClosed(operation: DecidedOn, at: number, policy: Policy): boolean {
  const { effect, maybeSent, keyWindowMs, firstSentAt } = operation;
  if (effect !== 'idempotent' || !maybeSent || keyWindowMs === null || firstSentAt === null) return false;
  return at + policy.timeoutMs > firstSentAt.getTime() + keyWindowMs;
}

class Deciding {
  constructor(
    private readonly op: DecidedOn,
    private readonly context: DecisionContext,
  ) {}

  on(event: RunEvent): Decision {
    switch (event.kind) {
      case 'called':
        return event.outcome.kind === 'ok' ? this.settled('succeeded', null) : this.failed(event.outcome);
      case 'asked':
        return this.answered(event.answer);
      case 'ask_failed':
        return this.askFailed(event.outcome);
      case 'released':
        return this.givenBack();
      case 'deferred':
        return this.deferred(event.failure);
      case 'withheld':
        return this.withheld(event.failure);
      case 'key_expired':
        return this.uncalled(this.effectUnclear('key_expired', 0, true));
      case 'deadline_passed':
        return this.uncalled(this.usedUp('deadline'));
      case 'unreadable':
        return this.uncalled(this.settled('needs_review', 'input_unreadable'));
      case 'crashed':
        return this.crashed(event.sent);
    }
  }

  private failed(failure: Failure): Decision {
    const name = failureName(failure);
    const rule = retryRule(this.op.effect, failureClass(failure));
    const { random, policy } = this.context;
    switch (rule.verdict) {
      case 'retry': {
        const asked = failure.kind === 'throttled' ? failure.retryAfterMs : undefined;
        const waitMs = retryWait(rule.wait, policy, Math.max(1, this.op.attempt), random, asked);
        const decision = this.retried(name, rule, waitMs, this.op.maybeSent || mayHaveBeenSent(failure));
        if (failure.kind !== 'throttled') return decision;
        return { ...decision, lane: { kind: 'park', forMs: policy.schedule ? parkWait(asked) : waitMs } };
      }
      case 'ask':
        return this.toAsk(name);
      case 'decide':
        return this.effectUnclear(name, ladderWait(policy, Math.max(1, this.op.attempt), random), true);
      case 'pause':
        return this.refusedCredentials(name);
      case 'stop':
        return this.refused(name);
    }
  }

  private retried(failure: string, rule: RetryRule, waitMs: number, maybeSent: boolean): Decision {
    const { policy, now } = this.context;
    if (this.op.attempt > retriesAllowed(rule, policy)) return this.usedUp(failure, maybeSent);
    if (this.tooLate(waitMs)) return this.usedUp(failure, maybeSent);
    // Decided now and not at the retry: nobody should wait for a repeat that will not be made.
    if (keyWindowClosed({ ...this.op, maybeSent }, now.getTime() + waitMs, policy)) {
      return this.effectUnclear(failure, waitMs, true);
    }
    // Proof that nothing was ever sent also resets the provider's memory of our key.
    return { ...this.base(failure), state: 'queued', delayMs: waitMs, maybeSent, forgetSent: !maybeSent };
  }

  /** The call may have happened and nobody can be asked: the flow's `onUnknown`. */
  private effectUnclear(failure: string, waitMs: number, repeatable: boolean): Decision {
    const review = { ...this.base(failure), state: 'needs_review' as const, maybeSent: true };
    switch (this.op.onUnknown) {
      case 'review':
        return review;
      case 'drop':
        return { ...review, state: 'dropped' };
      case 'resend':
        if (!repeatable || this.op.attempt > ladderLength(this.context.policy) || this.tooLate(waitMs)) return review;
        return { ...review, state: 'queued', delayMs: waitMs, ...this.repeat() };
    }
  }

  private refused(failure: string): Decision {
    if (!this.op.maybeSent) return this.settled('rejected', failure);
    // The refusal may mean "already done". A repeat would meet the same refusal: `resend` waits for a person instead.
    return this.op.effect === 'reconcilable' ? this.toAsk(failure) : this.effectUnclear(failure, 0, false);
  }

  private refusedCredentials(failure: string): Decision {
    const lane = { kind: 'pause' } as const;
    if (this.context.synchronous && !this.op.maybeSent) return { ...this.settled('rejected', failure), lane };
    const forgetSent = !this.op.maybeSent;
    return { ...this.base(failure), state: 'queued', burnAttempt: this.asking, forgetSent, lane };
  }

  private toAsk(failure: string): Decision {
    return { ...this.base(failure), state: 'unknown', delayMs: this.op.settleMs, maybeSent: true, asks: 0 };
  }

  private answered(answer: Reconciliation): Decision {
    switch (answer.kind) {
      case 'applied':
        return this.settled('succeeded', null);
      case 'absent':
        return this.provenAbsent();
      case 'pending':
        return this.askAgain('unknown:pending');
    }
  }

  private provenAbsent(): Decision {
    const { policy, random } = this.context;
    const waitMs = fullJitter(policy.backoff, Math.max(1, this.op.attempt), random);
    const absent = { ...this.base('absent'), maybeSent: false, forgetSent: true, asks: 0 };
    if (this.op.attempt > ladderLength(policy) || this.tooLate(waitMs)) return { ...absent, state: 'exhausted' };
    return { ...absent, state: 'queued', delayMs: waitMs };
  }

  private askFailed(outcome: Outcome): Decision {
    if (outcome.kind === 'unauthorized') {
      return { ...this.base('unauthorized'), state: 'unknown', lane: { kind: 'pause' } };
    }
    if (outcome.kind === 'ok') return this.askAgain('unknown:pending');
    const again = this.askAgain(failureName(outcome), outcome.kind === 'throttled' ? outcome.retryAfterMs : undefined);
    return outcome.kind === 'throttled' ? { ...again, lane: { kind: 'park', forMs: again.delayMs } } : again;
  }

  private askAgain(failure: string, retryAfterMs?: number): Decision {
    const asks = this.op.asks + 1;
    const waitMs = Math.max(fullJitter(ASK_BACKOFF, asks, this.context.random), retryAfterFloor(retryAfterMs));
    if (asks >= ASK_LIMIT || this.tooLate(waitMs)) return { ...this.usedUp(failure, true), asks };
    return { ...this.base(failure), state: 'unknown', delayMs: waitMs, maybeSent: true, asks };
  }

  private givenBack(): Decision {
    const state = this.asking ? 'unknown' : 'queued';
    return this.uncalled({ ...this.base(null), state, forgetSent: !this.asking && !this.op.maybeSent });
  }

  /** No try and no fault: it waits as long as it was told, unless that is longer than anybody waits for it. */
  private deferred(failure: DeferredOutcome): Decision {
    const delayMs = Math.min(failure.retryAfterMs, RETRY_AFTER_CAP_MS);
    if (!this.asking && this.tooLate(delayMs)) return this.uncalled(this.usedUp(failureName(failure)));
    return { ...this.givenBack(), delayMs, failure: failureName(failure) };
  }

  /** The lane has done nothing wrong and is not paused: the claim leaves a suspended tenant's work alone. */
  private withheld(failure: Failure): Decision {
    if (!this.context.synchronous || this.op.maybeSent) return this.givenBack();
    return this.uncalled(this.settled('rejected', failureName(failure)));
  }

  /** `UPDATE` of the sweeper, in words: sql/sweep.ts does the same for a group, and a test compares them. */
  private crashed(sent: boolean): Decision {
    const crashes = this.op.crashes + 1;
    const maybeSent = this.op.maybeSent || sent;
    const base = { ...this.base('unknown:crash'), crashes, maybeSent };
    if (crashes >= CRASH_CAP) return { ...this.usedUp('unknown:crash', maybeSent), crashes };
    if (this.asking) return { ...base, state: 'unknown' };
    if (!sent) return { ...base, state: 'queued', burnAttempt: false, forgetSent: !maybeSent };
    if (this.op.effect === 'idempotent') return { ...base, state: 'queued' };
    if (this.op.effect === 'reconcilable') return { ...base, state: 'unknown', delayMs: this.op.settleMs, asks: 0 };
    if (this.op.onUnknown === 'review') return { ...base, state: 'needs_review' };
    if (this.op.onUnknown === 'drop') return { ...base, state: 'dropped' };
    return { ...base, state: 'queued', ...this.repeat() };
  }

  /** No more tries. That nothing happened may be claimed only if nothing can have. */
  private usedUp(failure: string, maybeSent = this.op.maybeSent): Decision {
    if (!maybeSent) return this.settled('exhausted', failure);
    const state = this.op.onUnknown === 'drop' ? 'dropped' : 'needs_review';
    return { ...this.settled(state, failure), maybeSent };
  }

  private uncalled(decision: Decision): Decision {
    return { ...decision, burnAttempt: this.asking, crashes: this.op.crashes };
  }

  private settled(state: OperationState, failure: string | null): Decision {
    return { ...this.base(failure), state };
  }

  private tooLate(waitMs: number): boolean {
    const { deadlineAt } = this.op;
    return deadlineAt !== null && this.context.now.getTime() + waitMs > deadlineAt.getTime();
  }

  /**
   * A call that ended by itself did not crash: the count of crashes begins anew. An answered question says nothing about
   * that: a call that kills whoever makes it would else be made again after each `absent`, with neighbours, for ever.
   */
  private base(failure: string | null): Omit<Decision, 'state'> & { state: OperationState } {
    const { maybeSent, repeats, asks } = this.op;
    const crashes = this.asking ? this.op.crashes : 0;
    return {
      state: 'queued',
      delayMs: 0,
      maybeSent,
      burnAttempt: true,
      repeats,
      crashes,
      asks,
      forgetSent: false,
      failure,
    };
  }

  /** A repeat on purpose, and marked. For an idempotent call it begins a new life of its key at the provider. */
  private repeat(): Pick<Decision, 'repeats' | 'forgetSent'> {
    return { repeats: this.op.repeats + 1, forgetSent: this.op.effect === 'idempotent' };
  }

  /** Questions do not count as tries: a claim in this mode does not raise `attempt`. */
  private get asking(): boolean {
    return this.op.mode === 'reconcile';
  }
}
