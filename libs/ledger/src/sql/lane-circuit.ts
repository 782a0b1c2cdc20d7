/** The longest time a circuit stays open, however often its probe failed. Up to half of it more by jitter. */
export const OPEN_CAP_MS = 300_000;

/**
 * A lane whose circuit closed does not get everything at once that has gathered: it begins with this many calls at a
 * time and gets as many more each second, until the ramp is over. A steady rise, so that its peak is at most twice its mean.
 */
export const RAMP = { from: 5, perSecond: 5, forMs: 30_000 } as const;

/** How long a probe has the half-open lane for itself, should nobody hear of it again. Longer than any call. */
export const PROBE_MS = 60_000;

/** Nobody probes: the last probe has ended, or is not heard of any more, and runs no more. */
export const PROBE_FREE = `(l.probe_until IS NULL OR (l.probe_until <= (SELECT now FROM clock)
      AND coalesce((SELECT p.state <> 'running' FROM operations p WHERE p.id = l.probe_operation), true)))`;

/** A lane that nobody paused, that is not parked, and that is not being probed. Of a half-open one exactly one may go. */
export const LANE_OPEN = `(l.paused_by IS NULL AND (l.open_until IS NULL OR l.open_until <= (SELECT now FROM clock))
      AND (coalesce(l.opened, 0) = 0 OR ${PROBE_FREE}))`;

/** Calls a lane may have at once: its own number or the provider's (`d.cap`), less while it ramps up; null: any. */
export const LANE_CAP = `least(coalesce(l.max_in_flight, d.cap),
      CASE WHEN l.closed_at > (SELECT now FROM clock) - ${String(RAMP.forMs)} * interval '1 ms'
        THEN ${String(RAMP.from)} + floor(${String(RAMP.perSecond)}
          * greatest(0, extract(epoch FROM (SELECT now FROM clock) - l.closed_at)))::int END)`;

/** What is known of a lane, and what its circuit has just done; times are from now on. */
const SEEN = `tenant_id, provider, lane_key, failures, opened, max_in_flight,
    (extract(epoch FROM open_until - (SELECT now FROM clock)) * 1000)::float8 AS open_ms,
    (extract(epoch FROM probe_until - (SELECT now FROM clock)) * 1000)::float8 AS probe_ms`;

/** A lane's row as `SEEN` selects it. */
export interface SeenLane {
  readonly tenant_id: string;
  readonly provider: string;
  readonly lane_key: string;
  readonly failures: number;
  readonly opened: number;
  readonly max_in_flight: number | null;
  readonly open_ms: number | null;
  readonly probe_ms: number | null;
}

/** A lane after a group of calls was judged. */
export interface JudgedLane extends SeenLane {
  readonly change: 'opened' | 'closed' | 'same';
  readonly probed: boolean;
}

