/**
 * What a call does to the outside, and so what may be done when its answer is lost (DESIGN §1.3).
 *
 * - `read`: nothing.   - `idempotent`: the provider deduplicates by our key, for as long as the operation declares.
 * - `reconcilable`: the provider can be asked afterwards.   - `once`: neither; never repeated silently.
 */
export const EFFECTS = ['read', 'idempotent', 'reconcilable', 'once'] as const;
export type Effect = (typeof EFFECTS)[number];

/** What a flow wants when a `once` call may have happened: wait for a person, repeat it (marked), or let it go. */
export const ON_UNKNOWN = ['review', 'resend', 'drop'] as const;
export type OnUnknown = (typeof ON_UNKNOWN)[number];

/** Why nothing left this machine: proof that there is no effect. `refused` is a 503 by the provider's own contract. */
export type NotSentCause = 'connect' | 'dns' | 'tls' | 'refused' | 'deadline';

/** Why we do not know: each of these may hide an effect. */
export type UnknownCause = 'server_error' | 'timeout' | 'reset' | 'bad_body' | 'crash' | 'internal';

/** What the provider said, kept as data. `message` is redacted before it gets here; it is for people, never for code. */
export interface Evidence {
  /** The provider's own code: `NotFound`, `card_declined`, `ThrottlingException`. */
  readonly code?: string | undefined;
  /** HTTP status, where there was one. */
  readonly status?: number | undefined;
  readonly message?: string | undefined;
}

/** Set by us and never taken from a provider's answer. */
export interface Withheld {
  /** Nothing was called, since the tenant is suspended. */
  readonly withheld?: true | undefined;
  /** Nothing was called in this try, since there were no credentials to call with. */
  readonly uncalled?: true | undefined;
}

/** Why we made no call this time: its lane is parked or asks one at a time, a quota or a cap is used up, retries are too many. */
export const DEFERRALS = ['lane', 'quota', 'bulkhead', 'budget'] as const;
export type Deferral = (typeof DEFERRALS)[number];

/** Set by us and never taken from a provider's answer: nothing was called. It is no try, and speaks of no provider. */
export interface Deferred {
  readonly deferred?: Deferral | undefined;
}

/**
 * The result of one try. Values, not exceptions: an exhaustive switch makes every caller meet `unknown`.
 *
 * - `not_sent`, `throttled`: nothing happened; try again.   - `unauthorized`: the tenant must fix the credentials.
 * - `rejected`: the provider said no; do not.               - `unknown`: it may have happened; ask before anything else.
 */
export type Outcome<T = unknown> =
  | { readonly kind: 'ok'; readonly output: T }
  | ({ readonly kind: 'rejected' } & Evidence)
  | ({ readonly kind: 'unauthorized' } & Withheld & Evidence)
  | ({ readonly kind: 'throttled'; readonly retryAfterMs?: number | undefined } & Deferred & Evidence)
  | ({ readonly kind: 'not_sent'; readonly cause: NotSentCause } & Evidence)
  | ({ readonly kind: 'unknown'; readonly cause: UnknownCause } & Evidence);

export type Failure = Exclude<Outcome, { kind: 'ok' }>;

/** The rows of the retry table (DESIGN §4): an `unknown` outcome is split by its cause. */
export type FailureClass =
  'throttled' | 'not_sent' | 'server_error' | 'timeout' | 'reset' | 'unauthorized' | 'rejected';

export function ok<T>(output: T): Outcome<T> {
  return { kind: 'ok', output };
}

export function unknown(cause: UnknownCause, evidence: Evidence = {}): Failure {
  return { kind: 'unknown', cause, ...evidence };
}

export function notSent(cause: NotSentCause, evidence: Evidence = {}): Failure {
  return { kind: 'not_sent', cause, ...evidence };
}

/** @param retryAfterMs when to ask again; the call is not made before */
export function deferred(reason: Deferral, retryAfterMs: number): DeferredOutcome {
  return { kind: 'throttled', deferred: reason, retryAfterMs: Math.max(0, Math.ceil(retryAfterMs)) };
}

export type DeferredOutcome = Extract<Outcome, { kind: 'throttled' }> & {
  readonly deferred: Deferral;
  readonly retryAfterMs: number;
};

export function isDeferred(outcome: Outcome): outcome is DeferredOutcome {
  return outcome.kind === 'throttled' && outcome.deferred !== undefined;
}

/** Which row of the retry table a failure belongs to. An unreadable body and a crash count as a reset after sending. */
export function failureClass(failure: Failure): FailureClass {
  if (failure.kind !== 'unknown') return failure.kind;
  switch (failure.cause) {
    case 'server_error':
    case 'timeout':
      return failure.cause;
    case 'reset':
    case 'bad_body':
    case 'crash':
    case 'internal':
      return 'reset';
  }
}

/** Whether the try behind this outcome may have had an effect outside. */
export function mayHaveBeenSent(outcome: Outcome): boolean {
  return outcome.kind === 'unknown';
}

/** What asking the provider afterwards can answer (DESIGN §3, `reconcile`). */
export type Reconciliation<T = unknown> =
  { readonly kind: 'applied'; readonly output: T } | { readonly kind: 'absent' } | { readonly kind: 'pending' };
