import type { JsonObject } from '@puente/kernel';
import { publishing } from './events';
import { prepared } from './prepared';
import { HOLDS_KEY } from './order';

/** One decided operation as the settling statement reads it; what is left out is null. */
export interface SettleRow {
  readonly id: string;
  readonly fence: string;
  readonly state: string;
  readonly delay_ms: number;
  readonly maybe_sent: boolean;
  readonly attempt: number;
  readonly repeats: number;
  readonly crashes: number;
  readonly asks: number;
  readonly forget_sent: boolean;
  readonly failure?: string | undefined;
  readonly provider_code?: string | undefined;
  readonly provider_status?: number | undefined;
  readonly failure_message?: string | undefined;
  readonly output?: JsonObject | undefined;
}

export interface SettleTry {
  readonly id: string;
  readonly fence: string;
  readonly number: number;
  readonly mode: string;
  readonly owner: string;
  /** On the database's clock, as the worker carried it on since the claim. */
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_ms: number;
  readonly outcome: string;
  readonly is_repeat: boolean;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  readonly excerpt?: string | undefined;
}

const TRIES = `id uuid, fence bigint, number int, mode text, owner text, started_at timestamptz, ended_at timestamptz,
      duration_ms int, outcome text, is_repeat boolean, code text, status int, excerpt text`;
const TRY_COLUMNS = `tenant_id, operation_id, fence, number, mode, owner, started_at, ended_at, duration_ms, outcome,
      provider_code, provider_status, excerpt, repeat, applied`;
const TRY_VALUES = `t.id, t.fence, t.number, t.mode, t.owner, t.started_at, t.ended_at, t.duration_ms, t.outcome,
      t.code, t.status, t.excerpt, t.is_repeat`;

/**
 * The results of a group, $1, and their tries, $2. Compare-and-set on the fence: whoever lost the lease changes nothing,
 * with one exception. A late *success* is evidence that the effect exists, so it ends whatever the operation has become
 * meanwhile, even a run by another worker, but nothing that is final. What is not among the answers did not apply:
 * {@link SETTLE_NOTHING} looks after its tries, and after what was written already.
 *
 * The transition trigger and the checks of the table stand behind all this.
 */
const SETTLED = `
  WITH u AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS u(id uuid, fence bigint, state text, delay_ms float8, maybe_sent boolean,
      attempt int, repeats int, crashes int, asks int, forget_sent boolean, failure text, provider_code text,
      provider_status int, failure_message text, output jsonb)),
  clock AS MATERIALIZED (SELECT puente_now() AS now),
  locked AS MATERIALIZED (
    SELECT id FROM operations WHERE id = ANY (ARRAY(SELECT id FROM u)) ORDER BY id FOR UPDATE),
  settled AS (
    UPDATE operations o SET
      state = u.state,
      next_attempt_at = clock.now + u.delay_ms * interval '1 ms',
      maybe_sent = CASE WHEN o.fence = u.fence THEN u.maybe_sent ELSE o.maybe_sent END,
      attempt = CASE WHEN o.fence = u.fence THEN u.attempt ELSE o.attempt END,
      repeats = CASE WHEN o.fence = u.fence THEN u.repeats ELSE o.repeats END,
      crashes = CASE WHEN o.fence = u.fence THEN u.crashes ELSE o.crashes END,
      asks = CASE WHEN o.fence = u.fence THEN u.asks ELSE o.asks END,
      first_sent_at = CASE WHEN o.fence = u.fence AND u.forget_sent THEN NULL ELSE o.first_sent_at END,
      sent_at = CASE WHEN u.state = 'queued' THEN NULL ELSE o.sent_at END,
      failure = u.failure, provider_code = u.provider_code, provider_status = u.provider_status,
      failure_message = u.failure_message, output = u.output,
      blocked = false, lease_until = NULL, lease_owner = NULL, updated_at = clock.now,
      settled_at = CASE WHEN u.state IN ('queued', 'unknown') THEN NULL ELSE clock.now END,
      delivered_at = NULL
    FROM u, clock
    WHERE o.id = ANY (ARRAY(SELECT id FROM locked)) AND o.id = u.id
      AND ((o.fence = u.fence AND o.state = 'running')
        OR (u.state = 'succeeded' AND o.state IN ('queued', 'running', 'unknown', 'needs_review')))
    RETURNING o.id, u.fence, o.tenant_id, o.provider, o.operation, o.state)`;

