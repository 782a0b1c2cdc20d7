import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { ApiKeys, type ApiKeyView, type Scope, SCOPES } from '@puente/tenancy';
import { Command, InvalidArgumentError, Option } from 'commander';
import { withPlatform } from '../platform';

const origin = { actor: 'system:cli' };

/** Whose keys a command is about. */
interface Owner {
  readonly tenant?: string;
  readonly platform?: boolean;
}

interface CreateOptions extends Owner {
  readonly name: string;
  readonly scopes: Scope[];
  readonly expires?: Date;
  readonly json?: boolean;
}

/** What a key may do, in the words of `--help` and of the answer to whoever made one. */
const MAY: Readonly<Record<Scope, string>> = {
  client: 'send notifications, call operations and functions, and read what became of them',
  admin: 'manage credentials, queues, handlers and API keys of its tenant, and resolve what is stuck',
  audit: 'read the audit trail and the inventory',
  platform: 'create, suspend, export and delete tenants, and make their first keys',
};

/** `puente api-keys`: the way to the first key, with which all others are made by REST. */
export function apiKeysCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('api-keys').description('Create, list and revoke keys to the API.');
  owned(command.command('create'))
    .description('Create a key. It is printed once, to standard output; we keep only its hash.')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(
      new Option('--scopes <scopes>', 'what it may do: some of client, admin, audit, with commas in between')
        .argParser(scopesOf)
        .default(['client'], 'client')
        .conflicts('platform'),
    )
    .addOption(new Option('--expires <time>', 'when it ends, such as 2027-01-31T00:00:00Z').argParser(instant))
    .option('--json', 'print the key and what is known of it as one line of JSON')
    .addHelpText('after', `\nScopes:\n${SCOPES.map((scope) => `  ${scope.padEnd(9)} may ${MAY[scope]}`).join('\n')}`)
    .action((options: CreateOptions, create: Command) =>
      withPlatform(env, (app) => make(app.get(ApiKeys), options, create)),
    );
  owned(command.command('list'))
    .description('Print all keys, newest first, without their secrets: a line of JSON each.')
    .action((owner: Owner, list: Command) =>
      withPlatform(env, async (app) => {
        for (const key of await app.get(ApiKeys).list(tenantOf(owner, list))) print(key);
      }),
    );
  owned(command.command('revoke'))
    .description('Revoke a key from its next request on.')
    .argument('<id>', 'the id of the key, as list and create print it')
    .action((id: string, owner: Owner, revoke: Command) =>
      withPlatform(env, async (app) => {
        await app.get(ApiKeys).revoke(origin, tenantOf(owner, revoke), id);
        process.stderr.write(`The key ${id} is revoked.\n`);
      }),
    );
  return command;
}

async function make(keys: ApiKeys, options: CreateOptions, command: Command): Promise<void> {
  const { name, platform, expires, json } = options;
  const scopes: readonly Scope[] = platform ? ['platform'] : options.scopes;
  const { key, view } = await keys.create(origin, tenantOf(options, command), { name, scopes, expiresAt: expires });
  if (json) {
    print({ key: key.reveal(), ...view });
    return;
  }
  process.stdout.write(`${key.reveal()}\n`);
  process.stderr.write(described(view, platform ? 'the platform' : `tenant ${options.tenant ?? ''}`));
}

/** To standard error, so that `KEY=$(puente api-keys create …)` holds the key and nothing else. */
function described({ id, scopes, expiresAt }: ApiKeyView, owner: string): string {
  return [
    `This key of ${owner} is shown only now. Its id is ${id}; it ends ${expiresAt?.toISOString() ?? 'when it is revoked'}.`,
    ...scopes.map((scope) => `It may ${MAY[scope]}.`),
    '',
  ].join('\n');
}

function owned(command: Command): Command {
  return command
    .addOption(new Option('--tenant <uuid>', 'of this tenant').conflicts('platform'))
    .addOption(new Option('--platform', 'of the platform itself'));
}

function tenantOf({ tenant, platform }: Owner, command: Command): string {
  if (tenant !== undefined) return tenant;
  if (platform) return SYSTEM_TENANT_ID;
  return command.error('Name the tenant (--tenant), or say that it is about the platform itself (--platform).');
}

function scopesOf(text: string): Scope[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const known = scopes.filter((scope): scope is Scope => (SCOPES as readonly string[]).includes(scope));
  if (known.length < scopes.length || known.includes('platform'))
    throw new InvalidArgumentError('Expected some of client, admin, audit. A platform key is made with --platform.');
  return known;
}

function instant(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Expected a time such as 2027-01-31T00:00:00Z.');
  return time;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
