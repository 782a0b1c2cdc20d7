import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { ROLES, bootstrapSql, connectSql, databaseSql, roleName, runMigrations } from '@puente/database';
import type { Role } from '@puente/database';
import { Client } from 'pg';
import { superuserUrlVariable } from './test-server';

/** A database of a test's own, with all tables, empty. The URLs carry the rights of the four roles. */
export interface TestDatabase {
  readonly name: string;
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly dispatchUrl: string;
  readonly authUrl: string;
  /** Ignores row-level security: for looking at what really is there, never for the code under test. */
  readonly superuserUrl: string;
  /** Disconnects whoever is still connected. Close pools first: they would see an error. */
  drop(): Promise<void>;
}

/**
 * Makes a database by copying a template that has all tables: tens of milliseconds, so each spec file, or even each test,
 * can have its own. For specs of Jest's project `pg` (`*.pg.spec.ts`, `*.e2e-spec.ts`).
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  return makeDatabase(async (client, name, template) => {
    await client.query(`CREATE DATABASE ${name} OWNER puente_owner TEMPLATE ${template}`);
    // Rights on a database are not copied with it.
    for (const statement of connectSql(name)) await client.query(statement);
  });
}

/** As a superuser leaves it before the first `puente migrate`: the four roles and a database without tables. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return makeDatabase(async (client, name) => {
    for (const statement of databaseSql(name)) await client.query(statement);
  });
}

async function makeDatabase(
  make: (client: Client, name: string, template: string) => Promise<void>,
): Promise<TestDatabase> {
  const server = serverUrl();
  const passwords = rolePasswords(server);
  const name = `puente_test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(server, async (client) => {
    await make(client, name, await ensureTemplate(client, server, passwords));
  });
  const url = (role: Role): string => urlOf(server, name, roleName(role), passwords[role]);
  return {
    name,
    ownerUrl: url('owner'),
    appUrl: url('app'),
    dispatchUrl: url('dispatch'),
    authUrl: url('auth'),
    superuserUrl: urlOf(server, name),
    drop: () =>
      asSuperuser(server, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

function serverUrl(): string {
  const url = process.env[superuserUrlVariable];
  if (url) return url;
  throw new Error(
    `${superuserUrlVariable} is not set: this needs Jest's project pg (its globalSetup starts PostgreSQL).`,
  );
}

/** Roles belong to the whole server, and workers share it: so each derives the same passwords, and none hands them on. */
function rolePasswords(server: string): Record<Role, string> {
  const key = new URL(server).password || 'puente';
  const entries = ROLES.map((role) => [role, createHmac('sha256', key).update(role).digest('hex')]);
  return Object.fromEntries(entries) as Record<Role, string>;
}

/** Any number; one template at a time is made on a server. */
const templateLock = 7_164_100_900;

/**
 * The first caller on a server makes the template, the others wait for it. It gets its name at the very end, so one of
 * that name is complete; the name changes with the schema's sources, so an old one is never taken.
 */
async function ensureTemplate(client: Client, server: string, passwords: Record<Role, string>): Promise<string> {
  const template = `puente_template_${await schemaHash()}`;
  if (await exists(client, template)) return template;
  await client.query('SELECT pg_advisory_lock($1)', [templateLock]);
  try {
    if (!(await exists(client, template))) await makeTemplate(client, server, passwords, template);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [templateLock]);
  }
  return template;
}

async function makeTemplate(
  client: Client,
  server: string,
  passwords: Record<Role, string>,
  template: string,
): Promise<void> {
  const draft = `${template}_draft`;
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
  for (const statement of [...bootstrapSql(passwords), ...databaseSql(draft)]) await client.query(statement);
  await runMigrations(urlOf(server, draft, roleName('owner'), passwords.owner));
  await untilNobodyIsConnected(client, draft);
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
}

/** A closed connection's process takes a moment to leave, and a database in use cannot be renamed. */
async function untilNobodyIsConnected(client: Client, database: string): Promise<void> {
  for (let left = 200; left > 0; left--) {
    const others = await client.query('SELECT FROM pg_stat_activity WHERE datname = $1', [database]);
    if (others.rowCount === 0) return;
    await client.query('SELECT pg_sleep(0.02)');
  }
}

async function exists(client: Client, database: string): Promise<boolean> {
  return (await client.query('SELECT FROM pg_database WHERE datname = $1', [database])).rowCount === 1;
}

async function schemaHash(): Promise<string> {
  const folder = path.join(__dirname, '../../libs/database/src');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(path.join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

async function asSuperuser(server: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(server);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(server: string, database: string, user?: string, password?: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.toString();
}
