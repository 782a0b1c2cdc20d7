import { chmod, chown, mkdir, mkdtemp, open, readdir, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unlessMissing } from './data-directory';
import { InitialisationFailedError } from './embedded-postgres.errors';
import { reasonInLog } from './failure-reasons';
import { run } from './launcher';
import type { PostgresAccount } from './postgres-account';
import { alive } from './processes';

export interface NewDatabase {
  readonly dataDir: string;
  readonly superuserPassword: string;
  /** false spares the wait until the files are on disk; for data that may be lost, as in tests. */
  readonly durable: boolean;
}

/**
 * Makes an empty database and answers with the place of its files.
 *
 * The work is done in a folder beside; a rename at the end puts it in place. The rename is the mark of completion: a
 * run that is killed before it leaves only a folder to sweep up, and nobody has to guess whether data are whole.
 */
export async function createDatabase(account: PostgresAccount, database: NewDatabase): Promise<string> {
  const { dataDir } = database;
  const target = account.publicRoot === undefined ? dataDir : await publicPlace(account.publicRoot);
  await sweepInterrupted(target);
  const staging = await mkdtemp(`${target}.initialising-${String(process.pid)}-`);
  try {
    const files = await runInitdb(account, database, staging);
    if (target === dataDir) await rmdir(dataDir).catch(unlessMissing);
    await rename(files, target);
    if (target !== dataDir) await symlink(target, dataDir);
    await syncDirectory(path.dirname(dataDir));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return target;
}

async function runInitdb(account: PostgresAccount, database: NewDatabase, staging: string): Promise<string> {
  const { launcher } = account;
  const files = path.join(staging, 'data');
  const passwordFile = path.join(staging, 'password');
  await mkdir(files, { mode: 0o700 });
  await writeFile(passwordFile, `${database.superuserPassword}\n`, { mode: 0o600 });
  if (launcher.owner) {
    await chmod(staging, 0o711);
    for (const entry of [files, passwordFile]) await chown(entry, launcher.owner.uid, launcher.owner.gid);
  }
  const args = ['-D', files, '-U', 'postgres', '--pwfile', passwordFile, '--no-instructions', ...options];
  const result = await run(
    launcher,
    account.binaries.initdb,
    database.durable ? args : [...args, '--no-sync'],
    initdbTimeoutMs,
  );
  await rm(passwordFile);
  if (result.ok) return files;
  const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-20);
  throw (
    reasonInLog(tail, { dataDir: database.dataDir }) ??
    new InitialisationFailedError(`PostgreSQL could not make a database in ${database.dataDir}.`, tail)
  );
}

const initdbTimeoutMs = 60_000;

/** The same everywhere, whatever the machine's locale: UTF-8, sorted by code point, case rules of Unicode. */
const options = [
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

/** Deletes what killed runs left, but not the folder of one that is at work at this moment. */
async function sweepInterrupted(target: string): Promise<void> {
  const folder = path.dirname(target);
  const start = `${path.basename(target)}.initialising-`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start) || alive(Number.parseInt(name.slice(start.length), 10))) continue;
    // An initdb that outlived its parent may still write there for a moment.
    await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** A name nobody has used before: data found there later must be ours beyond doubt. */
async function publicPlace(publicRoot: string): Promise<string> {
  const folder = await mkdtemp(path.join(publicRoot, 'sandbox-'));
  await chmod(folder, 0o711);
  return path.join(folder, 'postgres');
}

/** Makes the rename itself survive a power failure. Windows cannot open directories. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
