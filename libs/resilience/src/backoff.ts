import type { Random } from '@puente/kernel';
import type { Policy } from './policies';
import type { RetryRule } from './retry-table';

/** Waits after a 429: the directive's own (SYSTEMS S4.4). Its length is also how often a ladder repeats at most. */
export const LADDER_MS: readonly number[] = [1_000, 2_000, 4_000];

/** A provider may ask for more patience than we have; beyond this it is a mistake, or a date a century away. */
export const RETRY_AFTER_CAP_MS = 3_600_000;

/** Full jitter may draw zero; a retry is never sooner than this, so that a failing provider meets no tight loop. */
export const FLOOR_MS = 50;

/** How far a wait of a ladder or schedule is stretched at most: a crowd that failed together comes back apart. */
const STRETCH = 0.2;

/** Uniform in [w, 1.2 w]. For waits that promise a minimum: the 429 ladder, a policy's schedule. */
export function stretched(waitMs: number, random: Random): number {
  return Math.round(waitMs * (1 + STRETCH * random.next()));
}

/**
 * Full jitter: uniform in [0, min(cap, base × 2^(retry − 1))], with a small floor. Unlike decorrelated jitter it does
 * not gather at the cap (ADR 0007). `retry` is 1 before the second try.
 */
export function fullJitter(backoff: Policy['backoff'], retry: number, random: Random): number {
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.max(0, retry - 1));
  return Math.max(Math.min(FLOOR_MS, ceiling), Math.round(ceiling * random.next()));
}

/** A provider's Retry-After as a minimum: nonsense counts as nothing, and no provider parks us for longer than the cap. */
export function retryAfterFloor(retryAfterMs: number | undefined, capMs = RETRY_AFTER_CAP_MS): number {
  if (retryAfterMs === undefined || !(retryAfterMs > 0)) return 0;
  return Math.min(capMs, Math.ceil(retryAfterMs));
}

/**
 * How long a 429 parks the lane. Not for as long as the one operation waits that was answered so: the last steps of a
 * schedule are hours, and what came after it has nothing to do with them.
 */
export function parkWait(retryAfterMs: number | undefined): number {
  return Math.max(LADDER_MS[0] ?? 0, retryAfterFloor(retryAfterMs));
}

/** How many retries a rule allows under a policy: a schedule replaces the table's count, never its verdict. */
export function retriesAllowed(rule: RetryRule, policy: Policy): number {
  return rule.verdict === 'retry' && policy.schedule ? policy.schedule.length : rule.retries;
}

/** How many repeats a ladder has where the table names none: `onUnknown: resend`, a call proven absent. */
export function ladderLength(policy: Policy): number {
  return policy.schedule?.length ?? LADDER_MS.length;
}

/** Wait number `retry` (1 for the first) of the policy's schedule or of the ladder; past the end, the last one. */
export function ladderWait(policy: Policy, retry: number, random: Random): number {
  const steps = policy.schedule ?? LADDER_MS;
  return stretched(steps[Math.min(retry, steps.length) - 1] ?? 0, random);
}

/** The wait before retry number `retry` under a rule of the table. A longer Retry-After wins; a shorter one does not. */
export function retryWait(
  wait: RetryRule['wait'],
  policy: Policy,
  retry: number,
  random: Random,
  retryAfterMs?: number,
): number {
  return Math.max(ownWait(wait, policy, retry, random), retryAfterFloor(retryAfterMs, policy.retryAfterCapMs));
}

function ownWait(wait: RetryRule['wait'], policy: Policy, retry: number, random: Random): number {
  if (policy.schedule || wait === 'ladder') return ladderWait(policy, retry, random);
  return wait === 'backoff' ? fullJitter(policy.backoff, retry, random) : 0;
}
