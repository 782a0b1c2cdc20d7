import { ALERT_WINDOW, type AlertLimits } from './alert-limits';
import { emptyDurations, percentileMs } from './durations';

/** What all processes counted of one account in one minute. */
export interface MinuteCounts {
  /** Minutes since 1970, by the database's clock. */
  readonly minute: number;
  readonly calls: number;
  /** Calls that failed in a way that speaks of the provider. */
  readonly failures: number;
  /** Calls that took longer than the provider's limit. */
  readonly slow: number;
  /** By class, see `DURATION_EDGES_MS`. */
  readonly durations: readonly number[];
  /** The most that was used of any of its quotas, in per cent; null when none was told or counted. */
  readonly limitUsed: number | null;
}

export const ALERT_KINDS = ['latency', 'errors', 'limit'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface WindowView {
  readonly calls: number;
  readonly errorPercent: number | null;
  readonly p95Ms: number | null;
}

/** A limit that the last window is beyond. */
export interface Breach {
  readonly kind: AlertKind;
  readonly value: number;
  readonly threshold: number;
}

export interface Assessment {
  readonly window: WindowView;
  readonly limitUsedPercent: number | null;
  readonly breaches: readonly Breach[];
  /** Alerts that would be over if they were on: two whole windows and the running minute without them. */
  readonly recovered: readonly AlertKind[];
}

const { minutes: LENGTH, leastCalls, cleanWindows, percentile } = ALERT_WINDOW;

/** So many whole minutes before the running one are looked at. */
export const MINUTES_LOOKED_AT = LENGTH * cleanWindows;

/**
 * The directive's alerts (SYSTEMS S4.1) from counts by the minute. Pure. A window is the running minute and the four
 * before it; under 20 calls nothing is said. Each limit is the last value that is still good: exactly 2 s at the 95th
 * percentile, exactly 5 % errors and exactly 80 % of a quota raise nothing.
 */
export function assess(counts: readonly MinuteCounts[], limits: AlertLimits, now: number): Assessment {
  const current = windowUpTo(counts, now);
  const breaches = breachesOf(current, limits);
  const last = Array.from({ length: MINUTES_LOOKED_AT - LENGTH + 2 }, (_, back) => windowUpTo(counts, now - back));
  const broken = new Set(last.flatMap((window) => breachesOf(window, limits).map(({ kind }) => kind)));
  return {
    window: { calls: current.calls, errorPercent: errorPercent(current), p95Ms: p95(current, limits) },
    limitUsedPercent: current.limitUsed === null ? null : round(current.limitUsed),
    breaches,
    recovered: ALERT_KINDS.filter((kind) => !broken.has(kind)),
  };
}

type Sum = Omit<MinuteCounts, 'minute'>;

function windowUpTo(counts: readonly MinuteCounts[], last: number): Sum {
  const inside = counts.filter(({ minute }) => minute > last - LENGTH && minute <= last);
  const used = inside.flatMap(({ limitUsed }) => (limitUsed === null ? [] : [limitUsed]));
  return {
    calls: total(inside.map(({ calls }) => calls)),
    failures: total(inside.map(({ failures }) => failures)),
    slow: total(inside.map(({ slow }) => slow)),
    durations: inside.reduce<number[]>(
      (sum, { durations }) => sum.map((count, at) => count + (durations[at] ?? 0)),
      emptyDurations(),
    ),
    limitUsed: used.length === 0 ? null : Math.max(...used),
  };
}

function breachesOf(window: Sum, limits: AlertLimits): Breach[] {
  const { calls, failures, limitUsed } = window;
  if (calls < leastCalls) return [];
  const breaches: Breach[] = [];
  if (isSlow(window))
    breaches.push({ kind: 'latency', value: p95(window, limits) ?? limits.latencyMs, threshold: limits.latencyMs });
  if (failures * 100 > limits.errorPercent * calls)
    breaches.push({ kind: 'errors', value: errorPercent(window) ?? 0, threshold: limits.errorPercent });
  if (limitUsed !== null && limitUsed > limits.limitUsedPercent)
    breaches.push({ kind: 'limit', value: round(limitUsed), threshold: limits.limitUsedPercent });
  return breaches;
}

/** Whether the 95th percentile is above the limit: fewer than 95 % of the calls kept to it. Exact, unlike a class. */
function isSlow({ calls, slow }: Sum): boolean {
  return calls - slow < Math.ceil((percentile / 100) * calls);
}

/** The classes know no provider's limit: what they show is on the side of it where the count says it is. */
function p95(window: Sum, { latencyMs }: AlertLimits): number | null {
  const shown = percentileMs(window.durations, percentile);
  if (shown === null) return null;
  return isSlow(window) ? Math.max(shown, latencyMs + 1) : Math.min(shown, latencyMs);
}

function errorPercent({ calls, failures }: Sum): number | null {
  return calls === 0 ? null : round((100 * failures) / calls);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
