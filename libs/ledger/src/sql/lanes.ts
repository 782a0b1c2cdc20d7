/**
 * What a group of results means for their lanes. `paused_at` is when the refused operation was claimed: a lane that
 * somebody resumed later is not paused again by the last answers to the old credentials. Should it be paused after all,
 * the next call finds out. Grouped, since one INSERT may not meet
 * a row twice; sorted, so that two groups never wait for one another.
 */
export const APPLY_LANE_ACTIONS = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  u AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS u(tenant_id uuid, provider text, lane_key text, park_ms float8,
      paused_by text, leased_at timestamptz, reason text))
  INSERT INTO lanes AS l (tenant_id, provider, lane_key, open_until, paused_by, paused_at, reason, updated_at)
  SELECT u.tenant_id, u.provider, u.lane_key, max(clock.now + u.park_ms * interval '1 ms'), max(u.paused_by),
    CASE WHEN max(u.paused_by) IS NOT NULL THEN max(u.leased_at) END, max(u.reason), clock.now
  FROM u CROSS JOIN clock GROUP BY u.tenant_id, u.provider, u.lane_key, clock.now ORDER BY 1, 2, 3
  ON CONFLICT (tenant_id, provider, lane_key) DO UPDATE SET
    open_until = greatest(l.open_until, excluded.open_until),
    paused_by = CASE WHEN l.paused_by IS NULL AND l.updated_at <= excluded.paused_at THEN excluded.paused_by ELSE l.paused_by END,
    paused_at = CASE WHEN l.paused_by IS NULL AND l.updated_at <= excluded.paused_at THEN excluded.paused_at ELSE l.paused_at END,
    reason = CASE WHEN l.paused_by IS NULL AND l.updated_at <= excluded.paused_at THEN excluded.reason ELSE l.reason END,
    updated_at = CASE WHEN l.paused_by IS NULL AND l.updated_at <= excluded.paused_at THEN excluded.updated_at ELSE l.updated_at END
  RETURNING tenant_id, provider, lane_key, paused_by IS NOT NULL AND updated_at = (SELECT now FROM clock) AS paused`;

const LANE_VIEW = `provider, lane_key, open_until, paused_by, paused_at, reason, updated_at`;

/** In the tenant's context. */
export const PAUSE_LANE = `
  INSERT INTO lanes (tenant_id, provider, lane_key, paused_by, paused_at, reason, updated_at)
  VALUES (current_tenant(), $1, $2, $3, puente_now(), $4, puente_now())
  ON CONFLICT (tenant_id, provider, lane_key) DO UPDATE SET
    paused_by = excluded.paused_by, paused_at = excluded.paused_at, reason = excluded.reason, updated_at = excluded.updated_at
  RETURNING ${LANE_VIEW}`;

/** The row stays: its `updated_at` tells later that answers to calls from before do not count. */
export const RESUME_LANES = `
  UPDATE lanes SET paused_by = NULL, paused_at = NULL, reason = NULL, open_until = NULL, updated_at = puente_now()
  WHERE provider = $1 AND ($2::text IS NULL OR lane_key = $2) AND ($3::text IS NULL OR paused_by = $3)
    AND (paused_by IS NOT NULL OR open_until IS NOT NULL)
  RETURNING ${LANE_VIEW}`;

export const LIST_LANES = `
  SELECT ${LANE_VIEW} FROM lanes WHERE paused_by IS NOT NULL OR open_until > puente_now() ORDER BY provider, lane_key`;
