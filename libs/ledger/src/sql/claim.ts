import { LANE_CAP, LANE_OPEN, PROBE_MS } from './lane-circuit';
import { HOLDS_KEY } from './order';
import { prepared } from './prepared';

/** Lanes looked at in one claim. Beyond that the scan goes on next time where it ended. */
export const LANES_PER_CLAIM = 256;

/** Columns of a claimed operation, and what it waited for. */
const CLAIMED = `o.id, o.tenant_id, o.provider, o.operation, o.integration, o.lane_key, o.order_key, o.effect,
  o.on_unknown, o.policy, o.priority, o.mode, o.input, o.attempt, o.crashes, o.repeats, o.asks, o.maybe_sent, o.first_sent_at,
  o.settle_ms, o.key_window_ms::float8 AS key_window_ms, o.deadline_at, o.fence::text AS fence, o.trace_id,
  o.subscriber, o.lease_owner, o.next_attempt_at, o.created_at, (SELECT now FROM clock) AS leased_at`;

/** $1 owner, $2 lease in ms. A question (`reconcile`) is no try: it keeps `sent_at` and does not raise `attempt`. */
const TAKE = `state = 'running', mode = CASE WHEN o.state = 'unknown' THEN 'reconcile' ELSE 'call' END,
    fence = o.fence + 1, attempt = o.attempt + CASE WHEN o.state = 'unknown' THEN 0 ELSE 1 END,
    sent_at = CASE WHEN o.state = 'unknown' THEN o.sent_at END,
    lease_until = (SELECT now FROM clock) + $2::int * interval '1 ms', lease_owner = $1,
    updated_at = (SELECT now FROM clock)`;

/** Nothing of the same order key is in flight, and nothing that holds the key was accepted before it. `blocked` only spares looking. */
export const FIRST_OF_ITS_KEY = `(o.order_key IS NULL OR NOT EXISTS (
      SELECT FROM operations e WHERE e.tenant_id = o.tenant_id AND e.order_key = o.order_key AND e.id <> o.id
        AND ${HOLDS_KEY('e')} AND (e.state = 'running' OR e.seq < o.seq)))`;

const LANE = `tenant_id, provider, lane_key, priority`;

/**
 * Nothing is called in the name of a suspended or deleted tenant; what it has waits. No EXISTS: PostgreSQL would read all
 * tenants for it, at every claim, instead of looking up one for each step.
 */
const TENANT_ACTIVE = `(SELECT t.status = 'active' FROM tenants t WHERE t.id = o.tenant_id)`;

/**
 * Finds lanes with waiting work by a loose index scan: a step per lane, and one for all of a tenant that is not active.
 *
 * @param first number of the first of four parameters: the lane after which the scan begins
 */
export const scannedLanes = (
  first: number,
): string => `lane_scan(tenant_id, provider, lane_key, priority, active, n) AS (
    (SELECT ${LANE}, ${TENANT_ACTIVE}, 1 FROM operations o
     WHERE state IN ('queued', 'unknown') AND NOT blocked AND (${LANE}) > ($${String(first)}::uuid, $${String(first + 1)}::text, $${String(first + 2)}::text, $${String(first + 3)}::smallint)
     ORDER BY ${LANE} LIMIT 1)
    UNION ALL
    SELECT later.*, s.n + 1 FROM lane_scan s CROSS JOIN LATERAL (
      (SELECT ${LANE}, ${TENANT_ACTIVE} FROM operations o
       WHERE s.active AND o.state IN ('queued', 'unknown') AND NOT o.blocked
         AND (o.tenant_id, o.provider, o.lane_key, o.priority) > (s.tenant_id, s.provider, s.lane_key, s.priority)
       ORDER BY ${LANE} LIMIT 1)
      UNION ALL
      (SELECT ${LANE}, ${TENANT_ACTIVE} FROM operations o
       WHERE NOT s.active AND o.state IN ('queued', 'unknown') AND NOT o.blocked AND o.tenant_id > s.tenant_id
       ORDER BY ${LANE} LIMIT 1)) later
    WHERE s.n < ${String(LANES_PER_CLAIM)}),
  scanned AS MATERIALIZED (SELECT * FROM lane_scan)`;

/** The lanes of the operations that are offered, $8; found by their ids, however much waits beside them. */
const OFFERED_LANES = `offered AS MATERIALIZED (
    SELECT o.* FROM operations o WHERE o.id = ANY ($8::uuid[]) AND o.state IN ('queued', 'unknown') AND NOT o.blocked),
  scanned AS MATERIALIZED (
    SELECT l.*, row_number() OVER () AS n FROM (
      SELECT DISTINCT ${LANE}, ${TENANT_ACTIVE} AS active FROM offered o) l)`;

