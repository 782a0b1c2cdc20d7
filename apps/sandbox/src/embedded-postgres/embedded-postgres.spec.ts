import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { EmbeddedPostgresOptions, RunningPostgres } from './index';
import { freePort, removeDataDirectory, startEmbeddedPostgres } from './index';
import { locateBinaries } from './postgres-binaries';
import { serverArguments } from './postgres-settings';
import { inspectProcess, until } from './processes';

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
const password = 'p@ss/w ord';

let home: string;
let options: EmbeddedPostgresOptions & { log: jest.Mock };
const running: RunningPostgres[] = [];

/** A database for the tests of later starts. They share it: each finds it as the one before left it. */
let made: string;

beforeAll(async () => {
  made = await mkdtemp(path.join(tmpdir(), 'puente-postgres-made-'));
  const settings = { fsync: false };
  const dataDir = path.join(made, 'postgres');
  const server = await startEmbeddedPostgres({
    dataDir,
    port: await freePort(),
    superuserPassword: password,
    log: () => undefined,
    settings,
  });
  await server.stop();
});

afterAll(() => rm(made, { recursive: true }));

beforeEach(async () => {
  // mkdtemp makes private folders (0700), so that every test as root is one in a private folder.
  home = await mkdtemp(path.join(tmpdir(), 'puente-postgres-'));
  options = {
    dataDir: path.join(home, 'state', 'postgres'),
    port: await freePort(),
    superuserPassword: password,
    log: jest.fn(),
    settings: { fsync: false },
  };
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop('immediate')));
  await rm(home, { recursive: true, force: true, maxRetries: 10 });
});

async function start(overrides: Partial<EmbeddedPostgresOptions> = {}): Promise<RunningPostgres> {
  const server = await startEmbeddedPostgres({ ...options, ...overrides });
  running.push(server);
  return server;
}

async function ask<T>(server: RunningPostgres, sql: string): Promise<T> {
  const client = new Client(server.superuserUrl());
  await client.connect();
  try {
    const result = await client.query<{ answer: T }>(sql);
    return result.rows[0]?.answer as T;
  } finally {
    await client.end();
  }
}

describe('a first start', () => {
  it('makes a durable database behind a password on loopback, and leaves nothing else behind', async () => {
    const { settings: _fast, ...durable } = options;
    const server = await startEmbeddedPostgres(durable);
    running.push(server);

    expect(await ask(server, `SELECT current_setting('fsync') AS answer`)).toBe('on');
    expect(await ask(server, `SELECT current_setting('listen_addresses') AS answer`)).toBe('127.0.0.1');
    const intruder = new Client(server.superuserUrl().replace('p%40ss', 'guess'));
    await expect(intruder.connect()).rejects.toThrow('password authentication failed');
    expect(await readdir(path.dirname(options.dataDir))).toEqual(['postgres']);
    const lock = await readFile(path.join(options.dataDir, 'postmaster.pid'), 'utf8');
    expect(Number.parseInt(lock, 10)).toBe(server.pid);
    expect(options.log).toHaveBeenCalledWith(expect.stringContaining('ready to accept connections'));
    expect(JSON.stringify(options.log.mock.calls)).not.toContain(password);
  });

  it('begins anew after a run that was killed in the middle of initdb', async () => {
    const child = startInChild(options);
    await once(child, 'spawn');
    const folder = path.dirname(options.dataDir);
    // As soon as initdb has written its first file.
    const [interrupted = ''] = await entriesBelow(folder, 'PG_VERSION');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(interrupted).toMatch(/postgres\.initialising-\d+-\w+\/data\/PG_VERSION$/);
    expect(await readdir(folder)).not.toContain('postgres');

    const server = await start();

    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
    expect(await readdir(folder)).toEqual(['postgres']);
  });
});

