import { Rotations } from '@puente/tenancy';
import { Command } from 'commander';
import { withPlatform } from '../platform';

/** `puente integrations`: the tenants' accounts with providers, as far as the platform sees them. */
export function integrationsCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('integrations').description("Look after the tenants' accounts with providers.");
  command
    .command('due')
    .description(
      'Print the credentials of all tenants that are to be rotated, a line of JSON each, the most urgent first.',
    )
    .option('--overdue', 'only those that should have been rotated already')
    .action(async ({ overdue }: { overdue?: true }) => {
      await withPlatform(env, async (app) => {
        let cursor: string | undefined;
        do {
          const page = await app.get(Rotations).due(overdue ? ['overdue'] : undefined, cursor, 100);
          for (const rotation of page.items) process.stdout.write(`${JSON.stringify(rotation)}\n`);
          cursor = page.next ?? undefined;
        } while (cursor !== undefined);
      });
    });
  return command;
}
