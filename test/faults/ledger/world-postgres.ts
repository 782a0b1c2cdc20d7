import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { bootstrapSql, databaseSql, runMigrations } from '@puente/database';
import { Client, Pool } from 'pg';
import {
  removeDataDirectory,
  type RunningPostgres,
  startEmbeddedPostgres,
} from '../../../apps/sandbox/src/embedded-postgres';
import { quietPort } from './quiet-port';

const MAX_CONNECTIONS = 100;

/**
 * What the run writes down about the product's tables without the product's help: every change of an operation, as it
 * was committed, and a flow's own rows.
 */
const WITNESS_SQL = [
  `CREATE TABLE fault_history (n bigint GENERATED ALWAYS AS IDENTITY, id uuid, at timestamptz DEFAULT clock_timestamp(),
     old_state text, new_state text, old_fence bigint, new_fence bigint, old_attempt int, new_attempt int,
     old_maybe boolean, new_maybe boolean, owner text, was_settled boolean)`,
  `CREATE FUNCTION fault_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
     BEGIN
       INSERT INTO fault_history (id, old_state, new_state, old_fence, new_fence, old_attempt, new_attempt, old_maybe,
         new_maybe, owner, was_settled)
       VALUES (NEW.id, OLD.state, NEW.state, OLD.fence, NEW.fence, OLD.attempt, NEW.attempt, OLD.maybe_sent,
         NEW.maybe_sent, coalesce(NEW.lease_owner, OLD.lease_owner), OLD.settled_at IS NOT NULL);
       RETURN NULL;
     END $$`,
  `CREATE TRIGGER fault_note AFTER UPDATE ON operations FOR EACH ROW
     WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.fence IS DISTINCT FROM NEW.fence
       OR OLD.attempt IS DISTINCT FROM NEW.attempt OR OLD.maybe_sent IS DISTINCT FROM NEW.maybe_sent)
     EXECUTE FUNCTION fault_note()`,
  `CREATE TABLE fault_orders (tenant_id uuid NOT NULL REFERENCES tenants (id), id uuid NOT NULL, ref text NOT NULL,
     operation_id uuid NOT NULL, status text NOT NULL DEFAULT 'open', told int NOT NULL DEFAULT 0,
     PRIMARY KEY (tenant_id, id), UNIQUE (operation_id))`,
  `SELECT guard_tenant_table('fault_orders')`,
  `CREATE POLICY dispatch_rows ON fault_orders TO puente_dispatch USING (true) WITH CHECK (true)`,
  `GRANT SELECT, INSERT, UPDATE ON fault_orders TO puente_app`,
  `GRANT INSERT ON fault_orders TO puente_dispatch`,
];

/** The world's own PostgreSQL, which may crash, and somebody who looks into it past all policies. */
export class WorldPostgres {
  private server: RunningPostgres | undefined;
  private pool: Pool | undefined;

  private constructor(
    private readonly dir: string,
    private readonly port: number,
    private readonly password: string,
    private readonly log: (line: string) => void,
  ) {}

  static async create(dir: string, log: (line: string) => void): Promise<WorldPostgres> {
    const postgres = new WorldPostgres(dir, await quietPort(), randomBytes(12).toString('hex'), log);
    await postgres.start();
    await postgres.prepare();
    return postgres;
  }

  urlOf(role: 'owner' | 'app' | 'dispatch' | 'auth'): string {
    return `postgresql://puente_${role}:${this.password}@127.0.0.1:${String(this.port)}/puente`;
  }

  /** A database of its own for stand-ins: of SQS, or of Webpay. */
  async queueDatabase(): Promise<string> {
    await this.sql('CREATE DATABASE fault_queue');
    return this.server?.superuserUrl('fault_queue') ?? '';
  }

  /** Keeps rows from everybody else. @returns how to let go of them */
  async lock(text: string, params: readonly unknown[]): Promise<() => Promise<void>> {
    const client = new Client({ connectionString: this.server?.superuserUrl('puente') ?? '' });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    await client.query(`${text} FOR UPDATE`, [...params]);
    return () => client.end();
  }

  async start(): Promise<void> {
    this.server = await startEmbeddedPostgres({
      ...{ dataDir: path.join(this.dir, 'postgres'), port: this.port, superuserPassword: this.password },
      ...{ log: this.log, settings: { max_connections: MAX_CONNECTIONS, shared_buffers: '64MB' } },
    });
  }

  /** As a power failure leaves it. */
  async crash(how: 'immediate' | 'kill'): Promise<void> {
    if (how === 'kill' && this.server) {
      process.kill(this.server.pid, 'SIGKILL');
      await this.server.exited;
    } else await this.server?.stop('immediate');
  }

  /** As superuser: past row-level security, and in the slots that are kept for it. */
  async sql<Row>(text: string, params: readonly unknown[] = []): Promise<Row[]> {
    this.pool ??= this.newPool();
    return (await this.pool.query(text, [...params])).rows as Row[];
  }

  /** Opens connections until there are none left, and keeps them for a while. @returns how to let go */
  async fill(): Promise<() => Promise<void>> {
    const taken: Client[] = [];
    for (let left = MAX_CONNECTIONS; left > 0; left--) {
      const client = new Client(this.urlOf('auth'));
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch {
        break;
      }
      taken.push(client);
    }
    return async () => {
      await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
    };
  }

  async remove(): Promise<void> {
    await this.stop();
    await removeDataDirectory(path.join(this.dir, 'postgres'));
  }

  async stop(): Promise<void> {
    await this.pool?.end().catch(() => undefined);
    this.pool = undefined;
    await this.server?.stop('immediate');
  }

  private newPool(): Pool {
    const connectionString = this.server?.superuserUrl('puente') ?? '';
    // Sees and heals a database that is read-only for everybody else.
    const options = '-c default_transaction_read_only=off';
    const pool = new Pool({ connectionString, max: 3, application_name: 'fault_witness', options });
    pool.on('error', () => undefined);
    return pool;
  }

  private async prepare(): Promise<void> {
    const { password } = this;
    const client = new Client(this.server?.superuserUrl() ?? '');
    await client.connect();
    const passwords = { owner: password, app: password, dispatch: password, auth: password };
    for (const statement of [...bootstrapSql(passwords), ...databaseSql('puente')]) await client.query(statement);
    await client.end();
    await runMigrations(this.urlOf('owner'));
    for (const statement of WITNESS_SQL) await this.sql(statement);
  }
}
