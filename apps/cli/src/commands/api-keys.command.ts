import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { ApiKeys, type Scope, SCOPES } from '@puente/tenancy';
import { Command, InvalidArgumentError, Option } from 'commander';
import { withPlatform } from '../platform';

interface CreateOptions {
  readonly name: string;
  readonly tenant?: string;
  readonly platform?: boolean;
  readonly scope: Scope[];
  readonly expires?: Date;
}

/** `puente api-keys`: the way to the first key, with which all others are made by REST. */
export function apiKeysCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('api-keys').description('Create keys to the API.');
  command
    .command('create')
    .description('Create a key. It is printed once, to standard output; we keep only its hash.')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(new Option('--tenant <uuid>', 'whose key it is').conflicts('platform'))
    .addOption(new Option('--platform', "a key of the platform itself: scope 'platform'").conflicts('scope'))
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(SCOPES).default(['client']))
    .addOption(new Option('--expires <time>', 'when it ends, such as 2027-01-31T00:00:00Z').argParser(instant))
    .action(async ({ tenant, platform, name, expires, scope }: CreateOptions, create: Command) => {
      if (tenant === undefined && !platform)
        create.error('Name the tenant (--tenant) or make a platform key (--platform).');
      await withPlatform(env, async (app) => {
        const scopes: readonly Scope[] = platform ? ['platform'] : scope;
        const { key } = await app
          .get(ApiKeys)
          .create({ actor: 'system:cli' }, tenant ?? SYSTEM_TENANT_ID, { name, scopes, expiresAt: expires });
        process.stdout.write(`${key.reveal()}\n`);
      });
    });
  return command;
}

function instant(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Expected a time such as 2027-01-31T00:00:00Z.');
  return time;
}
