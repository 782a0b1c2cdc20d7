import { SYSTEM_TENANT_ID } from '@puente/kernel';

/** One lock per provider; a namespace of its own among the advisory locks. */
const MENDING = `hashtext('puente.credentials_mended')`;

/**
 * A pause looks whether the credentials were mended, and a mending resumes what was paused: each must see the other, so
 * they take turns. Pauses go side by side. A statement of its own: only the next one's snapshot sees what was waited for.
 */
export const BEFORE_PAUSE = `
  SELECT pg_advisory_xact_lock_shared(${MENDING}, hashtext(p.provider))
  FROM (SELECT DISTINCT provider FROM unnest($1::text[]) AS given(provider) ORDER BY 1) AS p`;
export const BEFORE_MEND = `SELECT pg_advisory_xact_lock(${MENDING}, hashtext($1))`;

/**
 * What a group of results means for their lanes. `paused_at` is when the refused operation was claimed: credentials that
 * were mended later, or a lane that somebody resumed later, are not held up by the last answers to the old credentials.
 * Should the lane be paused after all, the next call finds out. Grouped, since one INSERT may not meet a row twice;
 * sorted, so that two groups never wait for one another.
 *
 * `paused`: it was this that paused the lane. `mended_at` says which spell of refusals that belongs to.
 */
export const APPLY_LANE_ACTIONS = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g(tenant_id uuid, provider text, integration text, lane_key text,
      park_ms float8, paused_by text, leased_at timestamptz, code text, reason text)),
  u AS MATERIALIZED (
    SELECT given.*, mend.at AS mended_at FROM given LEFT JOIN LATERAL (
      SELECT max(m.mended_at) AS at FROM credential_mends m WHERE m.provider = given.provider
        AND ((m.tenant_id = given.tenant_id AND m.integration = given.integration)
          OR (m.tenant_id = '${SYSTEM_TENANT_ID}' AND m.integration IN (given.integration, 'default')))) mend
      ON given.paused_by IS NOT NULL
    WHERE given.paused_by IS NULL OR mend.at IS NULL OR mend.at <= given.leased_at),
  applied AS (
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
    RETURNING tenant_id, provider, lane_key, paused_by IS NOT NULL AND updated_at = (SELECT now FROM clock) AS paused)
  SELECT a.tenant_id, a.provider, a.lane_key, a.paused, max(u.integration) AS integration, max(u.code) AS code,
    max(u.mended_at)::text AS mended_at
  FROM applied a JOIN u USING (tenant_id, provider, lane_key) GROUP BY 1, 2, 3, 4`;

/** Every refusal of a call claimed before now was one of older credentials. $1 tenant, $2 provider, $3 integration. */
export const MEND = `
  INSERT INTO credential_mends AS m (tenant_id, provider, integration, mended_at) VALUES ($1, $2, $3, puente_now())
  ON CONFLICT (tenant_id, provider, integration) DO UPDATE SET mended_at = greatest(m.mended_at, excluded.mended_at)`;

/** Lanes of one integration, whose name their keys begin with; of all when it is null. */
const ofIntegration = (name: string): string =>
  `(${name}::text IS NULL OR lane_key = ${name} OR starts_with(lane_key, ${name} || '/'))`;

/** $1 provider, $2 integration, with which its lanes' keys begin, or null for all; as `puente_dispatch` of all tenants. */
export const RESUME_MENDED = `
  UPDATE lanes SET paused_by = NULL, paused_at = NULL, reason = NULL, open_until = NULL, probe_until = NULL,
    updated_at = puente_now()
  WHERE provider = $1 AND ${ofIntegration('$2')}
    AND paused_by = 'unauthorized'
  RETURNING tenant_id, lane_key`;

const LANE_VIEW = `provider, lane_key, open_until, paused_by, paused_at, reason, failures, opened, max_in_flight, updated_at,
  CASE WHEN paused_by IS NOT NULL THEN 'paused' WHEN open_until > puente_now() THEN CASE WHEN opened > 0 THEN 'open' ELSE 'parked' END
    WHEN opened > 0 THEN 'half_open' ELSE 'closed' END AS state`;

/** In the tenant's context. */
export const PAUSE_LANE = `
  INSERT INTO lanes (tenant_id, provider, lane_key, paused_by, paused_at, reason, updated_at)
  VALUES (current_tenant(), $1, $2, $3, puente_now(), $4, puente_now())
  ON CONFLICT (tenant_id, provider, lane_key) DO UPDATE SET
    paused_by = excluded.paused_by, paused_at = excluded.paused_at, reason = excluded.reason, updated_at = excluded.updated_at
  RETURNING ${LANE_VIEW}`;

/**
 * In the tenant's context. $3 null: what the provider declares. A claim that counted under the old number gives up its
 * turn (`claims`); `updated_at` stays, since answers to calls from before count as before.
 */
export const CAP_LANE = `
  INSERT INTO lanes AS l (tenant_id, provider, lane_key, max_in_flight, updated_at)
  VALUES (current_tenant(), $1, $2, $3, puente_now())
  ON CONFLICT (tenant_id, provider, lane_key) DO UPDATE SET max_in_flight = excluded.max_in_flight, claims = l.claims + 1
  RETURNING ${LANE_VIEW}`;

/**
 * The row stays: its `updated_at` tells later that answers to calls from before do not count. An open circuit is closed:
 * whoever resumes a lane knows better, and is believed until the next failures.
 */
export const RESUME_LANES = `
  UPDATE lanes SET paused_by = NULL, paused_at = NULL, reason = NULL, open_until = NULL, failures = 0,
    closed_at = CASE WHEN opened > 0 THEN puente_now() ELSE closed_at END, opened = 0, probe_until = NULL,
    probe_operation = NULL, claims = claims + 1, updated_at = puente_now()
  WHERE provider = $1 AND ($2::text IS NULL OR lane_key = $2) AND ($3::text IS NULL OR paused_by = $3)
    AND ${ofIntegration('$4')}
    AND (paused_by IS NOT NULL OR open_until IS NOT NULL OR opened > 0)
  RETURNING ${LANE_VIEW}`;

/** As `puente_dispatch`: what waits for somebody in every tenant that is served. */
export const COUNT_PAUSED_LANES = `
  SELECT l.provider, count(*)::int AS lanes FROM lanes l JOIN tenants t ON t.id = l.tenant_id AND t.status = 'active'
  WHERE l.paused_by IS NOT NULL GROUP BY 1`;

/** $1 provider, $2 integration, each null for all; $3 how many at most. Those that wait, fail or have a number of their own, the worst first. */
export const LIST_LANES = `
  SELECT ${LANE_VIEW} FROM lanes
  WHERE (paused_by IS NOT NULL OR open_until > puente_now() OR opened > 0 OR failures > 0 OR max_in_flight IS NOT NULL)
    AND ($1::text IS NULL OR provider = $1) AND ${ofIntegration('$2')}
  ORDER BY paused_by IS NULL, opened DESC, failures DESC, provider, lane_key LIMIT $3`;

/** As `puente_dispatch`: circuits that are not closed, in every tenant that is served. */
export const COUNT_OPEN_LANES = `
  SELECT l.provider, count(*)::int AS lanes FROM lanes l JOIN tenants t ON t.id = l.tenant_id AND t.status = 'active'
  WHERE l.opened > 0 AND l.paused_by IS NULL GROUP BY 1`;