/** As `puente_dispatch`: every lane about which there is something to know. For the memory of a process, each second. */
export const READ_LANES = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now)
  SELECT ${SEEN} FROM lanes
  WHERE (failures > 0 OR opened > 0 OR open_until IS NOT NULL OR max_in_flight IS NOT NULL)
    AND (failures > 0 OR opened > 0 OR open_until > (SELECT now FROM clock) OR max_in_flight IS NOT NULL)
  LIMIT 20000`;

/** One lane's row in {@link JUDGE_LANES}. */
export interface CircuitRow {
  readonly tenant_id: string;
  readonly provider: string;
  readonly lane_key: string;
  /** Failures in a row at the end of the group; all before the last answer are forgiven. */
  readonly failed: number;
  readonly answered: boolean;
  /** The latest claim of a call that was answered; null where that is not known. */
  readonly answered_claim: string | null;
  readonly after: number;
  readonly open_ms: number;
  /** In [0, 1). */
  readonly jitter: number;
  /** The probe among these calls, and how it ended. */
  readonly probe: string | null;
  readonly verdict: string | null;
}

/**
 * What a group of calls means for the circuits of its lanes. Their rows exist and are locked by {@link APPLY_LANE_ACTIONS}
 * in the same transaction.
 *
 * Closed, failures in a row are counted, and enough of them open. Open or half open, only what was called since counts:
 * the probe, or an answer to a call that slipped through; the failures of calls from before are the ones that opened it.
 * The wait doubles with each opening in a row.
 */
export const JUDGE_LANES = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  u AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS u(tenant_id uuid, provider text, lane_key text, failed int,
      answered boolean, answered_claim timestamptz, after int, open_ms float8, jitter float8, probe uuid, verdict text)),
  was AS MATERIALIZED (
    SELECT l.tenant_id, l.provider, l.lane_key, l.opened, u.open_ms, u.jitter, u.after, u.verdict, u.failed,
      CASE WHEN u.answered THEN 0 ELSE l.failures END + u.failed AS counted,
      coalesce(l.probe_operation = u.probe, false) AS probed, coalesce(u.answered_claim > l.opened_at, false) AS alive
    FROM lanes l JOIN u USING (tenant_id, provider, lane_key) FOR UPDATE OF l),
  judged AS MATERIALIZED (
    SELECT *, CASE WHEN opened = 0 AND failed > 0 AND counted >= after THEN 'opened'
        WHEN opened > 0 AND (alive OR (probed AND verdict = 'answered')) THEN 'closed'
        WHEN opened > 0 AND probed AND verdict = 'failed' THEN 'opened' ELSE 'same' END AS change
    FROM was),
  written AS (
    UPDATE lanes l SET
      failures = CASE WHEN j.change = 'closed' THEN 0 WHEN j.opened > 0 AND NOT j.probed THEN l.failures ELSE j.counted END,
      opened = CASE j.change WHEN 'opened' THEN l.opened + 1 WHEN 'closed' THEN 0 ELSE l.opened END,
      opened_at = CASE j.change WHEN 'opened' THEN clock.now ELSE l.opened_at END,
      closed_at = CASE j.change WHEN 'opened' THEN NULL WHEN 'closed' THEN clock.now ELSE l.closed_at END,
      open_until = CASE
        WHEN j.change = 'opened' THEN greatest(l.open_until, clock.now + (1 + j.jitter / 2) * interval '1 ms'
          * least(${String(OPEN_CAP_MS)}, j.open_ms * power(2, least(l.opened, 20))))
        WHEN j.change = 'closed' AND NOT j.probed THEN NULL ELSE l.open_until END,
      probe_until = CASE WHEN j.probed OR j.change <> 'same' THEN NULL ELSE l.probe_until END,
      probe_operation = CASE WHEN j.probed OR j.change <> 'same' THEN NULL ELSE l.probe_operation END,
      claims = l.claims + 1
    FROM judged j, clock
    WHERE (l.tenant_id, l.provider, l.lane_key) = (j.tenant_id, j.provider, j.lane_key)
      AND (j.change <> 'same' OR j.probed OR (j.opened = 0 AND j.counted <> l.failures))
    RETURNING l.*)
  SELECT written.*, j.change, j.probed FROM (SELECT ${SEEN} FROM written) written
  JOIN judged j USING (tenant_id, provider, lane_key)`;

/** A synchronous call asks to be the probe. $1 tenant, $2 provider, $3 lane, $4 the call; answers with the lane or nothing. */
export const TAKE_PROBE = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now)
  UPDATE lanes l SET probe_until = clock.now + ${String(PROBE_MS)} * interval '1 ms', probe_operation = $4, claims = claims + 1
  FROM clock
  WHERE l.tenant_id = $1 AND l.provider = $2 AND l.lane_key = $3 AND l.opened > 0 AND ${LANE_OPEN}
  RETURNING l.lane_key`;

/** A lane as it is. $1 tenant, $2 provider, $3 lane. */
export const READ_LANE = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now)
  SELECT ${SEEN} FROM lanes WHERE tenant_id = $1 AND provider = $2 AND lane_key = $3`;
