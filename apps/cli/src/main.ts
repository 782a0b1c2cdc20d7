import { environment } from '@puente/config';
import { AppError } from '@puente/kernel';
import { Command } from 'commander';

type CommandOf = (env: NodeJS.ProcessEnv) => Command;

/** In the order of the help. Each is loaded when it is called: all of them together take more than a second to load. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandOf>>> = {
  migrate: async () => (await import('./commands/migrate.command')).migrateCommand,
  tenants: async () => (await import('./commands/tenants.command')).tenantsCommand,
  'api-keys': async () => (await import('./commands/api-keys.command')).apiKeysCommand,
  integrations: async () => (await import('./commands/integrations.command')).integrationsCommand,
  operations: async () => (await import('./commands/operations.command')).operationsCommand,
  queues: async () => (await import('./commands/queues.command')).queuesCommand,
  redrive: async () => (await import('./commands/redrive.command')).redriveCommand,
  webpay: async () => (await import('./commands/webpay.command')).webpayCommand,
  keys: async () => (await import('./commands/keys.command')).keysCommand,
  docs: async () => (await import('./commands/docs.command')).docsCommand,
};

async function main(env: NodeJS.ProcessEnv, [name = '']: readonly string[]): Promise<void> {
  const called = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const program = new Command('puente')
    .description('Administers a Puente installation. Settings come from the environment, see .env.example.')
    .showHelpAfterError();
  for (const load of called ? [called] : Object.values(COMMANDS)) program.addCommand((await load())(env));
  await program.parseAsync();
}

main(environment(), process.argv.slice(2)).catch((error: unknown) => {
  const said =
    error instanceof AppError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${said}\n`);
  process.exitCode = 1;
});
