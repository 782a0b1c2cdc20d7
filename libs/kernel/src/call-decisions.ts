import type { ProviderCall } from './call-interceptor';
import type { Failure } from './outcome';

/** What is known of a quota when something is decided by it. */
export interface QuotaDecision {
  /** The provider's limit in words, as its document has it; the name of a header where none is declared. */
  readonly limit: string;
  readonly waitMs: number;
}

/** A quota that runs out. `remaining` of `limit`, by the provider's own word where it gives one. */
export interface QuotaLow {
  readonly limit: number;
  readonly remaining: number;
}

export interface RetryDecision {
  readonly failure: Failure;
  /** 1 for the first retry. */
  readonly retry: number;
  /** How many the table allows for this failure. */
  readonly of: number;
  readonly waitMs: number;
}

/** Why a failed call is not repeated in the process although the table would: `no` is what the table itself says. */
export type NoRetry = 'used_up' | 'deadline' | 'caller_gone' | 'budget';

/**
 * Every decision that the shared interceptors take about a call: one method per event. A port, since the interceptors do
 * not know how things are logged and counted; `@puente/observability` implements it.
 *
 * A call that nothing was decided about tells nothing, so the hot path passes by here.
 */
export abstract class CallDecisions {
  /** Nobody waits for the answer any more: nothing was begun. */
  abstract refusedTooLate(call: ProviderCall, lateMs: number): void;
  /** A question was aborted at its deadline. */
  abstract abortedAtDeadline(call: ProviderCall): void;
  /** The quota is used up and there is time to wait for its reset. */
  abstract waitedForQuota(call: ProviderCall, quota: QuotaDecision): void;
  /** The quota is used up: no call; the operation waits in the ledger, or the caller is told to. */
  abstract deferredByQuota(call: ProviderCall, quota: QuotaDecision): void;
  /** The lane is parked or its circuit is open: no call. */
  abstract deferredByLane(call: ProviderCall, waitMs: number): void;
  /** As many calls of the lane as allowed are in flight, and as many wait. */
  abstract deferredByBulkhead(call: ProviderCall, waitMs: number): void;
  /** S4.4: less than a fifth of a quota is left. */
  abstract quotaLow(call: ProviderCall, quota: QuotaLow): void;
  abstract retryScheduled(call: ProviderCall, retry: RetryDecision): void;
  abstract retryGivenUp(call: ProviderCall, failure: Failure, why: NoRetry): void;
  /** A try took longer than its policy allows and was aborted. `late`: its answer came all the same. */
  abstract timedOut(call: ProviderCall, timeout: { readonly timeoutMs: number; readonly late: boolean }): void;
  /** The shared counters do not answer: each process counts for itself. */
  abstract quotaStoreLost(error: unknown): void;
  abstract quotaStoreBack(awayMs: number): void;
}
