import type { Effect, FailureClass } from '@puente/kernel';

/**
 * What follows from a failed try.
 *
 * - `retry`: try again after a wait, at most `retries` times in all (the same dedupe key for idempotent calls).
 * - `pause`: the lane waits until the credentials are mended; no attempt is burned.
 * - `ask`: the outcome is unknown; wait `settleMs`, then reconcile with the provider.
 * - `decide`: the outcome is unknown and nobody can be asked; the operation's `onUnknown` decides.
 * - `stop`: the provider refused; do not try again.
 */
export type Verdict = 'retry' | 'pause' | 'ask' | 'decide' | 'stop';

export interface RetryRule {
  readonly verdict: Verdict;
  /** Retries after the first try; 0 unless the verdict is `retry`. */
  readonly retries: number;
  /** `ladder`: 1 s, 2 s, 4 s, upward jitter, a longer Retry-After wins. `backoff`: the policy's full jitter. `none`: at once. */
  readonly wait: 'ladder' | 'backoff' | 'none';
}

const again = (retries: number, wait: RetryRule['wait'] = 'backoff'): RetryRule => ({
  verdict: 'retry',
  retries,
  wait,
});
const ends = (verdict: Exclude<Verdict, 'retry'>): RetryRule => ({ verdict, retries: 0, wait: 'none' });

/** The table of DESIGN §4, the one place where a failure is turned into a decision. */
// prettier-ignore
const TABLE: Readonly<Record<FailureClass, Readonly<Record<Effect, RetryRule>>>> = {
  throttled:    { read: again(3, 'ladder'), idempotent: again(3, 'ladder'), reconcilable: again(3, 'ladder'), once: again(3, 'ladder') },
  not_sent:     { read: again(3),           idempotent: again(3),           reconcilable: again(3),           once: again(3) },
  server_error: { read: again(3),           idempotent: again(3),           reconcilable: ends('ask'),        once: ends('decide') },
  timeout:      { read: again(1, 'none'),   idempotent: again(1, 'none'),   reconcilable: ends('ask'),        once: ends('decide') },
  reset:        { read: again(1),           idempotent: again(1),           reconcilable: ends('ask'),        once: ends('decide') },
  unauthorized: { read: ends('pause'),      idempotent: ends('pause'),      reconcilable: ends('pause'),      once: ends('pause') },
  rejected:     { read: ends('stop'),       idempotent: ends('stop'),       reconcilable: ends('stop'),       once: ends('stop') },
};

export function retryRule(effect: Effect, failure: FailureClass): RetryRule {
  return TABLE[failure][effect];
}
