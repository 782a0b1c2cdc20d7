import type { TenantTransaction } from '@puente/database';
import type { HeadOfLine } from '@puente/ledger';
import { LONGEST_TIMEOUT_S } from '@puente/providers/webhooks';
import type { SigningKey } from './signing-keys';
import type { Ordering } from './webhooks.schemas';

/** An endpoint as people see it; URL, header names and rate limit are its integration's. */
export interface EndpointRow {
  readonly id: string;
  readonly url: string;
  readonly headerNames: readonly string[];
  readonly ratePerSecond: number | null;
  readonly timeoutSeconds: number;
  readonly description: string;
  readonly eventTypes: readonly string[];
  readonly userId: string | null;
  readonly payloadVersion: 1 | 2;
  readonly ordering: Ordering;
  readonly headOfLine: HeadOfLine;
  readonly enabled: boolean;
  readonly disabledReason: 'admin' | 'gone' | 'failing' | null;
  readonly disabledAt: Date | null;
  readonly failingSince: Date | null;
  readonly signingKeys: readonly SigningKey[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const COLUMNS = `e.id, coalesce(i.config ->> 'url', '') AS url, coalesce(i.config -> 'headerNames', '[]') AS "headerNames",
  (i.config ->> 'ratePerSecond')::int AS "ratePerSecond",
  coalesce((i.config ->> 'timeoutSeconds')::int, ${String(LONGEST_TIMEOUT_S)}) AS "timeoutSeconds", e.description, e.event_types AS "eventTypes",
  e.user_id AS "userId", e.payload_version AS "payloadVersion", e.ordering, e.head_of_line AS "headOfLine", e.enabled,
  e.disabled_reason AS "disabledReason", e.disabled_at AS "disabledAt", e.failing_since AS "failingSince",
  e.signing_keys AS "signingKeys", e.created_at AS "createdAt", e.updated_at AS "updatedAt"`;

const FROM = `FROM webhook_endpoints e LEFT JOIN tenant_integrations i
  ON i.tenant_id = e.tenant_id AND i.provider = 'webhooks' AND i.name = e.id::text`;

export async function findEndpoint(tx: TenantTransaction, id: string): Promise<EndpointRow | undefined> {
  const [row] = await tx.query<EndpointRow>(`SELECT ${COLUMNS} ${FROM} WHERE e.tenant_id = $1 AND e.id = $2`, [
    tx.tenantId,
    id,
  ]);
  return row;
}

/** Locked until the transaction ends: administrators, outcomes and upkeep change an endpoint one by one. */
export async function lockEndpoint(tx: TenantTransaction, id: string): Promise<EndpointRow | undefined> {
  await tx.query(`SELECT FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [tx.tenantId, id]);
  return findEndpoint(tx, id);
}

export interface EndpointFilter {
  readonly userId?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** Newest first. @param before id before which the page begins */
export function listEndpoints(
  tx: TenantTransaction,
  { userId, enabled }: EndpointFilter,
  before: string | undefined,
  size: number,
): Promise<EndpointRow[]> {
  return tx.query<EndpointRow>(
    `SELECT ${COLUMNS} ${FROM}
     WHERE e.tenant_id = $1 AND ($2::uuid IS NULL OR e.id < $2) AND ($3::text IS NULL OR e.user_id = $3)
       AND ($4::boolean IS NULL OR e.enabled = $4)
     ORDER BY e.id DESC LIMIT $5`,
    [tx.tenantId, before ?? null, userId ?? null, enabled ?? null, size],
  );
}

/** What of an endpoint lies in its own row. */
export type EndpointFields = Pick<
  EndpointRow,
  'id' | 'description' | 'eventTypes' | 'userId' | 'payloadVersion' | 'ordering' | 'headOfLine'
>;

/** Inserts it, or writes over what it was; and how events find it. */
export async function saveEndpoint(tx: TenantTransaction, fields: EndpointFields): Promise<void> {
  const { id, description, eventTypes, userId, payloadVersion, ordering, headOfLine } = fields;
  await tx.query(
    `INSERT INTO webhook_endpoints (id, tenant_id, description, event_types, user_id, payload_version, ordering,
       head_of_line, signing_keys, created_at, updated_at)
     VALUES ($2, $1, $3, $4, $5, $6, $7, $8, '[]', puente_now(), puente_now())
     ON CONFLICT (tenant_id, id) DO UPDATE SET description = excluded.description, event_types = excluded.event_types,
       user_id = excluded.user_id, payload_version = excluded.payload_version, ordering = excluded.ordering,
       head_of_line = excluded.head_of_line, updated_at = puente_now()`,
    [tx.tenantId, id, description, eventTypes, userId, payloadVersion, ordering, headOfLine],
  );
  await tx.query(`DELETE FROM webhook_subscriptions WHERE tenant_id = $1 AND endpoint_id = $2`, [tx.tenantId, id]);
  await tx.query(
    `INSERT INTO webhook_subscriptions (tenant_id, pattern, user_id, endpoint_id)
     SELECT $1, pattern, coalesce($3, ''), $2 FROM unnest($4::text[]) AS pattern`,
    [tx.tenantId, id, userId, eventTypes],
  );
}

export async function saveKeys(
  tx: TenantTransaction,
  id: string,
  keys: readonly SigningKey[],
  expireAt: string | null,
): Promise<void> {
  await tx.query(
    `UPDATE webhook_endpoints SET signing_keys = $3, keys_expire_at = $4, updated_at = puente_now()
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, JSON.stringify(keys), expireAt],
  );
}

/** @param reason null: it is enabled, and has not begun to fail */
export async function saveState(
  tx: TenantTransaction,
  id: string,
  reason: EndpointRow['disabledReason'],
): Promise<void> {
  await tx.query(
    `UPDATE webhook_endpoints
     SET enabled = $3::text IS NULL, disabled_reason = $3, disabled_at = CASE WHEN $3::text IS NOT NULL THEN puente_now() END,
         failing_since = CASE WHEN $3::text IS NULL THEN NULL ELSE failing_since END, updated_at = puente_now()
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, reason],
  );
}

/** Its deliveries stay, to be seen with their events. */
export async function deleteEndpoint(tx: TenantTransaction, id: string): Promise<void> {
  await tx.query(`DELETE FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2`, [tx.tenantId, id]);
}

/** @param since null: it is not failing any more */
export async function saveFailing(tx: TenantTransaction, id: string, since: Date | null): Promise<void> {
  await tx.query(`UPDATE webhook_endpoints SET failing_since = $3 WHERE tenant_id = $1 AND id = $2`, [
    tx.tenantId,
    id,
    since,
  ]);
}