describe('a later start', () => {
  beforeEach(() => {
    options = { ...options, dataDir: path.join(made, 'postgres') };
  });

  it('finds the rows of a server that was killed, although one of its backends still works', async () => {
    const first = await start();
    await ask(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const busy = new Client(first.superuserUrl());
    busy.on('error', () => undefined);
    await busy.connect();
    const work = busy.query('SELECT count(*) FROM generate_series(1, 1e11::bigint)').catch(() => undefined);
    await busyBackend(first);
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

    const second = await start();

    expect(second.pid).not.toBe(first.pid);
    expect(await ask(second, 'SELECT answer FROM kept')).toBe(42);
    await work;
    await busy.end();
  });

  it('stops a server that outlived its parent', async () => {
    const orphan = await startOrphan();

    const server = await start();

    // Not `alive`: a container may lack the process that collects zombies.
    expect(inspectProcess(orphan)).toBeUndefined();
    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
    expect(options.log).toHaveBeenCalledWith(expect.stringContaining(`process ${String(orphan)}`));
    expect(JSON.stringify(options.log.mock.calls)).not.toMatch(/not properly shut down|interrupted/);
  });

  it('leaves a server alone whose parent is alive', async () => {
    const first = await start();

    const second = start({ port: await freePort() });

    await expect(second).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_ALREADY_RUNNING' });
    expect(await ask(first, 'SELECT 1 AS answer')).toBe(1);
  });

  it('is not stopped by a lock whose number another program has now', async () => {
    // Neither this process nor its parent: PostgreSQL itself never mistakes its parent for a server.
    const other = spawn('sleep', ['60']);
    await writeFile(path.join(options.dataDir, 'postmaster.pid'), `${String(other.pid)}\n`, { mode: 0o600 });
    try {
      const server = await start();

      expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
      expect(inspectProcess(other.pid ?? -1)).toBeDefined();
    } finally {
      other.kill();
    }
  });

  it.each([
    ['names a process that is gone', '4194301\n'],
    ['was cut short', ''],
  ])('is not stopped by a lock that %s', async (_case, lock) => {
    await writeFile(path.join(options.dataDir, 'postmaster.pid'), lock, { mode: 0o600 });

    const server = await start();

    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
  });

  it('ends within seconds although clients are connected', async () => {
    const server = await start();
    const client = new Client(server.superuserUrl());
    client.on('error', () => undefined);
    await client.connect();

    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await readdir(options.dataDir)).not.toContain('postmaster.pid');
  });
});