/**
 * The lanes in which something may be claimed, and how much: `room`, null where nobody counts. Where it is counted, lanes
 * take turns: their rows are locked, skipping those that another claim has, and dropped when one has counted since our
 * snapshot (`claims`). So two workers never take the same room, and no claim waits for another.
 */
const openLanes = (caps: string): string => `open AS MATERIALIZED (
    SELECT s.tenant_id, s.provider, s.lane_key, s.priority, l.claims, coalesce(l.opened > 0, false) AS half_open,
      coalesce(l.failures > 0 OR l.opened > 0, false) AS noted,
      CASE WHEN l.opened > 0 THEN 1 WHEN ${LANE_CAP} IS NOT NULL THEN ${LANE_CAP} - (
        SELECT count(*)::int FROM operations r WHERE r.state = 'running' AND r.tenant_id = s.tenant_id
          AND r.provider = s.provider AND r.lane_key = s.lane_key) END AS room
    FROM scanned s LEFT JOIN lanes l USING (tenant_id, provider, lane_key)
    LEFT JOIN unnest(${caps}) AS d(provider, cap) USING (provider)
    WHERE s.active AND ${LANE_OPEN}),
  turns AS MATERIALIZED (
    SELECT l.tenant_id, l.provider, l.lane_key FROM lanes l
    JOIN (SELECT DISTINCT tenant_id, provider, lane_key, claims FROM open WHERE room > 0) AS o
      USING (tenant_id, provider, lane_key)
    WHERE l.claims = o.claims AND ${LANE_OPEN} FOR UPDATE OF l SKIP LOCKED),
  made AS (
    INSERT INTO lanes (tenant_id, provider, lane_key, updated_at)
    SELECT DISTINCT o.tenant_id, o.provider, o.lane_key, (SELECT now FROM clock)
    FROM open o WHERE o.room IS NOT NULL AND o.claims IS NULL ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING RETURNING 1)`;

/** What of all that waits may be taken at all, with its turn. */
const CANDIDATES = `held AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($4::jsonb) AS h(tenant_id uuid, provider text, lane_key text, n int)),
  candidates AS MATERIALIZED (
    SELECT o.id, o.next_attempt_at, coalesce(lane.n, 0) + o.nth <= $5::int AS modest, coalesce(tenant.n, 0)
      + row_number() OVER (PARTITION BY o.tenant_id
        ORDER BY coalesce(lane.n, 0) + o.nth > $5::int, o.priority, o.next_attempt_at, o.seq) AS turn
    FROM waiting o LEFT JOIN held AS lane USING (tenant_id, provider, lane_key)
    LEFT JOIN (SELECT tenant_id, sum(n) AS n FROM held GROUP BY 1) AS tenant USING (tenant_id)
    WHERE o.room IS NULL OR o.nth <= o.room)`;

/** Takes turns over `candidates`, and takes those that nobody else took meanwhile. */
const TAKEN = `picked AS MATERIALIZED (
    SELECT id FROM (SELECT id, turn, modest,
        row_number() OVER (ORDER BY turn > $6::int, turn, next_attempt_at) AS place FROM candidates) c
    WHERE place <= $3::int
      AND (turn <= $6::int OR place <= $3::int - CASE WHEN modest THEN $7::int / 2 ELSE $7::int END)),
  due AS MATERIALIZED (
    SELECT id FROM operations WHERE id = ANY (ARRAY(SELECT id FROM picked))
      AND state IN ('queued', 'unknown') AND next_attempt_at <= (SELECT now FROM clock)
    FOR UPDATE SKIP LOCKED),
  claimed AS (
    UPDATE operations o SET ${TAKE} WHERE o.id = ANY (ARRAY(SELECT id FROM due)) RETURNING ${CLAIMED})`;

/** Tells the next claim that this one has counted; of a half-open lane, who probes it. */
const COUNTED = `counted AS (
    UPDATE lanes l SET claims = l.claims + 1,
      probe_until = CASE WHEN l.opened > 0
        THEN (SELECT now FROM clock) + ($2::int + ${String(PROBE_MS)}) * interval '1 ms' ELSE l.probe_until END,
      probe_operation = CASE WHEN l.opened > 0 THEN c.ids[1] ELSE l.probe_operation END
    FROM (SELECT tenant_id, provider, lane_key, array_agg(id) AS ids FROM claimed GROUP BY 1, 2, 3) c
    JOIN turns t USING (tenant_id, provider, lane_key)
    WHERE (l.tenant_id, l.provider, l.lane_key) = (c.tenant_id, c.provider, c.lane_key))`;

