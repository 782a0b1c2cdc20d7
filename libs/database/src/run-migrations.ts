import { DataSource } from 'typeorm';
import { migrations } from './migrations';
import { MigrationsPendingError } from './database-errors';
import type { Queryable } from './transaction';

const LOCK = 7_164_100_001;

/**
 * Brings the schema up to date as `puente_owner` and answers with the names of what it ran. Two processes that start at
 * once wait for one another on an advisory lock; each migration is a transaction of its own.
 */
export async function runMigrations(ownerUrl: string): Promise<string[]> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    migrations: [...migrations],
    migrationsTransactionMode: 'each',
    installExtensions: false,
    poolSize: 2,
  });
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.query(`SELECT pg_advisory_lock($1)`, [LOCK]);
    const ran = await source.runMigrations();
    await lock.query(`GRANT SELECT ON migrations TO puente_app, puente_dispatch, puente_auth`);
    return ran.map(({ name }) => name);
  } finally {
    await lock.release();
    await source.destroy();
  }
}

/** Asks whether the schema is the one this program was built for. */
export async function pendingMigrations(db: Queryable): Promise<string[]> {
  const known = migrations.map((migration) => migration.name);
  const [table] = await db.query<{ found: string | null }>(`SELECT to_regclass('public.migrations')::text AS found`);
  if (!table?.found) return known;
  const ran = new Set((await db.query<{ name: string }>(`SELECT name FROM migrations`)).map(({ name }) => name));
  return known.filter((name) => !ran.has(name));
}

/** @throws {MigrationsPendingError} when the schema is not up to date */
export async function assertMigrated(db: Queryable): Promise<void> {
  const pending = await pendingMigrations(db);
  if (pending.length > 0) throw new MigrationsPendingError(pending);
}
