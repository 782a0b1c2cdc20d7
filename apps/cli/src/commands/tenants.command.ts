import { TenantDeletion, TenantErasure, Tenants } from '@puente/tenancy';
import { Command } from 'commander';
import { withPlatform } from '../platform';
import { type ExportOptions, exportTenant } from './tenant-export';

const origin = { actor: 'system:cli' };

interface DeleteOptions {
  readonly confirm: string;
  readonly force?: boolean;
}

/** `puente tenants`: who uses this installation, from the first day to the last. */
export function tenantsCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('tenants').description('Create, list, suspend, export and delete tenants.');
  command
    .command('create')
    .description('Create a tenant and print it as JSON.')
    .requiredOption('--name <name>', 'name for people')
    .option('--id <uuid>', 'its id, when it already has one elsewhere')
    .action(({ name, id }: { name: string; id?: string }) =>
      withPlatform(env, async (app) => print(await app.get(Tenants).create(origin, { name, id }))),
    );
  command
    .command('list')
    .description('Print all tenants, a line of JSON each.')
    .action(() => withPlatform(env, (app) => list(app.get(Tenants))));
  addPauses(command, env);
  addEnding(command, env);
  return command;
}

function addPauses(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .command('suspend')
    .description('Refuse its keys and call nothing in its name. What it has waits, in the ledger and in its queue.')
    .argument('<id>', 'the id of the tenant')
    .action((id: string) => withPlatform(env, async (app) => print(await app.get(Tenants).suspend(origin, id))));
  command
    .command('activate')
    .description('End a suspension: what waited goes on at once.')
    .argument('<id>', 'the id of the tenant')
    .action((id: string) => withPlatform(env, async (app) => print(await app.get(Tenants).activate(origin, id))));
}

function addEnding(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .command('export')
    .description(
      'Write everything that is the tenant’s as lines of JSON; never secrets. The last line has the type end.',
    )
    .argument('<id>', 'the id of the tenant')
    .option('--out <file>', 'a file that only you may read, instead of standard output')
    .option('--no-payloads', 'without inputs, outputs and texts')
    .action((id: string, options: ExportOptions) => exportTenant(env, id, options));
  command
    .command('delete')
    .description('Delete a suspended tenant for good. Its tombstone and its audit trail stay. Safe to repeat.')
    .argument('<id>', 'the id of the tenant')
    .requiredOption('--confirm <name>', 'the name of the tenant, exactly')
    .option('--force', 'also when it is not known what became of some operations: they are given up as dropped')
    .action((id: string, options: DeleteOptions) => remove(env, id, options));
}

async function list(tenants: Tenants): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await tenants.list(cursor, 100);
    page.items.forEach(print);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

async function remove(env: NodeJS.ProcessEnv, id: string, { confirm, force }: DeleteOptions): Promise<void> {
  await withPlatform(env, async (app) => {
    await app.get(TenantDeletion).delete(origin, id, { confirm, force });
    process.stderr.write('The tenant is deleted. Erasing what can still be read; a worker goes on if this stops.\n');
    const onPage = (table: string, rows: number): void => void process.stderr.write(`${table}: ${String(rows)}\n`);
    await app.get(TenantErasure).run(id, { onPage });
    print(await app.get(Tenants).get(id));
  });
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
