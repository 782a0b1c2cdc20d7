import { loadKeysConfig } from '@puente/config';
import { assertMigrated, assertSafeRoles, OwnerDatabase } from '@puente/database';
import { isWhole, KeyCheck, type KeyProvider, KeyRetirement, KeyRing, KeyRotation } from '@puente/tenancy';
import { Command } from 'commander';
import { checkLines, planLines, rotationLines, unreadableLine } from '../keys-report';

const origin = { actor: 'system:cli' };

/** `puente keys`: the key-encryption keys of KEY_RING, for whoever operates the installation. Works as puente_owner. */
export function keysCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('keys').description(
    'Key-encryption keys (KEY_RING): make one, rotate to it, prove that a backup copy of the ring is whole.',
  );
  command
    .command('generate')
    .argument('[kid]', 'name of the key', `k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`)
    .description('Print a new key, kid:base64, for the key ring. It is kept nowhere else: put it away at once.')
    .action((kid: string) => say([KeyRing.newEntry(kid)]));
  command
    .command('rotate')
    .description(
      'Re-wrap everything under the first key of the ring, while the processes run, and retire the keys that nothing uses any more. Safe to kill and to repeat.',
    )
    .option('--dry-run', 'say what lies under which key, change nothing')
    .action(({ dryRun }: { dryRun?: boolean }) => (dryRun ? plan(env) : rotate(env)));
  command
    .command('check')
    .description(
      'Prove that the ring opens every data key there is, and show the keys with their age. Ends with 1 when one is missing.',
    )
    .option('--ring-file <file>', 'a backup copy of the ring, instead of the one in the environment')
    .action(({ ringFile }: { ringFile?: string }) => check(env, ringFile));
  command
    .command('retire')
    .argument('<kid>', 'name of the key')
    .description('Retire a key that came into use by mistake. Refused while anything lies under it.')
    .action(async (kid: string) => {
      await asOwner(env, (database) => new KeyRetirement(database).retire(origin, kid));
      say([`${kid} is retired: processes start without it.`]);
    });
  return command;
}

async function plan(env: NodeJS.ProcessEnv): Promise<void> {
  const keys = ringOf(env);
  say(planLines(keys.activeKid, await asOwner(env, (database) => new KeyRotation(database, keys).plan())));
}

async function rotate(env: NodeJS.ProcessEnv): Promise<void> {
  const keys = ringOf(env);
  const report = await asOwner(env, (database) =>
    new KeyRotation(database, keys).run(origin, {
      waiting: () => say(['Another `puente keys rotate` is at work; waiting for it to end.']),
      rewrapped: (column, rows) => say([`${column}: ${String(rows)} re-wrapped`]),
      unreadable: (row) => say([unreadableLine(row)]),
    }),
  );
  say(rotationLines(report));
  if (report.unreadable.length + report.stillWritten.length > 0) process.exitCode = 1;
}

async function check(env: NodeJS.ProcessEnv, ringFile?: string): Promise<void> {
  const keys = ringFile === undefined ? ringOf(env) : KeyRing.read(ringFile);
  const report = await asOwner(env, (database) => new KeyCheck(database, keys).run());
  say(checkLines(report, ringFile ?? 'KEY_RING'));
  if (!isWhole(report)) process.exitCode = 1;
}

function ringOf(env: NodeJS.ProcessEnv): KeyProvider {
  const { KEY_RING, KEY_RING_FILE } = loadKeysConfig(env);
  return KeyRing.load({ inline: KEY_RING, file: KEY_RING_FILE });
}

/** Refuses any other role than the owner: a superuser would pass row-level security by, and with it these checks. */
async function asOwner<T>(env: NodeJS.ProcessEnv, work: (database: OwnerDatabase) => Promise<T>): Promise<T> {
  const database = new OwnerDatabase(loadKeysConfig(env).DATABASE_OWNER_URL, 'puente_keys');
  try {
    await assertSafeRoles({ owner: database });
    await assertMigrated(database);
    return await work(database);
  } finally {
    await database.close();
  }
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