const TRIED = `
  tried AS (
    INSERT INTO attempts (${TRY_COLUMNS})
    SELECT s.tenant_id, ${TRY_VALUES}, true
    FROM json_to_recordset($2::json) AS t(${TRIES}) JOIN settled s ON s.id = t.id AND s.fence = t.fence)
  SELECT id, fence::text AS fence FROM settled`;

export const SETTLE = prepared('settle', `${SETTLED},${TRIED}`);

/** The same, told to those who subscribed ($3). A text of its own: an insert of no rows is not free. */
export const SETTLE_AND_PUBLISH = prepared('settle_and_publish', `${SETTLED}, ${publishing('settled', '$3')},${TRIED}`);

/**
 * What did not apply, $1 and $2 its ids and fences: either the lease was lost, then its tries, $3, leave their rows all
 * the same; or it was written before, by a settle whose commit was not acknowledged. Answers with the latter. A
 * statement of its own: its snapshot sees what the settle before had to wait for, and nearly no settle needs it.
 */
export const SETTLE_NOTHING = prepared(
  'settle_nothing',
  `
  WITH u AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS u(id, fence)),
  earlier AS MATERIALIZED (
    SELECT u.id, u.fence, bool_or(a.applied) AS applied
    FROM u JOIN attempts a ON a.operation_id = u.id AND a.fence = u.fence GROUP BY 1, 2),
  tried AS (
    INSERT INTO attempts (${TRY_COLUMNS})
    SELECT o.tenant_id, ${TRY_VALUES}, false
    FROM json_to_recordset($3::json) AS t(${TRIES}) JOIN operations o ON o.id = t.id
    WHERE NOT EXISTS (SELECT FROM earlier e WHERE e.id = t.id AND e.fence = t.fence))
  SELECT id, fence::text AS fence FROM earlier WHERE applied`,
);

/**
 * Crashed workers. One UPDATE and not a decision per row in the process: a sweeper that dies leaves nothing half done,
 * and two at once skip each other's rows. The locked version of the row is judged, not the snapshot's: a mark or a
 * heartbeat that came first stretched the lease, and the recheck then drops the row. The CASEs are `decide(…, crashed)`;
 * a test compares them over all combinations. $1 crash cap, $2 who is told.
 */