/**
 * A fair claim. Drops parked and paused lanes; each open lane offers its oldest due operations; tenants take turns, those
 * with the fewest in flight first. `SKIP LOCKED` lets workers claim side by side, and the recheck under the lock makes a
 * claim that another worker won match nothing: a lost, doubled or late hint is harmless for the same reason.
 *
 * Beyond its share ($6) a tenant gets what nobody else wants, except the reserve ($7): a tenant whose calls all hang
 * leaves room for the others. The same holds among the lanes of a tenant ($5), for which half of the reserve is kept: one
 * provider that swallows all calls stops neither other tenants nor the tenant's other providers.
 *
 * A half-open lane offers one operation, its probe; one with a cap offers what the cap leaves.
 *
 * $3 free places, $4 what each lane has in flight here. Answers with at least one row, which tells of the claim
 * as a whole.
 *
 * @param lanes makes `scanned`: the lanes in which work may be due
 * @param rows where their operations are
 * @param caps two arrays: providers, and how many calls at once they declare for each of their lanes
 * @param most candidates of a lane
 * @param told columns about the claim as a whole
 */
const fairClaim = ({
  lanes,
  rows,
  caps,
  most,
  told,
}: Readonly<Record<'lanes' | 'rows' | 'caps' | 'most' | 'told', string>>) => `
  WITH RECURSIVE clock AS MATERIALIZED (SELECT puente_now() AS now),
  ${lanes},
  ${openLanes(caps)},
  waiting AS MATERIALIZED (
    SELECT o.*, open.tenant_id, open.provider, open.lane_key, open.room,
      row_number() OVER (PARTITION BY open.tenant_id, open.provider, open.lane_key
        ORDER BY o.priority, o.next_attempt_at, o.seq) AS nth
    FROM open CROSS JOIN LATERAL (
      SELECT o.id, o.priority, o.next_attempt_at, o.seq FROM ${rows} o
      WHERE o.tenant_id = open.tenant_id AND o.provider = open.provider AND o.lane_key = open.lane_key
        AND o.priority = open.priority AND o.state IN ('queued', 'unknown') AND NOT o.blocked
        AND o.next_attempt_at <= (SELECT now FROM clock) AND o.crashes < 2 AND ${FIRST_OF_ITS_KEY}
      ORDER BY o.next_attempt_at, o.seq
      LIMIT CASE WHEN open.room IS NULL THEN ${most} ELSE greatest(0, least($3::int, open.room)) END) o
    WHERE open.room IS NULL
      OR (open.tenant_id, open.provider, open.lane_key) IN (SELECT t.tenant_id, t.provider, t.lane_key FROM turns t)),
  ${CANDIDATES},
  ${TAKEN},
  ${COUNTED}
  SELECT ending.*, claimed.*, coalesce(about.half_open, false) AS lane_probe,
    coalesce(about.noted, false) AS lane_noted, coalesce(about.narrow, false) AS lane_narrow FROM (
    SELECT (SELECT count(*)::int FROM candidates) AS candidates, (SELECT count(*)::int FROM picked) AS picked,
      (SELECT count(*)::int FROM made) AS made, ${told}) ending
  LEFT JOIN claimed ON true
  LEFT JOIN (SELECT DISTINCT tenant_id, provider, lane_key, half_open, noted, room IS NOT NULL AS narrow FROM open
    WHERE noted OR room IS NOT NULL) about USING (tenant_id, provider, lane_key)`;

/** Whatever is due. $8 to $11 the lane after which the scan begins, $12 and $13 caps; the answer says where it ended. */
export const CLAIM = prepared(
  'claim',
  fairClaim({
    lanes: scannedLanes(8),
    rows: 'operations',
    caps: '$12::text[], $13::int[]',
    most: '$3::int',
    told: `(SELECT count(*)::int FROM scanned) AS lanes,
      last.tenant_id AS last_tenant, last.provider AS last_provider, last.lane_key AS last_lane, last.priority AS last_priority
    FROM (SELECT 1) one LEFT JOIN (SELECT * FROM scanned ORDER BY n DESC LIMIT 1) last ON true`,
  }),
);

/**
 * What is due of the operations whose ids a queue brought, $8 ($9 and $10 caps): the same claim in every other respect. `left_over` might
 * have been claimed here, had there been room for more of their tenant.
 */
