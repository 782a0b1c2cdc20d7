import type { TryRecord } from '@puente/kernel';

/**
 * How long a provider took: from its first try to the end, retries made at once included. What a call waited before that
 * by our own decision (a quota, a full bulkhead) says nothing of the provider.
 *
 * @param tookMs of the whole call, monotonic
 * @param endedAt on the clock that tries are dated by
 */
export function providerMs(tries: readonly TryRecord[], tookMs: number, endedAt: Date): number {
  const [first] = tries;
  if (!first) return tookMs;
  const inTries = tries.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const sinceFirst = endedAt.getTime() - first.startedAt.getTime();
  // Wall clocks jump; what the tries took by the monotonic clock, and the whole call, are the bounds.
  return Math.min(tookMs, Math.max(inTries, sinceFirst));
}
