import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { EmbeddedPostgresOptions, RunningPostgres } from '../embedded-postgres';
import { startEmbeddedPostgres } from '../embedded-postgres';
import { freePort } from '../free-port';
import type { PostgresBinaries } from '../postgres-binaries';
import { locateBinaries } from '../postgres-binaries';
import { serverArguments } from '../postgres-settings';

export const isRoot = process.getuid?.() === 0;
export const nobody = { uid: 65_534, gid: 65_534 };
export const password = 'p@ss/w ord';

/** A folder, a port, and the servers a test starts there; `clear` ends and removes them all. */
export class PostgresWorkbench {
  options: EmbeddedPostgresOptions;
  readonly logged: string[] = [];
  private readonly running: RunningPostgres[] = [];

  private constructor(
    readonly home: string,
    port: number,
  ) {
    this.options = {
      dataDir: path.join(home, 'state', 'postgres'),
      port,
      superuserPassword: password,
      log: (line) => void this.logged.push(line),
      settings: { fsync: false },
    };
  }

  static async open(): Promise<PostgresWorkbench> {
    // mkdtemp makes private folders (0700), so that every test as root is one in a private folder.
    return new PostgresWorkbench(await mkdtemp(path.join(tmpdir(), 'puente-postgres-')), await freePort());
  }

  async start(overrides: Partial<EmbeddedPostgresOptions> = {}): Promise<RunningPostgres> {
    const server = await startEmbeddedPostgres({ ...this.options, ...overrides });
    this.running.push(server);
    return server;
  }

  async clear(): Promise<void> {
    await Promise.all(this.running.splice(0).map((server) => server.stop('immediate')));
    await rm(this.home, { recursive: true, force: true, maxRetries: 10 });
  }
}

export async function ask<T>(server: RunningPostgres, sql: string): Promise<T> {
  const client = new Client(server.superuserUrl());
  await client.connect();
  try {
    const result = await client.query<{ answer: T }>(sql);
    return result.rows[0]?.answer as T;
  } finally {
    await client.end();
  }
}

/** Another program that starts the server: it can be killed, and it can be an ordinary user's. */
export function startInChild(
  { log: _log, ...rest }: EmbeddedPostgresOptions,
  as: { uid?: number; gid?: number } = {},
): ChildProcess {
  const project = path.resolve(__dirname, '../../../../..');
  const program = `
    const { startEmbeddedPostgres } = require(${JSON.stringify(path.join(__dirname, '../index.ts'))});
    startEmbeddedPostgres({ ...${JSON.stringify(rest)}, log: () => undefined }).then(
      ({ pid }) => console.log('ready', pid),
      (error) => console.log(error.code, error.message),
    );`;
  const register = path.join(project, 'scripts', 'register.cjs');
  return spawn(process.execPath, ['--require', register, '--eval', program], {
    ...as,
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** A server without the tie to its parent, which has ended: as a killed run leaves it where the kernel has no such tie. */
export async function startOrphan({ dataDir, port }: EmbeddedPostgresOptions): Promise<number> {
  const { postgres } = await locateBinaries();
  const asRoot = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'];
  const words = [...(isRoot ? asRoot : []), postgres, ...serverArguments(dataDir, port, {})];
  spawnSync('sh', ['-c', '"$@" 2>/dev/null & ', 'sh', ...words], {
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const lock = path.join(dataDir, 'postmaster.pid');
  const ready = async (): Promise<boolean> => (await readFile(lock, 'utf8').catch(() => '')).includes('ready');
  for (let left = 500; left > 0 && !(await ready()); left--) await sleep(10);
  return Number.parseInt(await readFile(lock, 'utf8'), 10);
}

/** Waits until a file of this name exists somewhere below the folder; the paths of all there are. */
export async function entriesBelow(folder: string, name: string, timeoutMs = 10_000): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const all = await readdir(folder, { recursive: true }).catch(() => []);
    const found = all.filter((entry) => path.basename(entry) === name);
    if (found.length > 0 || performance.now() >= deadline) return found;
  }
}

/** Waits until a backend is at work on the query that contains these letters. */
export async function untilBusy(server: RunningPostgres, letters: string): Promise<void> {
  const sql = `SELECT count(*)::int AS answer FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%${letters}%' AND pid <> pg_backend_pid()`;
  for (let left = 500; left > 0 && (await ask<number>(server, sql)) === 0; left--) await sleep(10);
}

/** The package in a private folder, as an installation with --ignore-scripts leaves it. */
export async function copyWithoutLinks(home: string): Promise<PostgresBinaries> {
  const original = await locateBinaries();
  const root = path.join(home, 'package');
  spawnSync('cp', ['-r', original.root, root]);
  spawnSync('find', [root, '-type', 'l', '-delete']);
  const moved = (program: string): string => path.join(root, path.relative(original.root, program));
  return { root, version: original.version, postgres: moved(original.postgres), initdb: moved(original.initdb) };
}
