/** Upper edges of the classes that durations are counted in, in milliseconds; what took longer is in one more. */
export const DURATION_EDGES_MS: readonly number[] = [
  ...[10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000],
  ...[2_500, 3_000, 4_000, 5_000, 7_500, 10_000, 15_000, 20_000],
];

export function emptyDurations(): number[] {
  return Array.from({ length: DURATION_EDGES_MS.length + 1 }, () => 0);
}

export function countDuration(durations: number[], tookMs: number): void {
  const found = DURATION_EDGES_MS.findIndex((edge) => tookMs <= edge);
  const at = found < 0 ? DURATION_EDGES_MS.length : found;
  durations[at] = (durations[at] ?? 0) + 1;
}

/**
 * The duration that so many per cent of the calls did not exceed, as far as classes tell: somewhere between the edges of
 * its own. For people; whether it is too long is counted call by call.
 *
 * @returns null without calls
 */
export function percentileMs(durations: readonly number[], percent: number): number | null {
  const calls = durations.reduce((sum, count) => sum + count, 0);
  if (calls === 0) return null;
  const rank = Math.ceil((percent / 100) * calls);
  let below = 0;
  for (const [at, count] of durations.entries()) {
    if (below + count < rank) {
      below += count;
      continue;
    }
    const from = DURATION_EDGES_MS[at - 1] ?? 0;
    const to = DURATION_EDGES_MS[at] ?? from;
    return Math.round(from + ((to - from) * (rank - below)) / count);
  }
  return null;
}
