import { Tenants } from '@puente/tenancy';
import { Command } from 'commander';
import { withPlatform } from '../platform';

const origin = { actor: 'system:cli' };

/** `puente tenants`: who uses this installation. */
export function tenantsCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('tenants').description('Create and list tenants.');
  command
    .command('create')
    .description('Create a tenant and print it as JSON.')
    .requiredOption('--name <name>', 'name for people')
    .option('--id <uuid>', 'its id, when it already has one elsewhere')
    .action(async ({ name, id }: { name: string; id?: string }) => {
      await withPlatform(env, async (app) => {
        print(await app.get(Tenants).create(origin, { name, id }));
      });
    });
  command
    .command('list')
    .description('Print all tenants, a line of JSON each.')
    .action(async () => {
      await withPlatform(env, async (app) => {
        let cursor: string | undefined;
        do {
          const page = await app.get(Tenants).list(cursor, 100);
          page.items.forEach(print);
          cursor = page.next ?? undefined;
        } while (cursor !== undefined);
      });
    });
  return command;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
