import type { ExportedRows, TenantTable } from '@puente/database';

/** How much a page holds: a payload has up to a megabyte, and all of a page is in memory at once. */
const MOST_ROWS = 500;
const MOST_BYTES = 4 * 1_024 * 1_024;

export interface PageQuery {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/**
 * The rows of a table after a key, in the order of its key. The first one of a page always comes, however large; the
 * size that counts is the stored one, which PostgreSQL knows without reading the payload.
 */
export function pageOf(
  { table, key }: TenantTable,
  rows: ExportedRows,
  withPayloads: boolean,
  after: readonly unknown[] | undefined,
): PageQuery {
  const order = key.join(', ');
  const places = key.map((_, at) => `$${String(at + 1)}`).join(', ');
  const rest = `tenant_id = current_tenant()${after ? ` AND (${order}) > (${places})` : ''}`;
  const params = after ?? [];
  const sealed = withPayloads ? (rows.sealed ?? []) : [];
  const limit = `ORDER BY ${order} LIMIT ${String(MOST_ROWS)}`;
  if (sealed.length === 0)
    return { sql: `SELECT ${selection(rows, key)} FROM ${table} WHERE ${rest} ${limit}`, params };
  const size = sealed.map((column) => `coalesce(pg_column_size(${column}), 0)`).join(' + ');
  const sql = `
    WITH sized AS (SELECT ${order}, ${size} AS bytes FROM ${table} WHERE ${rest} ${limit}),
    page AS (SELECT ${order}, sum(bytes) OVER (ORDER BY ${order}) - bytes AS bytes_before FROM sized)
    SELECT ${selection(rows, [...key, ...sealed])} FROM ${table} JOIN page USING (${order})
    WHERE tenant_id = current_tenant() AND bytes_before < ${String(MOST_BYTES)} ORDER BY ${order}`;
  return { sql, params };
}

/** The rows of a table that belong to these of another one. */
export function partsOf({ table, key }: TenantTable, rows: ExportedRows, column: string, ids: unknown): PageQuery {
  const sql = `SELECT ${selection(rows, key)} FROM ${table}
    WHERE tenant_id = current_tenant() AND ${column} = ANY ($1::uuid[]) ORDER BY ${key.join(', ')}`;
  return { sql, params: [ids] };
}

function selection({ columns, utc = [] }: ExportedRows, more: readonly string[]): string {
  const named = (column: string): string =>
    utc.includes(column) ? `${column} AT TIME ZONE 'UTC' AS ${column}` : column;
  return [...new Set([...columns, ...more])].map(named).join(', ');
}

/** A row as its line shows it: names as in the REST API, bytes in hexadecimal. */
export function lineOf(
  { line, columns }: ExportedRows,
  row: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const shown = columns.map((column) => [camelCase(column), shownValue(row[column])]);
  return { type: line, ...(Object.fromEntries(shown) as object) };
}

function shownValue(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('hex') : value;
}

function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
