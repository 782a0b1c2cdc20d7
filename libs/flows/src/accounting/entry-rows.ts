import type { TenantTransaction } from '@puente/database';
import type { OperationState } from '@puente/ledger';
import type { EntryKind } from './accounting-routes.schemas';
import type { Direction } from './load-call';

export type EntryOrigin = 'api' | 'queue';

/** What is written when an entry is accepted. */
export interface NewEntry {
  readonly id: string;
  readonly kind: EntryKind;
  readonly route: string;
  readonly routesVersion: number;
  readonly entryKey: string;
  /** Hexadecimal. */
  readonly requestHash: string;
  readonly origin: EntryOrigin;
  readonly messageId: string | null;
  readonly reference: string | null;
  readonly direction: Direction | null;
  /** Digits: a bigint has more than a double carries. */
  readonly amountMinor: string | null;
  readonly currency: string | null;
  readonly integration: string;
  readonly operationId: string;
}

export interface EntryRow extends Omit<NewEntry, 'requestHash'> {
  readonly earlier: readonly string[];
  /** Of its newest operation, while there is one. */
  readonly state: OperationState | null;
  readonly code: string | null;
  readonly problem: string | null;
  readonly nextAttemptAt: Date | null;
  readonly odooId: string | null;
  readonly duplicate: boolean | null;
  readonly settledAt: Date | null;
  readonly repeats: number;
  readonly conflicts: number;
  readonly conflictAt: Date | null;
  readonly createdAt: Date;
}

const COLUMNS = `e.id, e.kind, e.route, e.routes_version AS "routesVersion", e.entry_key AS "entryKey", e.origin,
  e.message_id AS "messageId", e.reference, e.direction, e.amount_minor AS "amountMinor", e.currency, e.integration,
  e.operation_id AS "operationId", e.earlier, coalesce(o.state, e.state) AS state,
  CASE WHEN o.id IS NULL THEN e.code ELSE coalesce(o.provider_code, o.failure) END AS code,
  CASE WHEN o.id IS NULL THEN e.problem ELSE o.failure_message END AS problem,
  CASE WHEN o.state IN ('queued', 'unknown') THEN o.next_attempt_at END AS "nextAttemptAt",
  e.odoo_id AS "odooId", e.duplicate, e.settled_at AS "settledAt", e.repeats, e.conflicts,
  e.conflict_at AS "conflictAt", e.created_at AS "createdAt"`;

/** What an operation is doing is known by the operation; the entry keeps how it ended. */
const FROM = `FROM accounting_entries e
  LEFT JOIN operations o ON o.tenant_id = e.tenant_id AND o.id = e.operation_id`;

/**
 * Those whose keys are new: the unique key is the lock, and two that come at once meet there. In one order, so that two
 * batches never wait for each other.
 *
 * @returns their ids
 */
export async function insertEntries(tx: TenantTransaction, entries: readonly NewEntry[]): Promise<Set<string>> {
  if (entries.length === 0) return new Set();
  const inserted = await tx.query<{ id: string }>(
    `INSERT INTO accounting_entries (id, tenant_id, kind, route, routes_version, entry_key, request_hash, origin,
       message_id, reference, direction, amount_minor, currency, integration, operation_id, created_at)
     SELECT id, $1, kind, route, "routesVersion", "entryKey", decode("requestHash", 'hex'), origin, "messageId", reference,
       direction, "amountMinor", currency, integration, "operationId", puente_now()
     FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (id uuid, kind text, route text, "routesVersion" int, "entryKey" text,
       "requestHash" text, origin text, "messageId" text, reference text, direction text, "amountMinor" bigint,
       currency text, integration text, "operationId" uuid)) WITH ORDINALITY AS given
     ORDER BY "entryKey", ordinality
     ON CONFLICT (tenant_id, entry_key) DO NOTHING RETURNING id`,
    [tx.tenantId, JSON.stringify(entries)],
  );
  return new Set(inserted.map(({ id }) => id));
}

export interface FirstEntry {
  readonly id: string;
  readonly entryKey: string;
  readonly requestHash: string;
}

export function findFirstEntries(tx: TenantTransaction, keys: readonly string[]): Promise<FirstEntry[]> {
  if (keys.length === 0) return Promise.resolve([]);
  return tx.query<FirstEntry>(
    `SELECT id, entry_key AS "entryKey", encode(request_hash, 'hex') AS "requestHash" FROM accounting_entries
     WHERE tenant_id = $1 AND entry_key = ANY ($2)`,
    [tx.tenantId, keys],
  );
}

