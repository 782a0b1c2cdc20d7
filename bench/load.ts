export interface Measured {
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Keeps `concurrency` requests in flight for a while. `send` says whether its answer was the expected one. */
export async function load(
  send: () => Promise<boolean>,
  { concurrency, seconds }: { readonly concurrency: number; readonly seconds: number },
): Promise<Measured> {
  const latencies: number[] = [];
  let failed = 0;
  const started = performance.now();
  const until = started + seconds * 1_000;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      const sentAt = performance.now();
      if (!(await send())) failed += 1;
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const took = (performance.now() - started) / 1_000;
  const { p50Ms, p99Ms } = percentiles(latencies);
  return { requests: latencies.length, failed, perSecond: Math.round(latencies.length / took), p50Ms, p99Ms };
}

/** Nearest rank, in tenths of a millisecond. */
export function percentiles(valuesMs: readonly number[]): { readonly p50Ms: number; readonly p99Ms: number } {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? NaN) * 10) / 10;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