export const SWEEP = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  expired AS MATERIALIZED (
    SELECT o.*, o.mode = 'call' AND CASE WHEN o.effect = 'idempotent'
        THEN o.key_window_ms IS NULL OR o.first_sent_at IS NOT NULL ELSE o.sent_at IS NOT NULL END AS sent
    FROM operations o WHERE o.state = 'running' AND o.lease_until < (SELECT now FROM clock)
    ORDER BY o.lease_until LIMIT 500 FOR UPDATE SKIP LOCKED),
  judged AS MATERIALIZED (
    SELECT x.*, x.maybe_sent OR x.sent AS may_exist,
      CASE WHEN x.crashes + 1 >= $1::int
             THEN CASE WHEN NOT (x.maybe_sent OR x.sent) THEN 'exhausted'
                       WHEN x.on_unknown = 'drop' THEN 'dropped' ELSE 'needs_review' END
           WHEN x.mode = 'reconcile' THEN 'unknown'
           WHEN NOT x.sent OR x.effect = 'idempotent' THEN 'queued'
           WHEN x.effect = 'reconcilable' THEN 'unknown'
           WHEN x.on_unknown = 'review' THEN 'needs_review'
           WHEN x.on_unknown = 'drop' THEN 'dropped' ELSE 'queued' END AS next
    FROM expired x),
  swept AS (
    UPDATE operations o SET
      state = j.next, crashes = j.crashes + 1, fence = j.fence + 1, maybe_sent = j.may_exist,
      attempt = j.attempt - CASE WHEN j.next = 'queued' AND NOT j.sent THEN 1 ELSE 0 END,
      repeats = j.repeats + CASE WHEN j.next = 'queued' AND j.sent AND j.effect = 'once' THEN 1 ELSE 0 END,
      asks = CASE WHEN j.next = 'unknown' AND j.mode = 'call' THEN 0 ELSE j.asks END,
      first_sent_at = CASE WHEN j.next = 'queued' AND NOT j.may_exist THEN NULL ELSE j.first_sent_at END,
      sent_at = CASE WHEN j.next = 'queued' THEN NULL ELSE j.sent_at END,
      next_attempt_at = clock.now
        + CASE WHEN j.next = 'unknown' AND j.mode = 'call' THEN j.settle_ms ELSE 0 END * interval '1 ms',
      failure = 'unknown:crash', provider_code = NULL, provider_status = NULL,
      failure_message = 'The worker stopped answering while it held this operation.',
      lease_until = NULL, lease_owner = NULL, updated_at = clock.now,
      settled_at = CASE WHEN j.next IN ('queued', 'unknown') THEN NULL ELSE clock.now END, delivered_at = NULL
    FROM judged j, clock WHERE o.id = j.id
    RETURNING o.id, o.tenant_id, o.provider, o.operation, o.order_key, o.subscriber, o.state, o.crashes),
  ${publishing('swept', '$2')},
  tried AS (
    INSERT INTO attempts (tenant_id, operation_id, fence, number, mode, owner, started_at, ended_at, duration_ms,
      outcome, repeat, applied)
    SELECT j.tenant_id, j.id, j.fence + 1, j.attempt, j.mode, j.lease_owner, coalesce(j.sent_at, j.updated_at), clock.now,
      greatest(0, least(2147483647, extract(epoch FROM clock.now - coalesce(j.sent_at, j.updated_at)) * 1000))::int,
      'crash', j.mode = 'call' AND j.maybe_sent AND j.repeats > 0, true
    FROM judged j CROSS JOIN clock)
  SELECT * FROM swept`;

/**
 * Lets the next one of each order key ($1) come forward. A hint and no truth: the claim looks for itself. A statement
 * of its own after the settle, since only a new snapshot sees what was accepted meanwhile.
 */
export const UNBLOCK = `
  WITH keys AS MATERIALIZED (SELECT DISTINCT * FROM jsonb_to_recordset($1::jsonb) AS k(tenant_id uuid, order_key text)),
  heads AS MATERIALIZED (
    SELECT head.id FROM keys k CROSS JOIN LATERAL (
      SELECT id FROM operations o WHERE o.tenant_id = k.tenant_id AND o.order_key = k.order_key
        AND ${HOLDS_KEY('o')} ORDER BY o.seq LIMIT 1) head)
  UPDATE operations SET blocked = false WHERE id = ANY (ARRAY(SELECT id FROM heads)) AND blocked RETURNING id, tenant_id`;

/** One that came forward. */
export interface Unblocked {
  readonly id: string;
  readonly tenant_id: string;
}

export function unblockedRefs(rows: readonly Unblocked[]): { readonly id: string; readonly tenantId: string }[] {
  return rows.map(({ id, tenant_id: tenantId }) => ({ id, tenantId }));
}

/**
 * The same for every key with somebody waiting: repairs what a process that died between settle and {@link UNBLOCK}
 * left, and an accept that saw its predecessor alive while that one was being settled. $1, $2: key after which to look.
 */
export const UNBLOCK_ALL = `
  WITH RECURSIVE keys(tenant_id, order_key, n) AS (
    (SELECT tenant_id, order_key, 1 FROM operations WHERE blocked AND (tenant_id, order_key) > ($1::uuid, $2::text)
     ORDER BY tenant_id, order_key LIMIT 1)
    UNION ALL
    SELECT later.*, k.n + 1 FROM keys k CROSS JOIN LATERAL (
      SELECT o.tenant_id, o.order_key FROM operations o
      WHERE o.blocked AND (o.tenant_id, o.order_key) > (k.tenant_id, k.order_key)
      ORDER BY o.tenant_id, o.order_key LIMIT 1) later
    WHERE k.n < 1000),
  looked AS MATERIALIZED (SELECT * FROM keys),
  heads AS MATERIALIZED (
    SELECT head.id FROM looked k CROSS JOIN LATERAL (
      SELECT id FROM operations o WHERE o.tenant_id = k.tenant_id AND o.order_key = k.order_key
        AND ${HOLDS_KEY('o')} ORDER BY o.seq LIMIT 1) head),
  freed AS (
    UPDATE operations SET blocked = false WHERE id = ANY (ARRAY(SELECT id FROM heads)) AND blocked RETURNING id)
  SELECT (SELECT count(*)::int FROM freed) AS freed, count(*)::int AS looked,
    (SELECT tenant_id FROM looked ORDER BY n DESC LIMIT 1) AS last_tenant,
    (SELECT order_key FROM looked ORDER BY n DESC LIMIT 1) AS last_key
  FROM looked`;
