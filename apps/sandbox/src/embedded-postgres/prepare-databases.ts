import { bootstrapSql, connectSql, databaseSql, roleName } from '@puente/database';
import type { Role } from '@puente/database';
import { Client } from 'pg';
import type { DatabasePasswords } from './database-passwords';
import { PasswordsLostError } from './embedded-postgres.errors';

/** Where the processes of the sandbox connect: four roles on Puente's database, one on the stand-ins'. */
export type DatabaseUrls = Readonly<Record<Role | 'sandbox', string>>;

export interface PreparedServer {
  superuserUrl(database?: string): string;
}

const puente = 'puente';
/** Database and role of the stand-ins. They play the outside world, so they get no look at Puente's own data. */
const sandbox = 'puente_sandbox';

/**
 * Sees to it that roles and databases exist and that the roles have these passwords. For every start, not only the
 * first: it finishes what a killed run began. Tables are not its business, see runMigrations.
 *
 * @throws {PasswordsLostError} when the server does not know the superuser's password
 */
export async function prepareDatabases(server: PreparedServer, passwords: DatabasePasswords): Promise<DatabaseUrls> {
  // The server would log a failed statement word for word, and some carry passwords.
  const client = new Client({ connectionString: server.superuserUrl(), options: '-c log_min_error_statement=panic' });
  client.on('error', () => undefined); // A lost connection also rejects the query under way.
  await client.connect().catch(explainRefusal);
  try {
    for (const statement of [...bootstrapSql(passwords), ...sandboxRoleSql(client, passwords.sandbox)]) {
      await client.query(statement);
    }
    await createMissing(client, puente, databaseSql(puente), connectSql(puente));
    const closed = [`REVOKE ALL ON DATABASE ${sandbox} FROM PUBLIC`];
    await createMissing(client, sandbox, [`CREATE DATABASE ${sandbox} OWNER ${sandbox} TEMPLATE template0`], closed);
  } finally {
    await client.end();
  }
  const url = (user: string, password: string, database: string): string =>
    withLogin(server.superuserUrl(database), user, password);
  return {
    owner: url(roleName('owner'), passwords.owner, puente),
    app: url(roleName('app'), passwords.app, puente),
    dispatch: url(roleName('dispatch'), passwords.dispatch, puente),
    auth: url(roleName('auth'), passwords.auth, puente),
    sandbox: url(sandbox, passwords.sandbox, sandbox),
  };
}

function sandboxRoleSql(client: Client, password: string): string[] {
  return [
    `DO $$ BEGIN
       IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${sandbox}') THEN CREATE ROLE ${sandbox}; END IF;
     END $$`,
    `ALTER ROLE ${sandbox} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${client.escapeLiteral(password)}`,
  ];
}

async function createMissing(
  client: Client,
  database: string,
  create: readonly string[],
  always: readonly string[],
): Promise<void> {
  const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  for (const statement of found.rowCount === 0 ? [...create, ...always] : always) await client.query(statement);
}

function withLogin(superuserUrl: string, user: string, password: string): string {
  const url = new URL(superuserUrl);
  url.username = user;
  url.password = encodeURIComponent(password);
  return url.toString();
}

function explainRefusal(error: Error & { code?: string }): never {
  if (error.code !== '28P01') throw error;
  throw new PasswordsLostError(
    'The embedded PostgreSQL does not accept the superuser password that was kept: secrets and data do not belong ' +
      'together. Restore the one that fits, or begin anew with `npm start -- --reset`.',
    [],
    { cause: error },
  );
}
