import { DEFAULT_ALERTS } from './health/alert-limits';
import { countDuration, emptyDurations } from './health/durations';
import { assess, type MinuteCounts } from './health/provider-health';

/**
 * The directive's rules about alerts at their limits (SYSTEMS S4.1), where a reader looks for them. Those about waits,
 * retries and the warning of a quota are in `libs/resilience/src/directive.spec.ts`; 202 instead of a wait that is too long, in
 * `gateway/integration-gateway.pg.spec.ts`.
 */
describe('the directive’s alerts', () => {
  const NOW = 29_000_000;
  const counted = (
    ago: number,
    calls: number,
    over: Partial<MinuteCounts> & { slowMs?: number; slowCalls?: number } = {},
  ) => {
    const { slowMs = 100, slowCalls = 0, ...rest } = over;
    const durations = emptyDurations();
    for (let call = 0; call < calls; call += 1) countDuration(durations, call < slowCalls ? slowMs : 100);
    const slow = slowMs > DEFAULT_ALERTS.latencyMs ? slowCalls : 0;
    return { minute: NOW - ago, calls, failures: 0, slow, durations, limitUsed: null, ...rest };
  };
  const alerts = (...counts: MinuteCounts[]) => assess(counts, DEFAULT_ALERTS, NOW).breaches.map(({ kind }) => kind);
  const recovered = (...counts: MinuteCounts[]) => assess(counts, DEFAULT_ALERTS, NOW).recovered;

  it('latency: exactly 2 s at the 95th percentile is no alert, a millisecond more is', () => {
    expect(alerts(counted(0, 20, { slowCalls: 20, slowMs: 2_000 }))).toEqual([]);
    expect(alerts(counted(0, 20, { slowCalls: 20, slowMs: 2_001 }))).toEqual(['latency']);
  });

  it('latency: 5 % of the calls may be slow, one more may not', () => {
    expect(alerts(counted(0, 20, { slowCalls: 1, slowMs: 9_000 }))).toEqual([]);
    expect(alerts(counted(0, 20, { slowCalls: 2, slowMs: 9_000 }))).toEqual(['latency']);
    expect(alerts(counted(0, 100, { slowCalls: 5, slowMs: 9_000 }))).toEqual([]);
    expect(alerts(counted(0, 100, { slowCalls: 6, slowMs: 9_000 }))).toEqual(['latency']);
  });

  it('errors: exactly 5 % is no alert, more is', () => {
    expect(alerts(counted(0, 100, { failures: 5 }))).toEqual([]);
    expect(alerts(counted(0, 100, { failures: 6 }))).toEqual(['errors']);
    expect(alerts(counted(0, 2_000, { failures: 101 }))).toEqual(['errors']);
  });

  it('rate limit: exactly 80 % used is no alert, more is', () => {
    expect(alerts(counted(0, 20, { limitUsed: 80 }))).toEqual([]);
    expect(alerts(counted(0, 20, { limitUsed: 80.1 }))).toEqual(['limit']);
  });

  it('19 calls raise no alert, 20 calls do', () => {
    const bad = { failures: 19, slowCalls: 19, slowMs: 9_000, limitUsed: 99 };
    expect(alerts(counted(0, 19, bad))).toEqual([]);
    expect(alerts(counted(0, 20, bad))).toEqual(['latency', 'errors', 'limit']);
    expect(alerts(counted(0, 10, { failures: 9 }), counted(4, 10))).toEqual(['errors']); // the window has 20
  });

  it('an alert is over after two clean windows, and not after one', () => {
    const outage = counted(12, 100, { failures: 50 });
    const clean = Array.from({ length: 12 }, (_, ago) => counted(ago, 100));

    expect(recovered({ ...outage, minute: NOW - 4 }, ...clean.slice(0, 4))).toEqual(['latency', 'limit']);
    expect(recovered({ ...outage, minute: NOW - 6 }, ...clean.slice(0, 6))).not.toContain('errors');
    expect(recovered({ ...outage, minute: NOW - 10 }, ...clean.slice(0, 10))).not.toContain('errors');
    expect(recovered({ ...outage, minute: NOW - 11 }, ...clean.slice(0, 11))).toContain('errors');
    expect(recovered()).toEqual(['latency', 'errors', 'limit']); // nobody calls any more
  });

  it('an outage across the seam of two windows is not clean, although each half is', () => {
    const halves = [counted(6, 60, { failures: 5 }), counted(4, 60, { failures: 5 })];
    const quiet = [counted(9, 80), counted(0, 80)];
    expect(recovered(...halves, ...quiet)).not.toContain('errors');
  });
});
