import type { TenantTransaction } from '@puente/database';
import { type DeliveryStatus, STATUS_SQL, WITH_OPERATION } from './delivery-status';

/** A delivery as people see it. */
export interface DeliverySummary {
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly endpointId: string;
  readonly status: DeliveryStatus;
  /** The newest one; null while it is held. */
  readonly operationId: string | null;
  /** Tries of the newest operation. */
  readonly attempts: number;
  /** When the next one is due; null when there is none. */
  readonly nextAttemptAt: Date | null;
  /** What the last try came to, unless it succeeded. */
  readonly lastCode: string | null;
  readonly lastStatus: number | null;
  /** How often it was sent anew. */
  readonly replays: number;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

export interface DeliveryRow extends DeliverySummary {
  /** Operations before the newest one, oldest first. */
  readonly earlier: readonly string[];
}

const COLUMNS = `d.id, d.event_id AS "eventId", e.type AS "eventType", d.endpoint_id AS "endpointId",
  ${STATUS_SQL} AS status, d.operation_id AS "operationId", coalesce(o.attempt, 0) AS attempts,
  CASE WHEN o.state IN ('queued', 'unknown') THEN o.next_attempt_at END AS "nextAttemptAt",
  CASE WHEN o.state <> 'succeeded' THEN coalesce(o.provider_code, o.failure) END AS "lastCode",
  CASE WHEN o.state <> 'succeeded' THEN o.provider_status END AS "lastStatus", cardinality(d.earlier) AS replays,
  d.created_at AS "createdAt", o.settled_at AS "settledAt", d.earlier`;

const FROM = `FROM webhook_deliveries d ${WITH_OPERATION}
  JOIN webhook_events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id`;

export interface DeliveryFilter {
  readonly endpointId?: string | undefined;
  readonly eventId?: string | undefined;
  readonly statuses?: readonly DeliveryStatus[] | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

const FILTERED = `${FROM}
  WHERE d.tenant_id = $1 AND ($2::uuid IS NULL OR d.endpoint_id = $2) AND ($3::uuid IS NULL OR d.event_id = $3)
    AND ($4::text[] IS NULL OR ${STATUS_SQL} = ANY ($4)) AND ($5::timestamptz IS NULL OR d.created_at >= $5)
    AND ($6::timestamptz IS NULL OR d.created_at < $6)`;

function paramsOf(tx: TenantTransaction, { endpointId, eventId, statuses, since, until }: DeliveryFilter): unknown[] {
  return [tx.tenantId, endpointId ?? null, eventId ?? null, statuses ?? null, since ?? null, until ?? null];
}

/** Newest first. @param before id before which the page begins */
export function listDeliveries(
  tx: TenantTransaction,
  filter: DeliveryFilter,
  before: string | undefined,
  size: number,
): Promise<DeliveryRow[]> {
  return tx.query<DeliveryRow>(
    `SELECT ${COLUMNS} ${FILTERED} AND ($7::uuid IS NULL OR d.id < $7) ORDER BY d.id DESC LIMIT $8`,
    [...paramsOf(tx, filter), before ?? null, size],
  );
}

/** Oldest first, for doing them again in their order; locked. @param after id after which the page begins */
export function lockDeliveries(
  tx: TenantTransaction,
  filter: DeliveryFilter,
  after: string | undefined,
  size: number,
): Promise<DeliveryRow[]> {
  return tx.query<DeliveryRow>(
    `SELECT ${COLUMNS} ${FILTERED} AND ($7::uuid IS NULL OR d.id > $7) ORDER BY d.id LIMIT $8 FOR UPDATE OF d`,
    [...paramsOf(tx, filter), after ?? null, size],
  );
}

export async function countDeliveries(tx: TenantTransaction, filter: DeliveryFilter): Promise<number> {
  const [row] = await tx.query<{ count: number }>(`SELECT count(*)::int AS count ${FILTERED}`, paramsOf(tx, filter));
  return row?.count ?? 0;
}

export async function findDelivery(tx: TenantTransaction, id: string, lock = false): Promise<DeliveryRow | undefined> {
  const [row] = await tx.query<DeliveryRow>(
    `SELECT ${COLUMNS} ${FROM} WHERE d.tenant_id = $1 AND d.id = $2 ${lock ? 'FOR UPDATE OF d' : ''}`,
    [tx.tenantId, id],
  );
  return row;
}

/** It goes on with another operation. */
export async function continueWith(tx: TenantTransaction, id: string, operationId: string): Promise<void> {
  await tx.query(
    `UPDATE webhook_deliveries
     SET earlier = CASE WHEN operation_id IS NULL THEN earlier ELSE earlier || operation_id END, operation_id = $3
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, operationId],
  );
}

/** Found by the first operation, whose id the delivery has, or by a later one: each with an index of its own. */
const FOLLOW = `
  WITH repeats AS MATERIALIZED (SELECT * FROM unnest($2::uuid[], $3::uuid[]) AS r(of, again)),
  found AS (
    SELECT d.id, r.again FROM repeats r JOIN webhook_deliveries d ON d.tenant_id = $1 AND d.id = r.of
    UNION ALL
    SELECT d.id, r.again FROM repeats r
    JOIN webhook_deliveries d ON d.tenant_id = $1 AND d.operation_id = r.of AND d.operation_id <> d.id)
  UPDATE webhook_deliveries d SET earlier = d.earlier || d.operation_id, operation_id = found.again
  FROM found WHERE d.tenant_id = $1 AND d.id = found.id AND d.operation_id IS NOT NULL`;

/** Those whose operations were done again go on with the new ones. */
export async function followRepeats(
  tx: TenantTransaction,
  repeats: readonly { readonly of: string; readonly operationId: string }[],
): Promise<void> {
  const [of, again] = [repeats.map((each) => each.of), repeats.map(({ operationId }) => operationId)];
  await tx.query(FOLLOW, [tx.tenantId, of, again]);
}
