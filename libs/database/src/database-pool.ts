import type { AppError } from '@puente/kernel';
import { Pool, type PoolClient, type QueryConfig } from 'pg';
import { DatabaseUnavailableError } from './database-errors';
import type { PreparedStatement, Queryable } from './transaction';

export interface DatabasePoolOptions {
  readonly url: string;
  readonly max: number;
  readonly applicationName: string;
  /** How long a transaction may stand still between two statements before PostgreSQL ends it; 60 s when left out. */
  readonly idleInTransactionMs?: number;
  /** Settings of PostgreSQL for each connection. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * A pool of one role, for hand-written SQL. Subclasses are the injection tokens: which role a class works as is
 * visible in its constructor.
 */
export abstract class DatabasePool implements Queryable {
  protected readonly pool: Pool;

  constructor(options: DatabasePoolOptions) {
    this.pool = new Pool({
      connectionString: options.url,
      max: options.max,
      application_name: options.applicationName,
      connectionTimeoutMillis: 5_000,
      idle_in_transaction_session_timeout: options.idleInTransactionMs ?? 60_000,
      statement_timeout: 60_000,
      ...(options.settings ? { options: asOptions(options.settings) } : {}),
    });
    // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
    this.pool.on('error', () => undefined);
    // The same for a connection in somebody's hands, between two of its queries: the next query says what is wrong.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async query<Row>(sql: string | PreparedStatement, params: readonly unknown[] = []): Promise<Row[]> {
    const client = await this.connect();
    try {
      const result = await client.query(queryOf(sql, params));
      client.release();
      return result.rows as Row[];
    } catch (error) {
      client.release(isConnectionLost(error));
      throw error;
    }
  }

  /** Runs `work` in one transaction and rolls back when it throws. */
  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await this.connect();
    const tx: Queryable = {
      query: async <Row>(sql: string | PreparedStatement, params: readonly unknown[] = []) =>
        (await client.query(queryOf(sql, params))).rows as Row[],
    };
    try {
      await client.query('BEGIN');
      const result = await work(tx);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      const broken = isConnectionLost(error) || !(await rolledBack(client));
      client.release(broken);
      throw error;
    }
  }

  /** A connection of its own, for LISTEN. The caller releases it. */
  async connect(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (cause) {
      throw new DatabaseUnavailableError(cause) satisfies AppError;
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/**
 * A lane's row is locked by whoever settles a call on it. A worker that is frozen between that and its commit would keep
 * all others from settling, and so cost them their leases, for as long as it sleeps.
 */
const FROZEN_AFTER_MS = 1_000;

/** All tenants' operations, attempts, lanes and inbox; of credentials no more than when they were mended. */
export class DispatchDatabase extends DatabasePool {
  /**
   * Its statements were written for their indexes and are planned once per connection. So no plan may depend on how large
   * the tables happened to be at that moment: a worker that started on an empty ledger would read it whole at each claim.
   */
  constructor(options: DatabasePoolOptions) {
    super({
      ...options,
      idleInTransactionMs: FROZEN_AFTER_MS,
      settings: { enable_seqscan: 'off', enable_bitmapscan: 'off', jit: 'off', plan_cache_mode: 'force_generic_plan' },
    });
  }
}

/** Reads API keys by their prefix, and whether a tenant is active. */
export class AuthDatabase extends DatabasePool {}

/**
 * All rows of all tables, by a policy of its own, for what an administrator runs by hand and then ends: never part of a
 * process that serves requests or calls providers.
 */
export class OwnerDatabase extends DatabasePool {
  constructor(url: string, applicationName: string) {
    super({ url, max: 2, applicationName });
  }
}

function asOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** As the driver takes it. */
export function queryOf(sql: string | PreparedStatement, params: readonly unknown[]): QueryConfig<unknown[]> {
  const values = params as unknown[]; // pg does not write into it
  return typeof sql === 'string' ? { text: sql, values } : { name: sql.name, text: sql.sql, values };
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false; // the connection is gone, and PostgreSQL rolls back by itself
  }
}

/** Whether the error means that the connection is of no more use (SQLSTATE classes 08 and 57P, or a socket error). */
export function isConnectionLost(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^(08|57P)/.test(code)) return true;
  if (typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT)/.test(code)) return true;
  // The last one is TypeORM's word for a connection that broke between two statements.
  const said = /Connection terminated|connection timeout|not queryable|Query runner already released/i;
  return error instanceof Error && said.test(error.message);
}

/** Away, starting, shutting down, read-only, full, or out of connections: the same statement may do later. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError || isConnectionLost(error)) return true;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(53|57P|58|25006)/.test(code);
}

/**
 * A deadlock or a serialization failure: PostgreSQL undid this transaction so that another one could end. The same request
 * may do in a moment.
 */
export function isTransactionUndone(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '40001' || code === '40P01';
}
