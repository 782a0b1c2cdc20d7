import { VIEW } from './read';

/**
 * Part of a statement that ends operations: a row for each consumer that wants to hear of it, in the same commit.
 * `ended` names a CTE with `id`, `tenant_id`, `provider`, `operation`, `state`; one called `clock` must stand before it.
 * `consumers` is the parameter with `OperationEventRegistry.consumers`. An operation's events are numbered in the order
 * in which they happened: the number is drawn while its row is locked.
 */
export function publishing(ended: string, consumers: string): string {
  return `published AS (
    INSERT INTO operation_events (tenant_id, consumer, operation_id, state, at, due_at)
    SELECT s.tenant_id, c.name, s.id, s.state, clock.now, clock.now
    FROM ${ended} s CROSS JOIN clock
    JOIN jsonb_to_recordset(${consumers}::jsonb) AS c(name text, states text[], providers text[], operations text[], tenants uuid[])
      ON s.state = ANY (c.states) AND (c.tenants IS NULL OR s.tenant_id = ANY (c.tenants)) AND (c.providers IS NULL OR s.provider = ANY (c.providers))
        AND (c.operations IS NULL OR s.provider || '.' || s.operation = ANY (c.operations)))`;
}

/**
 * As `puente_dispatch`: which tenants have something due for which of the consumers ($1), a step for each tenant and
 * consumer with events, however many they are. $2 and $3 say after whom to look, $4 how many steps.
 */
export const DUE_EVENTS = `
  WITH RECURSIVE clock AS MATERIALIZED (SELECT puente_now() AS now),
  streams(consumer, tenant_id, n) AS (
    (SELECT consumer, tenant_id, 1 FROM operation_events WHERE (consumer, tenant_id) > ($2::text, $3::uuid)
     ORDER BY consumer, tenant_id LIMIT 1)
    UNION ALL
    SELECT later.*, s.n + 1 FROM streams s CROSS JOIN LATERAL (
      SELECT e.consumer, e.tenant_id FROM operation_events e WHERE (e.consumer, e.tenant_id) > (s.consumer, s.tenant_id)
      ORDER BY e.consumer, e.tenant_id LIMIT 1) later
    WHERE s.n < $4::int)
  SELECT s.consumer, s.tenant_id, s.consumer = ANY ($1::text[]) AND EXISTS (
      SELECT FROM operation_events e WHERE e.consumer = s.consumer AND e.tenant_id = s.tenant_id
        AND e.due_at <= (SELECT now FROM clock)) AS due
  FROM streams s ORDER BY s.n`;

/**
 * In the tenant's context, inside the handler's transaction: what is due for consumer $1, at most $2, or only event $3.
 * Two pumps take different ones; a later event of an operation waits until the earlier one is delivered and gone.
 */
export const TAKE_EVENTS = `
  SELECT e.id::text AS event_id, e.state AS event_state, e.at AS event_at, e.failures AS event_failures, ${VIEW}
  FROM operation_events e JOIN operations o ON o.tenant_id = e.tenant_id AND o.id = e.operation_id
  WHERE e.tenant_id = current_tenant() AND e.consumer = $1 AND e.due_at <= puente_now()
    AND ($3::bigint IS NULL OR e.id = $3) AND NOT EXISTS (
      SELECT FROM operation_events f WHERE f.tenant_id = e.tenant_id AND f.operation_id = e.operation_id
        AND f.consumer = e.consumer AND f.id < e.id)
  ORDER BY e.due_at, e.id LIMIT $2 FOR UPDATE OF e SKIP LOCKED`;

export const REMOVE_EVENTS = `DELETE FROM operation_events WHERE tenant_id = current_tenant() AND id = ANY ($1::bigint[])`;

/** $1 the event, $2 ms until the next try. */
export const POSTPONE_EVENT = `
  UPDATE operation_events SET failures = failures + 1, due_at = puente_now() + $2::float8 * interval '1 ms'
  WHERE tenant_id = current_tenant() AND id = $1`;

/** As `puente_dispatch`: how much waits for whom, and since when; bounded, so that a backlog is cheap to measure. */
export const EVENT_DEPTHS = `
  SELECT consumer, count(*)::int AS depth,
    greatest(0, extract(epoch FROM (SELECT puente_now()) - min(at)))::float8 AS oldest_s
  FROM (SELECT consumer, at FROM operation_events LIMIT 100000) AS waiting GROUP BY consumer`;
