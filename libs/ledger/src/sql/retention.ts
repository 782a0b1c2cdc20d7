/** As `puente_dispatch`, like all of these. One process at a time, as long as its connection lives. */
export const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtext('puente.retention'), 0) AS held`;
export const UNLOCK = `SELECT pg_advisory_unlock(hashtext('puente.retention'), 0)`;

export const TENANTS = `SELECT id FROM tenants WHERE id > $1 ORDER BY id LIMIT 500`;

/** $1 step, $2 days: from where it goes on, and up to where it may go now. */
export const WINDOW = `
  SELECT coalesce((SELECT up_to FROM retention_marks WHERE step = $1), '-infinity')::text AS "from",
    puente_now() - $2::int * interval '1 day' AS before`;

export const MARK = `
  INSERT INTO retention_marks (step, up_to) VALUES ($1, $2::timestamptz)
  ON CONFLICT (step) DO UPDATE SET up_to = greatest(retention_marks.up_to, excluded.up_to)`;

/** Seconds since the last whole run; null: there was none. */
export const LAST_RUN = `
  SELECT extract(epoch FROM puente_now() - up_to)::float8 AS age_s, extract(epoch FROM up_to)::float8 AS at_s
  FROM retention_marks WHERE step = 'run'`;
export const MARK_RUN = `
  INSERT INTO retention_marks (step, up_to) VALUES ('run', puente_now())
  ON CONFLICT (step) DO UPDATE SET up_to = excluded.up_to`;

/**
 * Takes input and output of a page of tenant $1's operations that ended from $2 and before $3, after row ($4, $5), at
 * most $6; of payments or of the others ($7). What waits for a person, or for a flow that has not heard of it, keeps
 * them: `kept_since` says from where the next run has to look again.
 */
export const EXPIRE_PAYLOADS = `
  WITH page AS MATERIALIZED (
    SELECT id, settled_at FROM operations
    WHERE tenant_id = $1 AND settled_at >= $2::timestamptz AND settled_at < $3::timestamptz
      AND (settled_at, id) > ($4::timestamptz, $5::uuid)
    ORDER BY settled_at, id LIMIT $6::int),
  due AS MATERIALIZED (
    SELECT o.id, p.settled_at FROM page p JOIN operations o ON o.id = p.id
    WHERE o.payload_expired_at IS NULL AND o.state <> 'needs_review' AND (o.policy = 'payment') = $7::boolean),
  free AS MATERIALIZED (
    SELECT o.id FROM operations o WHERE o.id = ANY (ARRAY(SELECT id FROM due))
      AND o.state <> 'needs_review' AND o.settled_at < $3::timestamptz
      AND (o.subscriber IS NULL OR o.delivered_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM operation_events e WHERE e.tenant_id = o.tenant_id AND e.operation_id = o.id)
    ORDER BY o.id FOR UPDATE SKIP LOCKED),
  expired AS (
    UPDATE operations o SET input = 'null', output = NULL, payload_expired_at = puente_now()
    WHERE o.id = ANY (ARRAY(SELECT id FROM free)) RETURNING o.id)
  SELECT (SELECT count(*)::int FROM page) AS looked, (SELECT count(*)::int FROM expired) AS removed,
    last.settled_at::text AS last_at, last.id AS last_id,
    (SELECT min(settled_at) FROM due WHERE id NOT IN (SELECT id FROM expired)) AS kept_since
  FROM (SELECT 1) one LEFT JOIN (SELECT * FROM page ORDER BY settled_at DESC, id DESC LIMIT 1) last ON true`;

/** $1 tenant, $2 days, $3 days of payments, $4 and $5 the row after which the page begins, $6 its size. */
export const REMOVE_OPERATIONS = `
  SELECT * FROM remove_old_operations($1::uuid, puente_now() - $2::int * interval '1 day',
    puente_now() - $3::int * interval '1 day', $4::timestamptz, $5::uuid, $6::int)`;

export const REMOVE_MARKS = `
  SELECT remove_old_marks(puente_now() - $1::int * interval '1 day', $2::int) AS removed`;

/** For how many days from now on, without a gap, the tries have a month of their own. */
export const DAYS_AHEAD = `
  SELECT extract(epoch FROM coalesce(min(month) FILTER (WHERE to_regclass('attempts_' || to_char(month, 'YYYYMM')) IS NULL),
      max(month)) - (puente_now() AT TIME ZONE 'UTC'))::float8 / 86400 AS days
  FROM generate_series(date_trunc('month', puente_now() AT TIME ZONE 'UTC'),
    date_trunc('month', puente_now() AT TIME ZONE 'UTC') + interval '36 months', interval '1 month') AS month`;

/** $1 how many months from now on. */
export const ADD_MONTH = `
  SELECT add_attempt_partition((date_trunc('month', puente_now() AT TIME ZONE 'UTC') + $1::int * interval '1 month')::date) AS added`;

export const DROP_MONTHS = `SELECT drop_attempt_partitions(puente_now() - $1::int * interval '1 day') AS dropped`;
