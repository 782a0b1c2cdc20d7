/** Columns of {@link OperationView}; `output` is still sealed. */
export const VIEW = `o.id, o.seq::text AS seq, o.tenant_id, o.provider, o.operation, o.integration, o.lane_key, o.order_key,
  o.effect, o.on_unknown, o.state, o.attempt, o.repeats, o.maybe_sent, o.output, o.failure, o.provider_code,
  o.provider_status, o.failure_message, o.replay_of, o.payload_expired_at, o.route_key, o.next_attempt_at, o.deadline_at, o.created_at,
  o.updated_at, o.settled_at, (extract(epoch FROM o.settled_at) * 1000000)::bigint::text AS settled_micros`;

/** In the tenant's context: another tenant's row is not there. */
export const GET = `SELECT ${VIEW} FROM operations o WHERE o.id = $1`;

const FILTERED = `SELECT ${VIEW} FROM operations o
  WHERE ($1::text IS NULL OR o.provider = $1) AND ($2::text IS NULL OR o.integration = $2)
    AND ($3::text IS NULL OR o.operation = $3) AND ($4::text[] IS NULL OR o.state = ANY ($4))
    AND ($5::text IS NULL OR o.route_key = $5)
    AND ($6::timestamptz IS NULL OR o.created_at >= $6) AND ($7::timestamptz IS NULL OR o.created_at < $7)`;

/** Newest first. $8 the sequence number before which the page begins, $9 its size. */
export const LIST = `${FILTERED} AND ($8::bigint IS NULL OR o.seq < $8) ORDER BY o.seq DESC LIMIT $9`;

/** In the order of their settlement. $8 since when, $9 and $10 the row after which the page begins, $11 its size. */
export const LIST_SETTLED = `${FILTERED} AND o.settled_at >= $8::timestamptz
    AND ($9::bigint IS NULL OR (o.settled_at, o.id) > ('epoch'::timestamptz + $9 * interval '1 microsecond', $10::uuid))
  ORDER BY o.settled_at, o.id LIMIT $11`;

/** As `puente_dispatch`: which of these are settled. */
export const SETTLED_AMONG = `SELECT id FROM operations WHERE id = ANY ($1::uuid[]) AND settled_at IS NOT NULL`;

/** By fence, which is the order of the claims; times are only as exact as the way to the database is short. */
export const ATTEMPTS = `
  SELECT number, mode, started_at, ended_at, duration_ms, outcome, provider_code, provider_status, excerpt, repeat, applied
  FROM attempts WHERE operation_id = $1 ORDER BY fence, number`;

/** Settled operations whose flow has not been told. Keyset over pages: one that keeps failing does not hide the rest. */
export const UNDELIVERED = `
  SELECT id, tenant_id, subscriber, settled_at::text AS settled_at FROM operations
  WHERE subscriber IS NOT NULL AND delivered_at IS NULL AND settled_at IS NOT NULL AND subscriber = ANY ($1::text[])
    AND (settled_at, id) > ($2::timestamptz, $3::uuid)
  ORDER BY settled_at, id LIMIT 200`;

/**
 * Inside the handler's transaction: the row lock makes two pumps take turns, and the second finds it delivered. A
 * handler that throws takes this back with everything else.
 */
export const DELIVER = `
  UPDATE operations o SET delivered_at = puente_now()
  WHERE o.id = $1 AND o.delivered_at IS NULL AND o.settled_at IS NOT NULL RETURNING ${VIEW}`;

/**
 * Each part reads one partial index and is bounded: a backlog of millions does not make measuring it expensive. What a
 * suspended tenant has waits on purpose, and nobody should be woken for it.
 */
export const DEPTHS = `
  WITH active AS MATERIALIZED (SELECT id FROM tenants WHERE status = 'active')
  SELECT state, count(*)::int AS depth, greatest(0, extract(epoch FROM (SELECT puente_now()) - min(since)))::float8 AS oldest_s
  FROM (
    (SELECT state, next_attempt_at AS since FROM operations
     WHERE state IN ('queued', 'unknown') AND NOT blocked AND tenant_id IN (SELECT id FROM active) LIMIT 100000)
    UNION ALL (SELECT state, next_attempt_at FROM operations
     WHERE blocked AND tenant_id IN (SELECT id FROM active) LIMIT 100000)
    UNION ALL (SELECT state, updated_at FROM operations WHERE state = 'running' LIMIT 100000)
    UNION ALL (SELECT state, settled_at FROM operations
     WHERE state = 'needs_review' AND tenant_id IN (SELECT id FROM active) LIMIT 100000)) AS live
  GROUP BY state`;
