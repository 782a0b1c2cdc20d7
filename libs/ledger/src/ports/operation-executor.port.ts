import type { CancelSignal, DeferredOutcome, Failure, Outcome, Reconciliation, TryRecord } from '@puente/kernel';
import type { ClaimedOperation } from '../operation';

/** What came of running a claimed operation: an outcome of the call, or the provider's answer to our question. */
export type ExecutionResult =
  | { readonly kind: 'called'; readonly outcome: Outcome }
  | { readonly kind: 'asked'; readonly answer: Reconciliation }
  /** The question itself failed; the operation stays unknown. */
  | { readonly kind: 'ask_failed'; readonly outcome: Outcome }
  /** Nothing was called or asked: lane, quota or cap say not now. */
  | { readonly kind: 'deferred'; readonly failure: DeferredOutcome }
  /** Nothing was called or asked: the tenant is suspended. */
  | { readonly kind: 'withheld'; readonly failure: Failure };

export interface Execution {
  readonly result: ExecutionResult;
  readonly tries: readonly TryRecord[];
}

/**
 * Runs one claimed operation through the call pipeline. The gateway implements it; the dispatcher only knows this.
 * It answers and does not throw. `signal` aborts when the lease is lost.
 */
export abstract class OperationExecutor {
  abstract execute(operation: ClaimedOperation, signal: CancelSignal): Promise<Execution>;
  /** Ceiling of one try of this operation in milliseconds; a try is not begun when the lease is shorter. */
  abstract timeoutMs(operation: ClaimedOperation): number;
}
