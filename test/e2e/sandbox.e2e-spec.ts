import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { JsonClient } from '../support/sandbox-client';
import { SandboxProcess } from '../support/sandbox-process';
import { receivedBySns } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

const MAIN = path.resolve(__dirname, '../../dist/apps/sandbox/src/main.js');
const hasCurl = spawnSync('curl', ['--version']).status === 0;

interface Page {
  readonly items: readonly { readonly id: string; readonly status: string; readonly snsMessageId: string | null }[];
}

/** What a user does first, on a sandbox of its own. */
describe('npm start', () => {
  let sandbox: SandboxProcess;
  const notifications = async () => {
    const { apiUrl, keys } = sandbox.facts();
    return (await new JsonClient(apiUrl, keys.client).get('/v1/notifications')).body as Page;
  };
  const runMain = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 30_000 });

  beforeAll(async () => {
    sandbox = await SandboxProcess.start();
  }, 60_000);

  afterAll(async () => {
    await sandbox.remove();
  }, 60_000);

  (hasCurl ? it : it.skip)('prints a first call that works when pasted: published once', async () => {
    const [, first = ''] = await until(
      () => /(curl -s \S+\/v1\/notifications \\[^]*?')\n\n/.exec(sandbox.output()) ?? undefined,
      { withinMs: 5_000, what: 'the banner is there' }, // sandbox.json, which says that all is ready, may be there before
    );
    const call = async () =>
      JSON.parse((await promisify(execFile)('sh', ['-c', first], { timeout: 10_000 })).stdout) as {
        readonly id: string;
      };
    const { id } = await call();
    expect(await call()).toMatchObject({ id }); // the same Idempotency-Key
    const { items } = await until(async () => published(await notifications()), {
      withinMs: 20_000,
      what: 'it is published',
    });
    expect(items).toHaveLength(1);
    expect((await receivedBySns(sandbox.facts())).map(({ messageId }) => messageId)).toEqual([items[0]?.snsMessageId]);
  });

  it('writes what scripts need, readable by its owner only', () => {
    expect(sandbox.facts()).toMatchObject({
      tenantId: expect.any(String) as string,
      notifications: { queueUrl: expect.stringMatching(/\.fifo$/) as string },
    });
    expect(
      spawnSync('stat', ['-c', '%a', path.join(sandbox.dataDir, 'sandbox.json')], { encoding: 'utf8' }).stdout.trim(),
    ).toBe('600');
  });

  it('refuses to start a second time on the same data, and says what to do', () => {
    const { status, stderr } = runMain(
      '--data-dir',
      sandbox.dataDir,
      '--port',
      '0',
      '--worker-port',
      '0',
      '--stand-in-port',
      '0',
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/already runs/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('names the option for a port that is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const dataDir = path.join(sandbox.dataDir, 'second');
    const { status, stderr } = runMain(
      '--data-dir',
      dataDir,
      '--port',
      String(port),
      '--worker-port',
      '0',
      '--stand-in-port',
      '0',
    );
    await new Promise((resolve) => taken.close(resolve));
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`Port ${String(port)} is taken.*--port`));
  });

  it.each([['--port', 'http'], ['--nonsense'], ['--data-dir']])('explains %s %s', (...args) => {
    const { status, stderr } = runMain(...args);
    expect(status).toBe(1);
    expect(stderr).toContain(args[0]);
  });

  it('has everything again after kill -9 of all its processes, under the same keys', async () => {
    const before = { keys: sandbox.facts().keys, items: (await notifications()).items };
    await sandbox.killAll();
    await sandbox.startAgain();
    expect(sandbox.facts().keys).toEqual(before.keys);
    expect((await notifications()).items).toEqual(before.items);
  }, 60_000);

  it('is stopped by Ctrl-C within seconds and leaves no process behind', async () => {
    const pids = Object.values(sandbox.facts().processes);
    expect(pids).toHaveLength(5);
    const startedAt = performance.now();
    expect(await sandbox.stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(12_000);
    expect(pids.filter(isAlive)).toEqual([]);
  }, 30_000);
});

function published(page: Page): Page | undefined {
  return page.items.some(({ status }) => status === 'published') ? page : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
