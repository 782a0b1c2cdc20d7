import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootstrapSql, connectSql, databaseSql, type Role, roleName, ROLES, runMigrations } from '@puente/database';
import { Client } from 'pg';
import { freePort, type RunningPostgres, startEmbeddedPostgres } from '../../apps/sandbox/src/embedded-postgres';

/** Durable, as in production: nothing about commits is loosened. The rest is the size of a small server, for all alike. */
const SETTINGS = {
  fsync: true,
  synchronous_commit: 'on',
  full_page_writes: true,
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  max_connections: 300,
};

export type RoleUrls = Readonly<Record<Role, string>>;

/** One PostgreSQL for all that is compared, on the disk, in a folder that goes away afterwards. */
export class BenchPostgres {
  private readonly clients = new Map<string, Client>();

  private constructor(
    private readonly home: string,
    private readonly server: RunningPostgres,
    private readonly passwords: Readonly<Record<Role, string>>,
    readonly superuser: Client,
  ) {}

  static async start(): Promise<BenchPostgres> {
    const home = await mkdtemp(path.join(tmpdir(), 'puente-bench-'));
    const server = await startEmbeddedPostgres({
      dataDir: path.join(home, 'state', 'postgres'),
      port: await freePort(),
      superuserPassword: randomBytes(16).toString('hex'),
      log: () => undefined,
      settings: SETTINGS,
    });
    const superuser = new Client(server.superuserUrl());
    await superuser.connect();
    const passwords = Object.fromEntries(ROLES.map((role) => [role, randomBytes(16).toString('hex')]));
    return new BenchPostgres(home, server, passwords as Record<Role, string>, superuser);
  }

  get pid(): number {
    return this.server.pid;
  }

  /** A database with our roles and tables. */
  async puente(name: string): Promise<RoleUrls> {
    for (const statement of [...bootstrapSql(this.passwords), ...databaseSql(name)])
      await this.superuser.query(statement);
    await runMigrations(this.urls(name).owner);
    return this.urls(name);
  }

  /** One that begins with all that another one holds. Nobody may be connected to that meanwhile. */
  async copyOf(origin: string, name: string): Promise<RoleUrls> {
    await this.clients.get(origin)?.end();
    this.clients.delete(origin);
    await this.superuser.query(`CREATE DATABASE ${name} OWNER ${roleName('owner')} TEMPLATE ${origin}`);
    for (const statement of connectSql(name)) await this.superuser.query(statement);
    return this.urls(name);
  }

  private urls(name: string): RoleUrls {
    const url = (role: Role): string => {
      const address = new URL(this.server.superuserUrl(name));
      address.username = roleName(role);
      address.password = this.passwords[role];
      return address.toString();
    };
    return { owner: url('owner'), app: url('app'), dispatch: url('dispatch'), auth: url('auth') };
  }

  /** An empty database for somebody else's tables. */
  async empty(name: string): Promise<string> {
    await this.superuser.query(`CREATE DATABASE ${name}`);
    return this.server.superuserUrl(name);
  }

  superuserUrl(name: string): string {
    return this.server.superuserUrl(name);
  }

  async drop(name: string): Promise<void> {
    await this.clients.get(name)?.end();
    this.clients.delete(name);
    await this.superuser.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  /** What autovacuum would have done by itself in a database that is older than a minute. */
  async analyze(name: string): Promise<void> {
    await this.ask(name, 'ANALYZE');
  }

  /** As superuser, past row-level security: for looking, and for filling tables with a million rows. */
  async ask<Row extends object>(name: string, sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    let client = this.clients.get(name);
    if (!client) {
      client = new Client(this.server.superuserUrl(name));
      client.on('error', () => undefined); // its database may be dropped
      await client.connect();
      this.clients.set(name, client);
    }
    return (await client.query<Row>(sql, [...params])).rows;
  }

  /** Until no operation is due or runs; by an index of rows that live, cheap to ask. */
  async untilSettled(name: string): Promise<void> {
    for (;;) {
      const [left] = await this.ask<{ left: boolean }>(
        name,
        `SELECT EXISTS (SELECT FROM operations WHERE state IN ('queued', 'unknown') AND NOT blocked)
           OR EXISTS (SELECT FROM operations WHERE state = 'running') AS left`,
      );
      if (left?.left === false) return;
      await sleep(100);
    }
  }

  /** So that no round pays for what an earlier one left to be written. */
  async settle(): Promise<void> {
    await this.superuser.query('CHECKPOINT');
  }

  async stop(): Promise<void> {
    for (const client of this.clients.values()) await client.end();
    await this.superuser.end();
    await this.server.stop('immediate');
    await rm(this.home, { recursive: true, force: true, maxRetries: 10 });
  }
}
