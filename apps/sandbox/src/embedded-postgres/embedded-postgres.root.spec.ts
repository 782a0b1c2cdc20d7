import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeDataDirectory } from './index';
import {
  PostgresWorkbench,
  ask,
  copyWithoutLinks,
  entriesBelow,
  isRoot,
  nobody,
  startInChild,
} from './testing/postgres-workbench';

/** Root is the account PostgreSQL refuses, so each way around that is tried where the tests run as root. */
(isRoot ? describe : describe.skip)('as root', () => {
  let bench: PostgresWorkbench;

  beforeEach(async () => {
    bench = await PostgresWorkbench.open();
  });

  afterEach(() => bench.clear());

  it('keeps the files its own in a private folder, by a user namespace', async () => {
    const server = await bench.start({ rootRunsAs: 'user-namespace' });

    expect((await stat(bench.home)).mode & 0o777).toBe(0o700);
    expect((await stat(bench.options.dataDir)).uid).toBe(0);
    expect(server.directory).toBe(bench.options.dataDir);
  });

  it('runs as nobody from a public folder when programs and data lie in a private one', async () => {
    const publicPlaces = [path.join(await mkdtemp(path.join(tmpdir(), 'puente-public-')))];
    spawnSync('chmod', ['755', ...publicPlaces]);
    const binaries = await copyWithoutLinks(bench.home);
    const wishes = { rootRunsAs: 'unprivileged-user', publicPlaces, binaries } as const;
    const first = await bench.start(wishes);
    await ask(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();

    const second = await bench.start(wishes);

    expect(await ask(second, 'SELECT answer FROM kept')).toBe(42);
    expect((await stat(bench.options.dataDir)).uid).toBe(nobody.uid);
    await second.stop();
    await removeDataDirectory(bench.options.dataDir);
    expect(await entriesBelow(publicPlaces[0] ?? '', 'PG_VERSION', 0)).toEqual([]);
    await rm(publicPlaces[0] ?? '', { recursive: true });
  });

  it('takes over data that an unprivileged user left, and works on as that user', async () => {
    spawnSync('chmod', ['755', bench.home]);
    await (await bench.start({ rootRunsAs: 'unprivileged-user' })).stop();
    expect((await stat(bench.options.dataDir)).uid).toBe(nobody.uid);

    const server = await bench.start();
    expect((await stat(`/proc/${String(server.pid)}`)).uid).toBe(nobody.uid);
    await server.stop();
    const own = await bench.start({ rootRunsAs: 'user-namespace' });
    expect((await stat(bench.options.dataDir)).uid).toBe(0);
    expect(await ask(own, 'SELECT 1 AS answer')).toBe(1);
  });

  (nobodyCanReadProject() ? it : it.skip)(
    'is not needed: an ordinary user starts, and is told what it may not',
    async () => {
      spawnSync('chown', ['-R', 'nobody', bench.home]);
      const child = startInChild(bench.options, nobody);
      const [ready] = (await once(child.stdout ?? child, 'data')) as [Buffer];
      expect(String(ready)).toMatch(/^ready \d+/);
      expect((await stat(bench.options.dataDir)).uid).toBe(nobody.uid);
      child.kill('SIGKILL');
      await once(child, 'exit');

      spawnSync('chown', ['-R', '0:0', bench.home]);
      spawnSync('chmod', ['755', bench.home, path.dirname(bench.options.dataDir)]);
      const refused = startInChild({ ...bench.options, dataDir: path.join(bench.home, 'state', 'other') }, nobody);
      const [said] = (await once(refused.stdout ?? refused, 'data')) as [Buffer];
      expect(String(said)).toMatch(/^EMBEDDED_POSTGRES_DATA_NOT_WRITABLE/);
    },
  );
});

function nobodyCanReadProject(): boolean {
  return (
    spawnSync(process.execPath, ['--check', __filename.replace(/[^/]+$/, 'index.ts')], nobody).error === undefined &&
    spawnSync('test', ['-r', __filename], nobody).status === 0
  );
}
