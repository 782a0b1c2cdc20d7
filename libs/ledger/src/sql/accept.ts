import type { PreparedStatement } from '@puente/database';
import { HOLDS_KEY } from './order';
import type { JsonObject } from '@puente/kernel';

/** One request as the accepting statement reads it. What is undefined is not sent, and NULL there. */
export interface AcceptRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly provider: string;
  readonly operation: string;
  readonly integration: string;
  readonly lane_key: string;
  readonly order_key: string | undefined;
  readonly head_of_line: string;
  readonly effect: string;
  readonly on_unknown: string;
  readonly policy: string;
  readonly priority: number;
  /** Hex. */
  readonly request_hash: string;
  readonly input: JsonObject;
  readonly settle_ms: number;
  readonly key_window_ms: number | undefined;
  readonly deadline_at: string | undefined;
  readonly not_before: string | undefined;
  readonly subscriber: string | undefined;
  readonly replay_of: string | undefined;
  readonly trace_id: string | undefined;
  readonly route: string | undefined;
  readonly key: string | undefined;
  readonly subject_id: string;
  /** Take the key over from this operation, which ended without any effect. */
  readonly replaces: string | undefined;
  /** Synchronous: begins as running, under this lease. */
  readonly lease_ms: number | undefined;
  readonly lease_owner: string | undefined;
}

const COLUMNS = `id uuid, tenant_id uuid, provider text, operation text, integration text, lane_key text,
  order_key text, head_of_line text, effect text, on_unknown text, policy text, priority smallint, request_hash text, input jsonb,
  settle_ms int, key_window_ms bigint, deadline_at timestamptz, not_before timestamptz, subscriber text,
  replay_of uuid, trace_id text, route text, key text, subject_id uuid, replaces uuid, lease_ms int, lease_owner text`;

/**
 * Accepts with one order key happen one after another, so that `seq`, which is drawn before the commit, is also the
 * order of the commits. In a statement of its own: the next one's snapshot then sees what the others committed.
 * Sorted, so that two groups never wait for one another.
 */
export const LOCK_ORDER_KEYS = `
  SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(k.tenant_id || ':' || k.order_key, 0) AS key
    FROM jsonb_to_recordset($1::jsonb) AS k(tenant_id uuid, order_key text)
    WHERE k.order_key IS NOT NULL ORDER BY 1) AS sorted`;

/**
 * Keys and operations in one statement. The primary key of `idempotency_keys` is the lock: two requests at once meet
 * there, and the loser waits until the winner commits (then inserts nothing) or rolls back (then goes on). Sorted by key
 * for the same reason as above. Answers with the ids that are new.
 *
 * `replaces` is a compare-and-set: of two requests that want to begin anew, one finds the old operation under the key.
 */
export const ACCEPT: PreparedStatement = {
  name: 'accept_operations',
  sql: `
  WITH rows AS MATERIALIZED (SELECT * FROM ROWS FROM (json_to_recordset($1::json) AS (${COLUMNS})) WITH ORDINALITY),
  clock AS MATERIALIZED (SELECT puente_now() AS now),
  inserted AS (
    INSERT INTO idempotency_keys (tenant_id, route, key, request_hash, operation_id, subject_id, created_at)
    SELECT tenant_id, route, key, decode(request_hash, 'hex'), id, subject_id, (SELECT now FROM clock)
    FROM rows WHERE route IS NOT NULL AND replaces IS NULL ORDER BY tenant_id, route, key
    ON CONFLICT DO NOTHING RETURNING operation_id),
  taken_over AS (
    UPDATE idempotency_keys k SET operation_id = r.id, subject_id = r.subject_id, created_at = (SELECT now FROM clock)
    FROM rows r
    WHERE r.replaces IS NOT NULL AND k.tenant_id = r.tenant_id AND k.route = r.route AND k.key = r.key
      AND k.operation_id = r.replaces
    RETURNING k.operation_id),
  fresh AS MATERIALIZED (
    -- Without an order key there is nobody to look for, and nothing is looked for.
    SELECT r.*, r.order_key IS NOT NULL
        AND (row_number() OVER (PARTITION BY r.tenant_id, r.order_key ORDER BY r.ordinality) > 1 OR EXISTS (
          SELECT FROM operations e WHERE e.tenant_id = r.tenant_id AND e.order_key = r.order_key
            AND ${HOLDS_KEY('e')})) AS behind
    FROM rows r
    WHERE r.route IS NULL OR r.id IN (SELECT operation_id FROM inserted UNION ALL SELECT operation_id FROM taken_over))
  INSERT INTO operations (id, tenant_id, provider, operation, integration, lane_key, order_key, head_of_line, effect, on_unknown,
    policy, priority, route_key, request_hash, input, settle_ms, key_window_ms, deadline_at, subscriber, replay_of,
    trace_id, blocked, state, attempt, fence, sent_at, first_sent_at, lease_until, lease_owner,
    next_attempt_at, created_at, updated_at)
  SELECT f.id, f.tenant_id, f.provider, f.operation, f.integration, f.lane_key, f.order_key, f.head_of_line, f.effect, f.on_unknown,
    f.policy, f.priority, f.route || ':' || f.key, decode(f.request_hash, 'hex'), f.input, f.settle_ms,
    f.key_window_ms, f.deadline_at, f.subscriber, f.replay_of, f.trace_id,
    f.behind,
    CASE WHEN f.lease_ms IS NULL THEN 'queued' ELSE 'running' END,
    CASE WHEN f.lease_ms IS NULL THEN 0 ELSE 1 END, CASE WHEN f.lease_ms IS NULL THEN 0 ELSE 1 END,
    CASE WHEN f.lease_ms IS NOT NULL THEN clock.now END, CASE WHEN f.lease_ms IS NOT NULL THEN clock.now END,
    clock.now + f.lease_ms * interval '1 ms', f.lease_owner,
    coalesce(f.not_before, clock.now), clock.now, clock.now
  FROM fresh f CROSS JOIN clock ORDER BY f.ordinality
  RETURNING id, created_at, blocked`,
};

export interface FirstUse {
  readonly tenant_id: string;
  readonly route: string;
  readonly key: string;
  readonly request_hash: string;
  readonly operation_id: string;
  readonly subject_id: string;
  /** A synchronous caller holds it at this moment. */
  readonly open: boolean;
  /** Ended without any effect because of the credentials: the key may begin anew. */
  readonly may_begin_anew: boolean;
}

/** Who used these keys first. After the accept and never within it: only a new snapshot sees the winner's rows. */
export const FIND_FIRST_USES = `
  SELECT k.tenant_id, k.route, k.key, encode(k.request_hash, 'hex') AS request_hash, k.operation_id, k.subject_id,
    o.state = 'running' AND o.lease_owner LIKE 'api:%' AND o.lease_until > puente_now() AS open,
    o.state = 'rejected' AND o.failure = 'unauthorized' AS may_begin_anew
  FROM jsonb_to_recordset($1::jsonb) AS r(tenant_id uuid, route text, key text)
  JOIN idempotency_keys k ON k.tenant_id = r.tenant_id AND k.route = r.route AND k.key = r.key
  JOIN operations o ON o.tenant_id = k.tenant_id AND o.id = k.operation_id`;
