import { DEFAULT_ALERTS } from './alert-limits';
import { countDuration, emptyDurations, percentileMs } from './durations';
import { assess, type MinuteCounts } from './provider-health';

const NOW = 29_000_000;

/** So many calls in one minute, of which so many failed or took as long as given. */
function minute(
  ago: number,
  { calls = 0, failures = 0, tookMs = [] as number[], limitUsed = null as number | null },
): MinuteCounts {
  const durations = emptyDurations();
  const all = [...tookMs, ...Array.from({ length: calls - tookMs.length }, () => 40)];
  for (const ms of all) countDuration(durations, ms);
  const slow = all.filter((ms) => ms > DEFAULT_ALERTS.latencyMs).length;
  return { minute: NOW - ago, calls, failures, slow, durations, limitUsed };
}

const kinds = (...counts: MinuteCounts[]) => assess(counts, DEFAULT_ALERTS, NOW).breaches.map(({ kind }) => kind);
const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

describe('the health of a provider', () => {
  it('is seen over five minutes, the running one included', () => {
    const { window } = assess(
      [minute(0, { calls: 10 }), minute(4, { calls: 10 }), minute(5, { calls: 7 })],
      DEFAULT_ALERTS,
      NOW,
    );
    expect(window).toMatchObject({ calls: 20, errorPercent: 0 });
    expect(assess([], DEFAULT_ALERTS, NOW).window).toEqual({ calls: 0, errorPercent: null, p95Ms: null });
  });

  it('shows a percentile between the edges of its class, on the side of the limit where the count says it is', () => {
    expect(percentileMs([], 95)).toBeNull();
    const shown = (ms: number) =>
      assess([minute(0, { calls: 20, tookMs: times(20, ms) })], DEFAULT_ALERTS, NOW).window.p95Ms;
    expect(shown(2_000)).toBeLessThanOrEqual(2_000);
    expect(shown(2_001)).toBeGreaterThan(2_000);
    expect(shown(60_000)).toBe(20_000);
    const strict = { ...DEFAULT_ALERTS, latencyMs: 450 };
    const counts = { ...minute(0, { calls: 20, tookMs: times(20, 460) }), slow: 20 };
    expect(assess([counts], strict, NOW).window.p95Ms).toBeGreaterThan(450);
  });

  it('counts the errors of all its minutes together', () => {
    expect(kinds(minute(0, { calls: 10, failures: 0 }), minute(3, { calls: 15, failures: 2 }))).toEqual(['errors']);
    expect(assess([minute(1, { calls: 30, failures: 1 })], DEFAULT_ALERTS, NOW).window.errorPercent).toBe(3.3);
  });

  it('has a limit used up when one quota is, at any time of the window', () => {
    const used = assess(
      [minute(0, { calls: 19, limitUsed: 12 }), minute(4, { calls: 1, limitUsed: 97.04 })],
      DEFAULT_ALERTS,
      NOW,
    );
    expect(used).toMatchObject({ limitUsedPercent: 97, breaches: [{ kind: 'limit', value: 97, threshold: 80 }] });
  });
});