describe('a start that cannot be', () => {
  it('says that the port is taken', async () => {
    options = { ...options, dataDir: path.join(made, 'postgres') };
    const other = createServer().listen(options.port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'EMBEDDED_POSTGRES_PORT_TAKEN',
        message: expect.stringContaining(`127.0.0.1:${String(options.port)}`) as string,
      });
    } finally {
      other.close();
    }
  });

  it('touches nothing in a folder that holds something else', async () => {
    await mkdir(options.dataDir, { recursive: true });
    await writeFile(path.join(options.dataDir, 'thesis.txt'), 'years of work');

    await expect(start()).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_DATA_INVALID' });
    await expect(removeDataDirectory(options.dataDir)).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_DATA_INVALID',
    });
    expect(await readdir(options.dataDir)).toEqual(['thesis.txt']);
  });

  it('names the version that wrote the data', async () => {
    await mkdir(path.join(options.dataDir, 'global'), { recursive: true });
    await writeFile(path.join(options.dataDir, 'global', 'pg_control'), '');
    await writeFile(path.join(options.dataDir, 'PG_VERSION'), '15\n');

    await expect(start()).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_DATA_VERSION',
      message: expect.stringContaining('PostgreSQL 15') as string,
    });
  });

  it('shows the server log when it does not know the reason', async () => {
    options = { ...options, dataDir: path.join(made, 'postgres') };
    await expect(start({ settings: { fsync: false, shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_START_FAILED',
      message: expect.stringContaining('invalid value for parameter "shared_buffers"') as string,
    });
  });

  (canMount() ? it : it.skip)('says that the disk is full', async () => {
    const disk = path.dirname(options.dataDir);
    await mkdir(disk);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
    try {
      await expect(start()).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_DISK_FULL' });
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

(isRoot ? describe : describe.skip)('as root', () => {
  it('keeps the files its own in a private folder, by a user namespace', async () => {
    options = { ...options, dataDir: path.join(made, 'postgres') };
    const server = await start({ rootRunsAs: 'user-namespace' });

    expect((await stat(made)).mode & 0o777).toBe(0o700);
    expect((await stat(options.dataDir)).uid).toBe(0);
    expect(server.directory).toBe(options.dataDir);
  });

  it('runs as nobody from a public folder when programs and data lie in a private one', async () => {
    const publicPlaces = [path.join(await mkdtemp(path.join(tmpdir(), 'puente-public-')))];
    spawnSync('chmod', ['755', ...publicPlaces]);
    const binaries = await privateCopyWithoutLinks();
    const wishes = { rootRunsAs: 'unprivileged-user', publicPlaces, binaries } as const;
    const first = await start(wishes);
    await ask(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();

    const second = await start(wishes);

    expect(await ask(second, 'SELECT answer FROM kept')).toBe(42);
    expect((await stat(options.dataDir)).uid).toBe(nobody.uid);
    await second.stop();
    await removeDataDirectory(options.dataDir);
    expect(await entriesBelow(publicPlaces[0] ?? '', 'PG_VERSION', 0)).toEqual([]);
    await rm(publicPlaces[0] ?? '', { recursive: true });
  });

  it('takes over data that an unprivileged user left, and works on as that user', async () => {
    spawnSync('chmod', ['755', home]);
    await (await start({ rootRunsAs: 'unprivileged-user' })).stop();
    expect((await stat(options.dataDir)).uid).toBe(nobody.uid);

    const server = await start();
    expect((await stat(`/proc/${String(server.pid)}`)).uid).toBe(nobody.uid);
    await server.stop();
    const own = await start({ rootRunsAs: 'user-namespace' });
    expect((await stat(options.dataDir)).uid).toBe(0);
    expect(await ask(own, 'SELECT 1 AS answer')).toBe(1);
  });

  (nobodyCanReadProject() ? it : it.skip)(
    'is not needed: an ordinary user starts, and is told what it may not',
    async () => {
      spawnSync('chown', ['-R', 'nobody', home]);
      const child = startInChild(options, nobody);
      const [ready] = (await once(child.stdout ?? child, 'data')) as [Buffer];
      expect(String(ready)).toMatch(/^ready \d+/);
      expect((await stat(options.dataDir)).uid).toBe(nobody.uid);
      child.kill('SIGKILL');
      await once(child, 'exit');

      spawnSync('chown', ['-R', '0:0', home]);
      spawnSync('chmod', ['755', home, path.dirname(options.dataDir)]);
      const refused = startInChild({ ...options, dataDir: path.join(home, 'state', 'other') }, nobody);
      const [said] = (await once(refused.stdout ?? refused, 'data')) as [Buffer];
      expect(String(said)).toMatch(/^EMBEDDED_POSTGRES_DATA_NOT_WRITABLE/);
    },
  );
});

/** Another program that starts the server: it can be killed, and it can be an ordinary user's. */
function startInChild(
  { log: _log, ...rest }: EmbeddedPostgresOptions,
  as: { uid?: number; gid?: number } = {},
): ChildProcess {
  const project = path.resolve(__dirname, '../../../..');
  const program = `
    const { startEmbeddedPostgres } = require(${JSON.stringify(path.join(__dirname, 'index.ts'))});
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
async function startOrphan(): Promise<number> {
  const { postgres } = await locateBinaries();
  const asRoot = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'];
  const words = [...(isRoot ? asRoot : []), postgres, ...serverArguments(options.dataDir, options.port, {})];
  spawnSync('sh', ['-c', '"$@" 2>/dev/null & ', 'sh', ...words], {
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const lock = path.join(options.dataDir, 'postmaster.pid');
  const ready = async (): Promise<boolean> => (await readFile(lock, 'utf8').catch(() => '')).includes('ready');
  for (let left = 500; left > 0 && !(await ready()); left--) await new Promise((resolve) => setTimeout(resolve, 10));
  return Number.parseInt(await readFile(lock, 'utf8'), 10);
}

/** Waits until a file of this name exists somewhere below the folder; the paths of all there are. */
async function entriesBelow(folder: string, name: string, timeoutMs = 10_000): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const all = await readdir(folder, { recursive: true }).catch(() => []);
    const found = all.filter((entry) => path.basename(entry) === name);
    if (found.length > 0 || performance.now() >= deadline) return found;
  }
}

async function busyBackend(server: RunningPostgres): Promise<void> {
  const sql = `SELECT count(*)::int AS answer FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%1e11%' AND pid <> pg_backend_pid()`;
  for (let left = 500; left > 0 && (await ask<number>(server, sql)) === 0; left--) await until(() => false, 10);
}

/** The package in a private folder, as an installation with --ignore-scripts leaves it. */
async function privateCopyWithoutLinks(): Promise<Awaited<ReturnType<typeof locateBinaries>>> {
  const original = await locateBinaries();
  const root = path.join(home, 'package');
  spawnSync('cp', ['-r', original.root, root]);
  spawnSync('find', [root, '-type', 'l', '-delete']);
  const moved = (program: string): string => path.join(root, path.relative(original.root, program));
  return { root, version: original.version, postgres: moved(original.postgres), initdb: moved(original.initdb) };
}

/** Root in a container is often not allowed to. */
function canMount(): boolean {
  return isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
}

function nobodyCanReadProject(): boolean {
  return (
    spawnSync(process.execPath, ['--check', __filename.replace(/[^/]+$/, 'index.ts')], nobody).error === undefined &&
    spawnSync('test', ['-r', __filename], nobody).status === 0
  );
}
