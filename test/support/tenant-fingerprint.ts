import type { Client } from 'pg';
import { sandboxDataDir } from './sandbox';
import { asDatabaseOwner } from './sandbox-database';

/** Change with every refused request: who was refused is written down, and when a key was last used. */
const AUDIT = ['audit_entries', 'audit_heads'];
/** What each process writes some seconds later about calls that were made long before. */
const COUNTS = ['provider_minutes'];
const VOLATILE = `- 'last_used_at'`;

const TABLES = `
  SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
  ORDER BY 1`;

/** Every table that has rows of tenants. */
export function tenantTables(client: Client): Promise<string[]> {
  return client.query<{ name: string }>(TABLES).then(({ rows }) => rows.map(({ name }) => name));
}

/** A hash over all rows of a tenant, table by table, as the database's owner sees them: equal means that nothing changed. */
export function fingerprintOf(tenantId: string): Promise<Readonly<Record<string, string>>> {
  return asDatabaseOwner(sandboxDataDir(), async (client) => {
    const tables = await tenantTables(client);
    const hashes: [string, string][] = [];
    for (const name of [...tables.filter((table) => ![...AUDIT, ...COUNTS].includes(table)), 'tenants']) {
      const { rows } = await client.query<{ hash: string }>(
        `SELECT count(*) || ' rows ' || coalesce(md5(string_agg(row, '' ORDER BY row)), '') AS hash
         FROM (SELECT md5((to_jsonb(t) ${VOLATILE})::text) AS row FROM ${name} t WHERE ${name === 'tenants' ? 'id' : 'tenant_id'} = $1) r`,
        [tenantId],
      );
      hashes.push([name, rows[0]?.hash ?? '']);
    }
    return Object.fromEntries(hashes);
  });
}
