export const ROLES = ['owner', 'app', 'dispatch', 'auth'] as const;
export type Role = (typeof ROLES)[number];

/** The role's name in PostgreSQL. Fixed, because policies and grants in the migrations name them. */
export function roleName(role: Role): string {
  return `puente_${role}`;
}

/**
 * What a superuser runs once, connected to any database, before the first migration. Safe to repeat: it also resets the
 * passwords. `CREATE DATABASE` is not in it, since it cannot run in a transaction: see {@link databaseSql}.
 */
export function bootstrapSql(passwords: Readonly<Record<Role, string>>): string[] {
  return [
    ...ROLES.flatMap((role) => [
      `DO $$ BEGIN
       IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${roleName(role)}') THEN CREATE ROLE ${roleName(role)}; END IF;
     END $$`,
      `ALTER ROLE ${roleName(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD ${literal(passwords[role])}`,
    ]),
    SEE_TRANSACTIONS,
  ];
}

/**
 * Old transactions are found whoever holds them; the owner's function `oldest_snapshots` shows no more than names and
 * ages. Where the superuser of a managed server may not grant it, only our own ones are found, and a worker says so.
 */
const SEE_TRANSACTIONS = `DO $$ BEGIN
     GRANT pg_read_all_stats TO puente_owner;
   EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'pg_read_all_stats was not granted to puente_owner';
   END $$`;

/** Creates the database; its owner may create in schema public, the other roles may only connect. */
export function databaseSql(database: string): string[] {
  return [
    `CREATE DATABASE ${identifier(database)} OWNER puente_owner ENCODING 'UTF8' TEMPLATE template0`,
    ...connectSql(database),
  ];
}

/** Who may connect: our four roles and nobody else. */
export function connectSql(database: string): string[] {
  return [
    `REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${ROLES.map(roleName).join(', ')}`,
  ];
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
