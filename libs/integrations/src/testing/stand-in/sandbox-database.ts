import type { PoolClient, QueryResultRow } from 'pg';
import { Pool } from 'pg';

export interface SandboxQueryOptions {
  /** A name makes it a prepared statement: for the few statements of the hot path. */
  readonly name?: string;
}

/**
 * The stand-ins' own database. Everything they promise to remember is committed here before they answer, so that a
 * killed sandbox wakes up with the queues, topics and the record of effects it had.
 */
export class SandboxDatabase {
  private readonly pool: Pool;

  constructor(url: string, connections = 12) {
    this.pool = new Pool({
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
      application_name: 'puente-stand-ins',
    });
    // A server that goes away is reported by the next query; without a listener it would end the process.
    this.pool.on('error', () => undefined);
  }

  /** One statement in its own transaction: when this resolves it is committed. */
  async query<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
    options: SandboxQueryOptions = {},
  ): Promise<Row[]> {
    const result = await this.pool.query<Row>({
      text,
      values: [...values],
      ...(options.name === undefined ? {} : { name: options.name }),
    });
    return result.rows;
  }

  /** Several statements that hold together. */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // The connection may be the reason: it is thrown away, and the server rolls back what it held.
      client.release(true);
      throw error;
    }
  }

  /** Runs schema text of several statements. */
  async run(sql: string): Promise<void> {
    await this.pool.query(sql);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
