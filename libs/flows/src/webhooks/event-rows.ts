import type { PreparedStatement, Queryable } from '@puente/database';
import type { JsonObject } from '@puente/kernel';

/** An endpoint that an event goes to. */
export interface Target {
  readonly endpointId: string;
  readonly payloadVersion: 1 | 2;
  readonly ordering: 'none' | 'fifo';
  readonly headOfLine: 'skip' | 'wait' | 'park';
  readonly enabled: boolean;
}

const TARGET = `e.id AS "endpointId", e.payload_version AS "payloadVersion", e.ordering,
  e.head_of_line AS "headOfLine", e.enabled`;

/** What is looked for: whoever subscribed to one of these patterns, of the tenant itself or of this user. */
export interface Wanted {
  readonly tenantId: string;
  readonly patterns: readonly string[];
  readonly userId: string | undefined;
  readonly exceptTo: string | undefined;
}

/**
 * For all events of a group at once. `OFFSET 0` makes each look one into the whole primary key, whatever the planner
 * thought of the tables while they were small: it once made a plan that took 20 s for 10,000 endpoints.
 */
const MATCH: PreparedStatement = {
  name: 'match_webhook_endpoints',
  sql: `
  SELECT g.n, ${TARGET}
  FROM jsonb_to_recordset($1::jsonb) AS g(n int, tenant_id uuid, patterns text[], users text[])
  CROSS JOIN LATERAL (
    SELECT DISTINCT s.endpoint_id FROM unnest(g.patterns) AS p(pattern) CROSS JOIN unnest(g.users) AS u(user_id)
    CROSS JOIN LATERAL (SELECT endpoint_id FROM webhook_subscriptions
      WHERE tenant_id = g.tenant_id AND pattern = p.pattern AND user_id = u.user_id OFFSET 0) AS s
  ) AS hit
  CROSS JOIN LATERAL (SELECT id, payload_version, ordering, head_of_line, enabled FROM webhook_endpoints
    WHERE tenant_id = g.tenant_id AND id = hit.endpoint_id OFFSET 0) AS e
  ORDER BY g.n, e.id`,
};

/** @returns the targets of each, in their order; as `puente_dispatch`, or as the one tenant they are all of */
export async function findTargets(db: Queryable, wanted: readonly Wanted[]): Promise<Target[][]> {
  const asked = wanted.map(({ tenantId, patterns, userId }, n) => {
    return { n, tenant_id: tenantId, patterns, users: userId === undefined ? [''] : ['', userId] };
  });
  const found = await db.query<Target & { readonly n: number }>(MATCH, [JSON.stringify(asked)]);
  const targets: Target[][] = wanted.map(() => []);
  for (const { n, ...target } of found) if (wanted[n]?.exceptTo !== target.endpointId) targets[n]?.push(target);
  return targets;
}

export async function findTarget(db: Queryable, tenantId: string, endpointId: string): Promise<Target | undefined> {
  const [target] = await db.query<Target>(
    `SELECT ${TARGET} FROM webhook_endpoints e WHERE tenant_id = $1 AND id = $2`,
    [tenantId, endpointId],
  );
  return target;
}

export type EventOrigin = 'api' | 'queue' | 'operation' | 'endpoint' | 'test';

export interface EventRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly event_id: string | null;
  /** Hex. */
  readonly request_hash: string | null;
  readonly type: string;
  readonly key: string | null;
  readonly user_id: string | null;
  readonly origin: EventOrigin;
  readonly payload: JsonObject;
  readonly deliveries: number;
  readonly held: number;
  readonly created_at: string;
}

export interface DeliveryRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  /** Null: held. */
  readonly operation_id: string | null;
  readonly created_at: string;
}

/** Sorted by what may be double, so that two groups never wait for one another. */
const INSERT_EVENTS: PreparedStatement = {
  name: 'insert_webhook_events',
  sql: `
  INSERT INTO webhook_events (id, tenant_id, event_id, request_hash, type, key, user_id, origin, payload, deliveries, held, created_at)
  SELECT id, tenant_id, event_id, decode(request_hash, 'hex'), type, key, user_id, origin, payload, deliveries, held, created_at
  FROM json_to_recordset($1::json) AS r(id uuid, tenant_id uuid, event_id text, request_hash text, type text, key text,
    user_id text, origin text, payload jsonb, deliveries int, held int, created_at timestamptz)
  ORDER BY tenant_id, event_id, id
  ON CONFLICT DO NOTHING RETURNING id`,
};

const INSERT_DELIVERIES: PreparedStatement = {
  name: 'insert_webhook_deliveries',
  sql: `
  INSERT INTO webhook_deliveries (id, tenant_id, event_id, endpoint_id, operation_id, created_at)
  SELECT id, tenant_id, event_id, endpoint_id, operation_id, created_at
  FROM json_to_recordset($1::json) AS r(id uuid, tenant_id uuid, event_id uuid, endpoint_id uuid, operation_id uuid,
    created_at timestamptz)`,
};

/** @returns the ids of those that are new: whose publisher's id nobody used before */
export async function insertEvents(tx: Queryable, rows: readonly EventRow[]): Promise<ReadonlySet<string>> {
  const inserted = await tx.query<{ id: string }>(INSERT_EVENTS, [JSON.stringify(rows)]);
  return new Set(inserted.map(({ id }) => id));
}

const PAGE = 1_000;

export async function insertDeliveries(tx: Queryable, rows: readonly DeliveryRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += PAGE)
    await tx.query(INSERT_DELIVERIES, [JSON.stringify(rows.slice(from, from + PAGE))]);
}

export interface FirstEvent {
  readonly tenant_id: string;
  readonly event_id: string;
  readonly id: string;
  readonly request_hash: string;
  readonly deliveries: number;
  readonly held: number;
}

/** Which events used these ids first. After the insert and never within it: only a new snapshot sees the winner's rows. */
export function findFirstEvents(
  db: Queryable,
  rows: readonly Pick<EventRow, 'tenant_id' | 'event_id'>[],
): Promise<FirstEvent[]> {
  return db.query<FirstEvent>(
    `SELECT e.tenant_id, e.event_id, e.id, encode(e.request_hash, 'hex') AS request_hash, e.deliveries, e.held
     FROM jsonb_to_recordset($1::jsonb) AS r(tenant_id uuid, event_id text)
     JOIN webhook_events e ON e.tenant_id = r.tenant_id AND e.event_id = r.event_id`,
    [JSON.stringify(rows.map(({ tenant_id, event_id }) => ({ tenant_id, event_id })))],
  );
}
