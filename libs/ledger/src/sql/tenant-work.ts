const LIVE = `tenant_id = current_tenant() AND state IN ('queued', 'unknown')`;
/** Also what waits for a repeat or a question: an earlier try of it may have had its effect. */
const UNCLEAR = `(state = 'unknown' OR maybe_sent)`;

/**
 * In the tenant's context: what may have had an effect and whose end nobody knows, state by state, with the first ids.
 * Each part reads one partial index; the finished operations of years are not looked at.
 */
export const UNFINISHED = `
  SELECT state, count(*)::int AS count, (array_agg(id ORDER BY seq))[1:20] AS ids FROM (
    SELECT state, id, seq FROM operations WHERE tenant_id = current_tenant() AND state = 'running'
    UNION ALL SELECT state, id, seq FROM operations WHERE tenant_id = current_tenant() AND state = 'needs_review'
    UNION ALL SELECT state, id, seq FROM operations WHERE ${LIVE} AND NOT blocked AND ${UNCLEAR}
    UNION ALL SELECT state, id, seq FROM operations WHERE ${LIVE} AND blocked AND ${UNCLEAR}) AS unfinished
  GROUP BY state ORDER BY state`;

/**
 * Ends for good what waits, a page ($1) at a time: as cancelled what certainly had no effect, as dropped what may have
 * had one. Its flow is not told, since there is nobody left to act for.
 */
export const ABANDON = `
  WITH waiting AS MATERIALIZED (
    SELECT id FROM (
      SELECT id FROM operations WHERE ${LIVE} AND NOT blocked
      UNION ALL SELECT id FROM operations WHERE ${LIVE} AND blocked
      UNION ALL SELECT id FROM operations WHERE tenant_id = current_tenant() AND state = 'needs_review') AS all_of_it
    LIMIT $1::int),
  locked AS MATERIALIZED (
    SELECT id FROM operations WHERE id = ANY (ARRAY(SELECT id FROM waiting)) ORDER BY id FOR UPDATE)
  UPDATE operations o SET
    state = CASE WHEN ${UNCLEAR} THEN 'dropped' ELSE 'cancelled' END, maybe_sent = ${UNCLEAR},
    failure = 'tenant_deleted', provider_code = NULL, provider_status = NULL, failure_message = NULL, blocked = false,
    updated_at = puente_now(), settled_at = coalesce(settled_at, puente_now()), delivered_at = puente_now()
  WHERE o.id = ANY (ARRAY(SELECT id FROM locked)) AND o.state IN ('queued', 'unknown', 'needs_review')
  RETURNING o.id`;

/** The same for what had ended by itself and whose flow had not heard of it. */
export const TELL_NOBODY = `
  UPDATE operations SET delivered_at = puente_now()
  WHERE tenant_id = current_tenant() AND subscriber IS NOT NULL AND delivered_at IS NULL AND settled_at IS NOT NULL`;

/**
 * The same for one integration that is no more: a page ($1) of what waits for calls with it ($2 provider, $3 its name).
 * What runs at this moment ends by itself.
 */
export const ABANDON_INTEGRATION = `
  WITH waiting AS MATERIALIZED (
    SELECT id FROM (
      SELECT id FROM operations WHERE ${LIVE} AND NOT blocked AND provider = $2 AND lane_key = $3
      UNION ALL SELECT id FROM operations WHERE ${LIVE} AND blocked AND provider = $2 AND integration = $3) AS all_of_it
    LIMIT $1::int),
  locked AS MATERIALIZED (
    SELECT id FROM operations WHERE id = ANY (ARRAY(SELECT id FROM waiting)) ORDER BY id FOR UPDATE SKIP LOCKED)
  UPDATE operations o SET
    state = CASE WHEN ${UNCLEAR} THEN 'dropped' ELSE 'cancelled' END, maybe_sent = ${UNCLEAR},
    failure = 'integration_removed', blocked = false, updated_at = puente_now(), settled_at = puente_now()
  WHERE o.id = ANY (ARRAY(SELECT id FROM locked)) AND o.state IN ('queued', 'unknown')
  RETURNING o.id`;
