import type { Queryable } from '@puente/database';
import { credentialPlace } from '../envelopes/credential-cipher';
import type { Place, WrappedDataKey } from '../envelopes/envelope';
import { dataKeyPlace } from '../envelopes/tenant-data-keys';

/** Rows read at a time: a few hundred kilobytes. */
const PAGE = 500;

/** One stored data key, as any of the columns holds it. */
export interface WrappedRow {
  readonly id: string;
  readonly tenantId: string;
  readonly provider: string | null;
  readonly version: number | null;
  /** JSON as it is stored, whatever somebody made of it. */
  readonly sealed: unknown;
  readonly kid: string | null;
  readonly writtenAt: Date | null;
}

/** A column whose values carry a data key that is wrapped under a key-encryption key. */
export interface WrappedColumn {
  readonly name: string;
  readonly place: (row: WrappedRow) => Place;
  /** Its rows that hold something, with the members of a {@link WrappedRow} except for `kid`. */
  readonly rows: string;
  /** Replaces the value $2 by $3 in row $1. Compare-and-set: what somebody saved meanwhile stays. */
  readonly replace: string;
}

/**
 * All columns with wrapped data keys; a test holds the schema to this list. Payloads (operations, notifications) are not
 * in it: they lie under the data key of their tenant, which stays the same when it is wrapped anew.
 */
export const WRAPPED_COLUMNS: readonly WrappedColumn[] = [
  {
    name: 'tenants.data_key',
    place: ({ id }) => dataKeyPlace(id),
    rows: `SELECT id, id AS "tenantId", NULL AS provider, NULL::int AS version, data_key AS sealed, created_at AS "writtenAt"
           FROM tenants WHERE data_key IS NOT NULL`,
    replace: `UPDATE tenants SET data_key = $3 WHERE id = $1 AND data_key = $2 RETURNING id`,
  },
  {
    name: 'integration_versions.envelope',
    place: (row) => placeOfCredentials(row, 'integration_versions.envelope'),
    rows: `SELECT v.id, v.tenant_id AS "tenantId", i.provider, v.version, v.envelope AS sealed, v.created_at AS "writtenAt"
           FROM integration_versions v JOIN tenant_integrations i ON i.tenant_id = v.tenant_id AND i.id = v.integration_id
           WHERE v.envelope <> '{}'`,
    replace: `UPDATE integration_versions SET envelope = $3 WHERE id = $1 AND envelope = $2 RETURNING id`,
  },
  {
    name: 'tenant_integrations.credentials',
    place: (row) => placeOfCredentials(row, 'tenant_integrations.credentials'),
    rows: `SELECT id, tenant_id AS "tenantId", provider, active_version AS version, credentials AS sealed,
                  NULL::timestamptz AS "writtenAt"
           FROM tenant_integrations WHERE credentials <> '{}'`,
    replace: `UPDATE tenant_integrations SET credentials = $3 WHERE id = $1 AND credentials = $2 RETURNING id`,
  },
];

/** How many stored data keys lie under one key in one column; a `kid` of null is no envelope at all. */
export interface KeyUse {
  readonly column: string;
  readonly kid: string | null;
  readonly rows: number;
}

export async function countUses(db: Queryable): Promise<KeyUse[]> {
  const uses: KeyUse[] = [];
  for (const { name, rows } of WRAPPED_COLUMNS) {
    const counted = await db.query<Omit<KeyUse, 'column'>>(
      `SELECT sealed ->> 'kid' AS kid, count(*)::int AS rows FROM (${rows}) stored GROUP BY 1 ORDER BY 1`,
    );
    uses.push(...counted.map((use) => ({ column: name, ...use })));
  }
  return uses;
}

/** How many stored data keys lie under this key, in all columns. */
export function rowsUnder(kid: string, uses: readonly KeyUse[]): number {
  return uses.reduce((sum, use) => sum + (use.kid === kid ? use.rows : 0), 0);
}

/** All rows of a column, or those that lie under another key than `except`, in pages by id. */
export async function* wrappedRows(db: Queryable, column: WrappedColumn, except?: string): AsyncGenerator<WrappedRow> {
  let after: string | null = null;
  for (;;) {
    const page: WrappedRow[] = await db.query<WrappedRow>(
      `SELECT stored.*, sealed ->> 'kid' AS kid FROM (${column.rows}) stored
       WHERE ($1::uuid IS NULL OR id > $1) AND ($2::text IS NULL OR sealed ->> 'kid' IS DISTINCT FROM $2)
       ORDER BY id LIMIT ${String(PAGE)}`,
      [after, except ?? null],
    );
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}

/** @returns false when the row is no longer the one that was read */
export async function replaceIn(
  db: Queryable,
  column: WrappedColumn,
  row: WrappedRow,
  by: WrappedDataKey,
): Promise<boolean> {
  const replaced = await db.query(column.replace, [row.id, JSON.stringify(row.sealed), JSON.stringify(by)]);
  return replaced.length === 1;
}

function placeOfCredentials(
  { id, tenantId, provider, version }: WrappedRow,
  column: 'integration_versions.envelope' | 'tenant_integrations.credentials',
): Place {
  return credentialPlace({ tenantId, provider: provider ?? '', column, rowId: id, version: version ?? 0 });
}