/** They came again: as they were, or with other contents. */
export async function noteRepeats(
  tx: TenantTransaction,
  { same, other }: { readonly same: readonly string[]; readonly other: readonly string[] },
): Promise<void> {
  if (same.length + other.length === 0) return;
  await tx.query(
    `WITH seen AS (
       SELECT id, count(*) FILTER (WHERE same)::int AS repeats, count(*) FILTER (WHERE NOT same)::int AS conflicts
       FROM (SELECT unnest($2::uuid[]) AS id, true AS same UNION ALL SELECT unnest($3::uuid[]), false) each GROUP BY id)
     UPDATE accounting_entries e SET repeats = e.repeats + seen.repeats, conflicts = e.conflicts + seen.conflicts,
       conflict_at = CASE WHEN seen.conflicts > 0 THEN puente_now() ELSE e.conflict_at END
     FROM seen WHERE e.tenant_id = $1 AND e.id = seen.id`,
    [tx.tenantId, same, other],
  );
}

export interface EntryFilter {
  readonly kind: EntryKind;
  readonly states?: readonly OperationState[] | undefined;
  readonly reference?: string | undefined;
  readonly route?: string | undefined;
  readonly conflicted?: boolean | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/** Newest first, from before `beforeId` on. */
export function listEntries(
  tx: TenantTransaction,
  filter: EntryFilter,
  beforeId: string | undefined,
  limit: number,
): Promise<EntryRow[]> {
  const params: unknown[] = [tx.tenantId];
  const where = ['e.tenant_id = $1'];
  const and = (condition: (param: string) => string, value: unknown): void => {
    if (value === undefined) return;
    params.push(value);
    where.push(condition(`$${String(params.length)}`));
  };
  and((param) => `e.kind = ${param}`, filter.kind);
  and((param) => `e.id < ${param}::uuid`, beforeId);
  and((param) => `coalesce(o.state, e.state) = ANY (${param})`, filter.states);
  and((param) => `e.reference = ${param}`, filter.reference);
  and((param) => `e.route = ${param}`, filter.route);
  and((param) => `(e.conflicts > 0) = ${param}`, filter.conflicted);
  and((param) => `e.created_at >= ${param}`, filter.createdFrom);
  and((param) => `e.created_at < ${param}`, filter.createdBefore);
  params.push(limit);
  return tx.query<EntryRow>(
    `SELECT ${COLUMNS} ${FROM} WHERE ${where.join(' AND ')} ORDER BY e.id DESC LIMIT $${String(params.length)}`,
    params,
  );
}

export async function findEntry(tx: TenantTransaction, kind: EntryKind, id: string): Promise<EntryRow | undefined> {
  const [row] = await tx.query<EntryRow>(
    `SELECT ${COLUMNS} ${FROM} WHERE e.tenant_id = $1 AND e.kind = $2 AND e.id = $3`,
    [tx.tenantId, kind, id],
  );
  return row;
}

/** Those whose operations were done again go on with the new ones. */
export async function followRepeats(
  tx: TenantTransaction,
  repeats: readonly { readonly of: string; readonly operationId: string }[],
): Promise<void> {
  const [of, again] = [repeats.map((each) => each.of), repeats.map(({ operationId }) => operationId)];
  await tx.query(
    `UPDATE accounting_entries e SET earlier = e.earlier || e.operation_id, operation_id = r.again, state = NULL,
       code = NULL, problem = NULL, settled_at = NULL
     FROM unnest($2::uuid[], $3::uuid[]) AS r(of, again) WHERE e.tenant_id = $1 AND e.operation_id = r.of`,
    [tx.tenantId, of, again],
  );
}

export interface EntryEnd {
  readonly operationId: string;
  readonly state: OperationState;
  readonly code: string | null;
  readonly problem: string | null;
  readonly odooId: number | null;
  readonly duplicate: boolean | null;
  readonly settledAt: Date | null;
}

/** Written by its newest operation alone: an older one that speaks late changes nothing. */
export async function endEntry(tx: TenantTransaction, end: EntryEnd): Promise<void> {
  await tx.query(
    `UPDATE accounting_entries SET state = $3, code = $4, problem = $5, odoo_id = coalesce($6, odoo_id),
       duplicate = coalesce($7, duplicate), settled_at = coalesce($8, puente_now())
     WHERE tenant_id = $1 AND operation_id = $2`,
    [tx.tenantId, end.operationId, end.state, end.code, end.problem, end.odooId, end.duplicate, end.settledAt],
  );
}
