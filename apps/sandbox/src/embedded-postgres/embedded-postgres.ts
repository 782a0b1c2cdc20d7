import { mkdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExistingData } from './data-directory';
import { checkMajorVersion, inspectDataDirectory } from './data-directory';
import type { LogTail } from './embedded-postgres.errors';
import { DataDirectoryNotWritableError, PredecessorStillAliveError } from './embedded-postgres.errors';
import { reasonOfFileError } from './failure-reasons';
import { giveTree } from './file-tree';
import { createDatabase } from './initdb';
import type { PostgresAccount, RootRunsAs } from './postgres-account';
import { chooseAccount } from './postgres-account';
import type { PostgresBinaries } from './postgres-binaries';
import { locateBinaries } from './postgres-binaries';
import type { PostgresExit, StopMode } from './postgres-process';
import { PostgresProcess } from './postgres-process';
import type { PostgresSettings } from './postgres-settings';
import { serverArguments } from './postgres-settings';
import { settlePredecessor } from './predecessor';

export interface EmbeddedPostgresOptions {
  /** Made if it does not exist; its parent folders too. */
  readonly dataDir: string;
  readonly port: number;
  /** Of the role `postgres`. Counts when the database is made; later starts must give the same one. */
  readonly superuserPassword: string;
  /** Gets the server's log line by line, and ours. Contains no secrets. */
  readonly log: (line: string) => void;
  /** Server settings over the defaults. `fsync: false` also spares the wait for the disk when the database is made. */
  readonly settings?: PostgresSettings;
  /** How long recovery after a crash may take. */
  readonly startTimeoutMs?: number;
  /** Fixes the way in which root runs it. By default the first one that works is taken. */
  readonly rootRunsAs?: RootRunsAs;
  /** Where root may put what its stand-in has to reach, if the project's folder is closed to it; the first usable one. */
  readonly publicPlaces?: readonly string[];
  /** By default those that npm installed. */
  readonly binaries?: PostgresBinaries;
}

export interface RunningPostgres {
  /** The postmaster's own, not a wrapper's. */
  readonly pid: number;
  readonly port: number;
  /** Where the files really are. */
  readonly directory: string;
  superuserUrl(database?: string): string;
  /** Resolves when the server has ended, asked or not; never rejects. Start again to recover. */
  readonly exited: Promise<PostgresExit>;
  logTail(): LogTail;
  stop(mode?: StopMode): Promise<PostgresExit>;
}

/**
 * Starts PostgreSQL from the packaged binaries on loopback, and makes the database on the first start. To be called
 * again with the same options after every end, wanted or not: what a killed run left behind is recognised and settled.
 *
 * Works as an ordinary user and as root, also in private folders; see {@link chooseAccount}.
 *
 * @throws {EmbeddedPostgresError} its subclasses name what happened and what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<RunningPostgres> {
  const dataDir = path.resolve(options.dataDir);
  try {
    const { account, directory } = await prepareDirectory({ ...options, dataDir });
    options.log(`PostgreSQL ${account.serverVersion} runs ${account.launcher.description} on ${directory}.`);
    const server = await launch(account, directory, options);
    const password = encodeURIComponent(options.superuserPassword);
    return {
      pid: server.pid,
      port: options.port,
      directory,
      superuserUrl: (database = 'postgres') =>
        `postgresql://postgres:${password}@127.0.0.1:${String(options.port)}/${encodeURIComponent(database)}`,
      exited: server.exited,
      logTail: () => server.logTail(),
      stop: (mode = 'fast') => server.stop(mode),
    };
  } catch (error) {
    throw reasonOfFileError(error, { dataDir });
  }
}

async function prepareDirectory(
  options: EmbeddedPostgresOptions,
): Promise<{ account: PostgresAccount; directory: string }> {
  const { dataDir, log, superuserPassword, settings } = options;
  // Others may enter it but not list it: when root starts us, PostgreSQL is somebody else.
  await mkdir(path.dirname(dataDir), { recursive: true, mode: 0o711 });
  const data = await inspectDataDirectory(dataDir);
  const account = await chooseAccount({
    binaries: options.binaries ?? (await locateBinaries()),
    folder: await realpath(path.dirname(data?.directory ?? dataDir)),
    dataOwner: data?.owner,
    rootRunsAs: options.rootRunsAs,
    // State belongs to /var/lib; the other places may be swept some day.
    publicPlaces: options.publicPlaces ?? ['/var/lib', '/var/tmp', tmpdir()],
  });
  if (data === undefined) {
    const durable = settings?.fsync !== false;
    return {
      account,
      directory: await realpath(await createDatabase(account, { dataDir, superuserPassword, durable })),
    };
  }
  checkMajorVersion(data, account.serverVersion);
  await settlePredecessor(data.directory, log);
  await takeOver(account, data);
  return { account, directory: data.directory };
}

/** Sees to it that the files belong to whom PostgreSQL runs as; only root can, and only while no server runs. */
async function takeOver({ launcher }: PostgresAccount, { directory, owner }: ExistingData): Promise<void> {
  const wanted = launcher.owner ?? { uid: process.getuid?.() ?? owner.uid, gid: owner.gid };
  if (owner.uid === wanted.uid) return;
  if (process.getuid?.() === 0) {
    await giveTree(directory, wanted);
    return;
  }
  throw new DataDirectoryNotWritableError(
    `${directory} belongs to user ${String(owner.uid)}, not to you. Start as that user, or run \`sudo chown -R $(id -u) ${directory}\`.`,
  );
}

/** Memory of a killed server may be held for a moment longer than its processes can be seen. */
const memoryPatienceMs = 10_000;

async function launch(
  account: PostgresAccount,
  directory: string,
  options: EmbeddedPostgresOptions,
): Promise<PostgresProcess> {
  const { port, log, settings = {}, startTimeoutMs = 60_000 } = options;
  const deadline = performance.now() + memoryPatienceMs;
  for (;;) {
    const args = serverArguments(directory, port, settings);
    const server = new PostgresProcess(account.launcher, account.binaries.postgres, args, log);
    try {
      await server.untilReady({ dataDir: directory, port }, startTimeoutMs);
      return server;
    } catch (error) {
      if (!(error instanceof PredecessorStillAliveError) || performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