export const CLAIM_OFFERED = prepared(
  'claim_offered',
  fairClaim({
    lanes: OFFERED_LANES,
    rows: 'offered',
    caps: '$9::text[], $10::int[]',
    most: 'cardinality($8::uuid[])',
    told: `ARRAY(SELECT id FROM candidates EXCEPT SELECT id FROM picked) AS left_over`,
  }),
);

/** Of an active tenant and in an open lane. */
const MAY_RUN = `${TENANT_ACTIVE} AND NOT EXISTS (SELECT FROM lanes l WHERE l.tenant_id = o.tenant_id
      AND l.provider = o.provider AND l.lane_key = o.lane_key AND NOT (${LANE_OPEN}))`;

/** One operation that crashed its worker before, for a worker that holds nothing else. */
export const CLAIM_QUARANTINED = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  due AS MATERIALIZED (
    SELECT o.id FROM operations o
    WHERE o.state IN ('queued', 'unknown') AND o.crashes >= 2 AND NOT o.blocked
      AND o.next_attempt_at <= (SELECT now FROM clock) AND ${FIRST_OF_ITS_KEY} AND ${MAY_RUN}
    ORDER BY o.next_attempt_at LIMIT 1 FOR UPDATE OF o SKIP LOCKED)
  UPDATE operations o SET ${TAKE} WHERE o.id = ANY (ARRAY(SELECT id FROM due))
  RETURNING ${CLAIMED}, false AS lane_probe, true AS lane_noted, false AS lane_narrow`;

/** Whether the next one is worth letting everything in flight end for: one that has to wait anyway is not. */
export const ANY_QUARANTINED = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now)
  SELECT EXISTS (SELECT FROM operations o WHERE o.state IN ('queued', 'unknown') AND o.crashes >= 2 AND NOT o.blocked
    AND o.next_attempt_at <= (SELECT now FROM clock) AND ${MAY_RUN}) AS waiting`;

/**
 * The write-ahead mark: committed before a call that must not be made twice, so that a worker found dead tells whether
 * it may have made it. Refused once the lease has run out. It also stretches the lease over the whole call: a worker
 * that freezes in the middle has given up the call before anybody else may take over. Locks in order of id, like every
 * statement over a group here, so that they never deadlock.
 */
export const MARK_SENT = prepared(
  'mark_sent',
  `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  u AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::int[]) AS u(id, fence, hold_ms)),
  locked AS MATERIALIZED (
    SELECT id FROM operations WHERE id = ANY (ARRAY(SELECT id FROM u)) ORDER BY id FOR UPDATE)
  UPDATE operations o SET sent_at = clock.now, first_sent_at = coalesce(o.first_sent_at, clock.now),
    lease_until = greatest(o.lease_until, clock.now + u.hold_ms * interval '1 ms')
  FROM u, clock
  WHERE o.id = ANY (ARRAY(SELECT id FROM locked)) AND o.id = u.id AND o.fence = u.fence AND o.state = 'running'
    AND o.lease_until > clock.now
  RETURNING o.id, o.fence::text AS fence`,
);

/**
 * A row that does not come back has another owner, or none: its call must stop. Never shortens what a mark stretched.
 * Waits for nobody: a row that somebody holds at the moment is left for the next beat, or one settle that waits for its
 * lane would cost all the other leases of the process.
 */
export const HEARTBEAT = prepared(
  'heartbeat',
  `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  u AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::bigint[]) AS u(id, fence)),
  held AS MATERIALIZED (
    SELECT o.id, o.fence FROM operations o JOIN u ON u.id = o.id AND u.fence = o.fence WHERE o.state = 'running'),
  locked AS MATERIALIZED (
    SELECT id FROM operations WHERE id = ANY (ARRAY(SELECT id FROM held)) FOR UPDATE SKIP LOCKED),
  renewed AS (
    UPDATE operations o SET lease_until = greatest(o.lease_until, clock.now + $3::int * interval '1 ms')
    FROM u, clock
    WHERE o.id = ANY (ARRAY(SELECT id FROM locked)) AND o.id = u.id AND o.fence = u.fence AND o.state = 'running'
    RETURNING o.id)
  SELECT h.id, h.fence::text AS fence, r.id IS NOT NULL AS renewed FROM held h LEFT JOIN renewed r ON r.id = h.id`,
);

/** A lease that is still the asker's. Not renewed when its row was locked at the moment. */
export interface Beaten {
  readonly id: string;
  readonly fence: string;
  readonly renewed: boolean;
}
