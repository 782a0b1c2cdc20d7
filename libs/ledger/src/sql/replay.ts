import { WHOLE } from './act';

/**
 * Replays of a tenant happen one after another: of two at once, the second sees what the first made. In a statement of
 * its own, since only the next one's snapshot does.
 */
export const LOCK_REPLAYS = `SELECT pg_advisory_xact_lock(hashtext('puente.replay'), hashtext(current_tenant()::text))`;

/** Of the tenant in context, like all of these: the newest there is. What a replay makes must not be in its own pages. */
export const NEWEST = `SELECT coalesce(max(seq), 0)::text AS seq FROM operations`;

/**
 * A page of what may be replayed, locked: $1 provider, $2 integration, $3 operation, $4 states, $5 and $6 created from
 * and before, $7 and $8 settled from and before, $9 ids; after seq $10, up to seq $11, at most $12. `replayed`: there is
 * a newer one of it, which would have to be replayed instead.
 */
export const REPLAY_PAGE = `
  WITH page AS MATERIALIZED (
    SELECT id FROM operations o
    WHERE ($1::text IS NULL OR o.provider = $1) AND ($2::text IS NULL OR o.integration = $2)
      AND ($3::text IS NULL OR o.operation = $3) AND ($4::text[] IS NULL OR o.state = ANY ($4))
      AND ($5::timestamptz IS NULL OR o.created_at >= $5) AND ($6::timestamptz IS NULL OR o.created_at < $6)
      AND ($7::timestamptz IS NULL OR o.settled_at >= $7) AND ($8::timestamptz IS NULL OR o.settled_at < $8)
      AND ($9::uuid[] IS NULL OR o.id = ANY ($9)) AND o.seq > $10::bigint AND o.seq <= $11::bigint
    ORDER BY o.seq LIMIT $12::int)
  SELECT ${WHOLE}, EXISTS (
      SELECT FROM operations r WHERE r.tenant_id = o.tenant_id AND r.replay_of = o.id) AS replayed
  FROM operations o WHERE o.id = ANY (ARRAY(SELECT id FROM page)) ORDER BY o.id FOR UPDATE OF o`;

/** The operation that does $1 again, if there is one. */
export const REPEAT_OF = `SELECT id FROM operations WHERE tenant_id = current_tenant() AND replay_of = $1 LIMIT 1`;

const REPLAY = `id, seq::text AS seq, idempotency_key, request, actor, items, skipped, next, created_at`;

export const INSERT_REPLAY = `
  INSERT INTO replays (id, tenant_id, idempotency_key, request, actor, items, skipped, next, created_at)
  VALUES ($1, current_tenant(), $2, $3::jsonb, $4, $5::jsonb, $6::jsonb, $7, puente_now())
  RETURNING ${REPLAY}`;

/** $1 key, $2 the request that came with it now. */
export const REPLAY_OF_KEY = `
  SELECT ${REPLAY}, request = $2::jsonb AS same FROM replays WHERE idempotency_key = $1`;
/** Newest first: before seq $1, at most $2. */
export const LIST_REPLAYS = `
  SELECT id, seq::text AS seq, actor, jsonb_array_length(items) AS replayed, jsonb_array_length(skipped) AS skipped,
    created_at AS "createdAt"
  FROM replays r WHERE $1::bigint IS NULL OR r.seq < $1 ORDER BY r.seq DESC LIMIT $2::int`;

export const GET_REPLAY = `SELECT ${REPLAY} FROM replays WHERE id = $1`;

/** What has become of them so far. */
export const REPLAY_STATES = `
  SELECT state, count(*)::int AS n FROM operations WHERE id = ANY ($1::uuid[]) GROUP BY state`;
