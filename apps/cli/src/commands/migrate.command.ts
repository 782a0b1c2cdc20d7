import { loadOwnerUrl } from '@puente/config';
import { bootstrapSql, databaseSql, ROLES, runMigrations } from '@puente/database';
import { Command } from 'commander';

/** `puente migrate`: brings the schema up to date, or prints what a superuser has to run before. */
export function migrateCommand(env: NodeJS.ProcessEnv): Command {
  return new Command('migrate')
    .description(
      'Bring the schema up to date as puente_owner (DATABASE_OWNER_URL). Safe to repeat and to run twice at once.',
    )
    .option('--bootstrap-sql', 'print what a superuser runs once: roles and database')
    .option('--database <name>', 'name of the database in the printed statements', 'puente')
    .action(async ({ bootstrapSql: printOnly, database }: { bootstrapSql?: boolean; database: string }) => {
      if (printOnly) process.stdout.write(statements(database));
      else await migrate(env);
    });
}

async function migrate(env: NodeJS.ProcessEnv): Promise<void> {
  const ran = await runMigrations(loadOwnerUrl(env));
  process.stdout.write(
    ran.length === 0 ? 'The schema is up to date.\n' : `${ran.map((name) => `ran ${name}`).join('\n')}\n`,
  );
}

function statements(database: string): string {
  const passwords = Object.fromEntries(ROLES.map((role) => [role, `CHANGE-ME-${role}`])) as Record<
    (typeof ROLES)[number],
    string
  >;
  const sql = [...bootstrapSql(passwords), ...databaseSql(database)].map((statement) => `${statement};`);
  return `-- Replace the four passwords, then run this as a superuser. Safe to repeat, except for CREATE DATABASE.\n${sql.join('\n')}\n`;
}
