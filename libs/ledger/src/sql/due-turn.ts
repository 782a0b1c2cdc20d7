import { FIRST_OF_ITS_KEY, scannedLanes } from './claim';
import { LANE_OPEN } from './lane-circuit';

/** What one turn sends of a kind. More than that is a backlog, which workers find by looking. */
export const MOST_PER_TURN = 1_000;

/** Of one lane; the others shall get their turn too. */
const LOST_PER_LANE = 20;

/** A commit may come a moment after the time it wrote down. What is due then is looked at in two turns. */
const OVERLAP = `interval '1 second'`;

/**
 * A turn at sending what had to wait and is due by now; for one worker at a time, no more often than every $1 ms. The
 * row says until when everything was sent, so a turn sends what became due since. `looks`: it is also time to look for
 * what was lost, every $2 ms. A clock that was put
 * back begins anew; one that is a little behind another statement's is none.
 */
export const TAKE_DUE_TURN = `
  WITH clock AS MATERIALIZED (SELECT puente_now() AS now),
  turn AS MATERIALIZED (
    SELECT t.due_until, t.lost_at <= clock.now OR t.lost_at > clock.now + 2 * $2::int * interval '1 ms' AS looks
    FROM dispatch_turn t, clock
    WHERE t.due_until <= clock.now - $1::int * interval '1 ms' OR t.due_until > clock.now + $1::int * interval '1 ms'
    FOR UPDATE OF t SKIP LOCKED),
  taken AS (
    UPDATE dispatch_turn t SET due_until = clock.now,
      lost_at = CASE WHEN turn.looks THEN clock.now + $2::int * interval '1 ms' ELSE t.lost_at END
    FROM turn, clock)
  SELECT turn.looks, o.id, o.tenant_id FROM turn LEFT JOIN LATERAL (
    SELECT id, tenant_id FROM operations
    WHERE state IN ('queued', 'unknown') AND NOT blocked AND next_attempt_at > updated_at
      AND next_attempt_at > turn.due_until - ${OVERLAP} AND next_attempt_at <= (SELECT now FROM clock)
    ORDER BY next_attempt_at LIMIT ${String(MOST_PER_TURN)}) o ON true`;

/**
 * What is due since $5 ms, may run, and was claimed by nobody: the oldest ones of each lane. $1 to $4 the lane after
 * which the scan begins, $6 how many at most.
 */
export const FIND_LOST = `
  WITH RECURSIVE clock AS MATERIALIZED (SELECT puente_now() AS now),
  ${scannedLanes(1)},
  open AS MATERIALIZED (
    SELECT s.* FROM scanned s LEFT JOIN lanes l USING (tenant_id, provider, lane_key)
    WHERE s.active AND ${LANE_OPEN}),
  lost AS MATERIALIZED (
    SELECT o.id, o.tenant_id FROM open CROSS JOIN LATERAL (
      SELECT o.id, o.tenant_id, o.next_attempt_at FROM operations o
      WHERE o.tenant_id = open.tenant_id AND o.provider = open.provider AND o.lane_key = open.lane_key
        AND o.priority = open.priority AND o.state IN ('queued', 'unknown') AND NOT o.blocked AND o.crashes < 2
        AND o.next_attempt_at <= (SELECT now FROM clock) - $5::int * interval '1 ms' AND ${FIRST_OF_ITS_KEY}
      ORDER BY o.next_attempt_at, o.seq LIMIT ${String(LOST_PER_LANE)}) o
    ORDER BY o.next_attempt_at LIMIT $6::int)
  SELECT ending.*, lost.* FROM (
    SELECT (SELECT count(*)::int FROM scanned) AS lanes,
      last.tenant_id AS last_tenant, last.provider AS last_provider, last.lane_key AS last_lane, last.priority AS last_priority
    FROM (SELECT 1) one LEFT JOIN (SELECT * FROM scanned ORDER BY n DESC LIMIT 1) last ON true) ending
  LEFT JOIN lost ON true`;
