import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { Client } from 'pg';
import { freePort, removeDataDirectory } from './index';
import { inspectProcess } from './processes';
import {
  PostgresWorkbench,
  ask,
  entriesBelow,
  isRoot,
  password,
  startInChild,
  startOrphan,
  untilBusy,
} from './testing/postgres-workbench';

/** A database for the tests of later starts. They share it: each finds it as the one before left it. */
let made: PostgresWorkbench;
let bench: PostgresWorkbench;

beforeAll(async () => {
  made = await PostgresWorkbench.open();
  await (await made.start()).stop();
});

afterAll(() => made.clear());

beforeEach(async () => {
  bench = await PostgresWorkbench.open();
});

afterEach(() => bench.clear());

describe('a first start', () => {
  it('makes a durable database behind a password on loopback, and leaves nothing else behind', async () => {
    const server = await bench.start({ settings: {} });

    expect(await ask(server, `SELECT current_setting('fsync') AS answer`)).toBe('on');
    expect(await ask(server, `SELECT current_setting('listen_addresses') AS answer`)).toBe('127.0.0.1');
    const intruder = new Client(server.superuserUrl().replace('p%40ss', 'guess'));
    await expect(intruder.connect()).rejects.toThrow('password authentication failed');
    expect(await readdir(path.dirname(bench.options.dataDir))).toEqual(['postgres']);
    const lock = await readFile(path.join(bench.options.dataDir, 'postmaster.pid'), 'utf8');
    expect(Number.parseInt(lock, 10)).toBe(server.pid);
    expect(bench.logged.join('\n')).toContain('ready to accept connections');
    expect(bench.logged.join('\n')).not.toContain(password);
  });

  it('begins anew after a run that was killed in the middle of initdb', async () => {
    const child = startInChild(bench.options);
    await once(child, 'spawn');
    const folder = path.dirname(bench.options.dataDir);
    // As soon as initdb has written its first file.
    const [interrupted = ''] = await entriesBelow(folder, 'PG_VERSION');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(interrupted).toMatch(/postgres\.initialising-\d+-\w+\/data\/PG_VERSION$/);
    expect(await readdir(folder)).not.toContain('postgres');

    const server = await bench.start();

    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
    expect(await readdir(folder)).toEqual(['postgres']);
  });
});

describe('a later start', () => {
  beforeEach(() => {
    bench.options = { ...bench.options, dataDir: made.options.dataDir };
  });

  it('finds the rows of a server that was killed, although one of its backends still works', async () => {
    const first = await bench.start();
    await ask(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const busy = new Client(first.superuserUrl());
    busy.on('error', () => undefined);
    await busy.connect();
    const work = busy.query('SELECT count(*) FROM generate_series(1, 1e11::bigint)').catch(() => undefined);
    await untilBusy(first, '1e11');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

    const second = await bench.start();

    expect(second.pid).not.toBe(first.pid);
    expect(await ask(second, 'SELECT answer FROM kept')).toBe(42);
    await work;
    await busy.end();
  });

  it('stops a server that outlived its parent', async () => {
    const orphan = await startOrphan(bench.options);

    const server = await bench.start();

    // Not `alive`: a container may lack the process that collects zombies.
    expect(inspectProcess(orphan)).toBeUndefined();
    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
    expect(bench.logged.join('\n')).toContain(`process ${String(orphan)}`);
    expect(bench.logged.join('\n')).not.toMatch(/not properly shut down|interrupted/);
  });

  it('leaves a server alone whose parent is alive', async () => {
    const first = await bench.start();

    const second = bench.start({ port: await freePort() });

    await expect(second).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_ALREADY_RUNNING' });
    expect(await ask(first, 'SELECT 1 AS answer')).toBe(1);
  });

  it('is not stopped by a lock whose number another program has now', async () => {
    // Neither this process nor its parent: PostgreSQL itself never mistakes its parent for a server.
    const other = spawn('sleep', ['60']);
    await writeFile(path.join(bench.options.dataDir, 'postmaster.pid'), `${String(other.pid)}\n`, { mode: 0o600 });
    try {
      const server = await bench.start();

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
    await writeFile(path.join(bench.options.dataDir, 'postmaster.pid'), lock, { mode: 0o600 });

    const server = await bench.start();

    expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
  });

  it('ends within seconds although clients are connected', async () => {
    const server = await bench.start();
    const client = new Client(server.superuserUrl());
    client.on('error', () => undefined);
    await client.connect();

    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await readdir(bench.options.dataDir)).not.toContain('postmaster.pid');
  });
});

describe('a start that cannot be', () => {
  it('says that the port is taken', async () => {
    bench.options = { ...bench.options, dataDir: made.options.dataDir };
    const other = createServer().listen(bench.options.port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await expect(bench.start()).rejects.toMatchObject({
        code: 'EMBEDDED_POSTGRES_PORT_TAKEN',
        message: expect.stringContaining(`127.0.0.1:${String(bench.options.port)}`) as string,
      });
    } finally {
      other.close();
    }
  });

  it('touches nothing in a folder that holds something else', async () => {
    await mkdir(bench.options.dataDir, { recursive: true });
    await writeFile(path.join(bench.options.dataDir, 'thesis.txt'), 'years of work');

    await expect(bench.start()).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_DATA_INVALID' });
    await expect(removeDataDirectory(bench.options.dataDir)).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_DATA_INVALID',
    });
    expect(await readdir(bench.options.dataDir)).toEqual(['thesis.txt']);
  });

  it('names the version that wrote the data', async () => {
    await mkdir(path.join(bench.options.dataDir, 'global'), { recursive: true });
    await writeFile(path.join(bench.options.dataDir, 'global', 'pg_control'), '');
    await writeFile(path.join(bench.options.dataDir, 'PG_VERSION'), '15\n');

    await expect(bench.start()).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_DATA_VERSION',
      message: expect.stringContaining('PostgreSQL 15') as string,
    });
  });

  it('shows the server log when it does not know the reason', async () => {
    bench.options = { ...bench.options, dataDir: made.options.dataDir };
    await expect(bench.start({ settings: { fsync: false, shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_START_FAILED',
      message: expect.stringContaining('invalid value for parameter "shared_buffers"') as string,
    });
  });

  (canMount() ? it : it.skip)('says that the disk is full', async () => {
    const disk = path.dirname(bench.options.dataDir);
    await mkdir(disk);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
    try {
      await expect(bench.start()).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_DISK_FULL' });
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

/** Root in a container is often not allowed to. */
function canMount(): boolean {
  return isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
}
