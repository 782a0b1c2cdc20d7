/** How a kind of traffic behaves when it fails. One row per kind; no policy lives elsewhere. */
export interface Policy {
  /** Ceiling of one try. Shorter than a lease, see `LEASE_MS`. */
  readonly timeoutMs: number;
  /** Full jitter: each wait is uniform in [0, min(capMs, baseMs * 2^n)]. The 429 ladder is the directive's own and not set here. */
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
  /**
   * Waits of a background operation, one per retry; it replaces the ladder of the retry table (DESIGN §4), never its
   * verdicts. For traffic that must outlive an outage of the provider.
   */
  readonly schedule?: readonly number[];
  /** How far away a Retry-After may send one operation; left out: `RETRY_AFTER_CAP_MS`. */
  readonly retryAfterCapMs?: number;
  /** Consecutive transient failures of a lane that open its circuit, and for how long it opens the first time. */
  readonly breaker: { readonly after: number; readonly openMs: number };
  /** Calls of one lane that people wait for, at a time in one process, where the lane has no smaller cap. */
  readonly inFlight: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** 79 minutes in all. */
// prettier-ignore
const OUTLASTS_AN_OUTAGE = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE] as const;

/** 75.6 hours in all: a receiver that breaks on Friday evening is repaired on Monday morning. */
// prettier-ignore
const OUTLASTS_A_WEEKEND = [5_000, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR] as const;

// prettier-ignore
export const policies = {
  interactive: { timeoutMs:  3_000, backoff: { baseMs:   100, capMs:     500 }, breaker: { after:  5, openMs:  10_000 }, inFlight: 50 },
  payment:     { timeoutMs: 15_000, backoff: { baseMs:   500, capMs:   4_000 }, breaker: { after:  5, openMs:  30_000 }, inFlight: 20 },
  messaging:   { timeoutMs: 10_000, backoff: { baseMs:   250, capMs:  60_000 }, breaker: { after: 10, openMs:  30_000 }, schedule: OUTLASTS_AN_OUTAGE, inFlight: 50 },
  compute:     { timeoutMs: 15_000, backoff: { baseMs:   250, capMs:  60_000 }, breaker: { after: 10, openMs:  30_000 }, schedule: OUTLASTS_AN_OUTAGE, inFlight: 50 },
  accounting:  { timeoutMs: 20_000, backoff: { baseMs: 1_000, capMs: 300_000 }, breaker: { after:  5, openMs:  30_000 }, schedule: OUTLASTS_A_WEEKEND, inFlight: 4 },
  bulk:        { timeoutMs: 15_000, backoff: { baseMs: 1_000, capMs: 300_000 }, breaker: { after: 20, openMs: 120_000 }, inFlight: 10 },
  webhook:     { timeoutMs: 20_000, backoff: { baseMs: 1_000, capMs: 300_000 }, breaker: { after: 10, openMs:  30_000 }, schedule: OUTLASTS_A_WEEKEND, retryAfterCapMs: 24 * HOUR, inFlight: 10 },
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies;

/** @throws never: an unknown name in an old row falls back to `messaging`, the most patient one */
export function policyNamed(name: string): Policy {
  return Object.hasOwn(policies, name) ? policies[name as PolicyName] : policies.messaging;
}
