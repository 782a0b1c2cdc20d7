/** Nearest rank, in tenths of a millisecond. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export function percentiles(valuesMs: readonly number[]): Percentiles {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN, 1);
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

export function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** A goal of the project and what was measured for it. */
export interface Verdict {
  readonly goal: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly measured: number;
  readonly met: boolean;
}

export function atLeast(goal: string, bound: number, measured: number): Verdict {
  return { goal, atLeast: bound, measured: round(measured, 3), met: measured >= bound };
}

export function atMost(goal: string, bound: number, measured: number): Verdict {
  return { goal, atMost: bound, measured: round(measured, 3), met: measured <= bound };
}
