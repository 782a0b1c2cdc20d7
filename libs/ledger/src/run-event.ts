import { type DeferredOutcome, type Failure, isDeferred, type Outcome, type Reconciliation } from '@puente/kernel';

/** What can happen to a running operation. */
export type RunEvent =
  | { readonly kind: 'called'; readonly outcome: Outcome }
  | { readonly kind: 'asked'; readonly answer: Reconciliation }
  | { readonly kind: 'ask_failed'; readonly outcome: Outcome }
  /** Given back without a call: a drain, a lease too short to begin. */
  | { readonly kind: 'released' }
  /** Lane, quota or cap said not now; no call was made. */
  | { readonly kind: 'deferred'; readonly failure: DeferredOutcome }
  /** Its tenant was suspended after the claim; no call was made. */
  | { readonly kind: 'withheld'; readonly failure: Failure }
  /** About to repeat an idempotent call whose key the provider may have forgotten: see `keyWindowClosed`. */
  | { readonly kind: 'key_expired' }
  /** Claimed after its deadline; no call was made. */
  | { readonly kind: 'deadline_passed' }
  /** Its input does not decrypt; no call was made. */
  | { readonly kind: 'unreadable' }
  /** The lease ran out. `sent`: the write-ahead mark of the try was set. */
  | { readonly kind: 'crashed'; readonly sent: boolean };

/** `throttled`, `deferred:quota`, `not_sent:dns`, `unknown:timeout`: what `operations.failure` says. */
export function failureName(failure: Failure): string {
  if (isDeferred(failure)) return `deferred:${failure.deferred}`;
  return 'cause' in failure ? `${failure.kind}:${failure.cause}` : failure.kind;
}
