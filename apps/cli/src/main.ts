import { environment } from '@puente/config';
import { AppError } from '@puente/kernel';
import { Command } from 'commander';
import { apiKeysCommand } from './commands/api-keys.command';
import { integrationsCommand } from './commands/integrations.command';
import { keysCommand } from './commands/keys.command';
import { docsCommand } from './commands/docs.command';
import { migrateCommand } from './commands/migrate.command';
import { operationsCommand } from './commands/operations.command';
import { queuesCommand } from './commands/queues.command';
import { redriveCommand } from './commands/redrive.command';
import { tenantsCommand } from './commands/tenants.command';
import { webpayCommand } from './commands/webpay.command';

const env = environment();

const program = new Command('puente')
  .description('Administers a Puente installation. Settings come from the environment, see .env.example.')
  .showHelpAfterError()
  .addCommand(migrateCommand(env))
  .addCommand(tenantsCommand(env))
  .addCommand(apiKeysCommand(env))
  .addCommand(integrationsCommand(env))
  .addCommand(operationsCommand(env))
  .addCommand(queuesCommand(env))
  .addCommand(redriveCommand(env))
  .addCommand(webpayCommand(env))
  .addCommand(keysCommand(env))
  .addCommand(docsCommand());

program.parseAsync().catch((error: unknown) => {
  const said =
    error instanceof AppError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${said}\n`);
  process.exitCode = 1;
});
