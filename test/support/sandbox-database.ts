import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';

/** Where the embedded PostgreSQL of a sandbox listens, and under which role. */
export function databaseUrl(dataDir: string, role: 'owner' | 'app' | 'dispatch' | 'auth'): string {
  const passwords = JSON.parse(readFileSync(path.join(dataDir, 'database-passwords.json'), 'utf8')) as Record<
    typeof role,
    string
  >;
  // Fourth line of the lock file: https://www.postgresql.org/docs/current/storage-file-layout.html
  const port = readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3] ?? '';
  return `postgres://puente_${role}:${encodeURIComponent(passwords[role])}@127.0.0.1:${port}/puente`;
}

/** The sandbox's database as its owner sees it: what somebody with a backup or a stolen password could do. */
export function asDatabaseOwner<T>(dataDir: string, work: (client: Client) => Promise<T>): Promise<T> {
  return connected(dataDir, 'owner', work);
}

/** As the application: under row-level security, in a transaction that is taken back, for one tenant or for none. */
export function asApplication<T>(
  dataDir: string,
  tenantId: string | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  return connected(dataDir, 'app', async (client) => {
    await client.query('BEGIN');
    if (tenantId !== undefined) await client.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
    try {
      return await work(client);
    } finally {
      await client.query('ROLLBACK');
    }
  });
}

async function connected<T>(dataDir: string, role: 'owner' | 'app', work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl(dataDir, role) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
