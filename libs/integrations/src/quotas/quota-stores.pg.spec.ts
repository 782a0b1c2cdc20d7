import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { DispatchDatabase } from '@puente/database';
import { type Clock, SystemClock } from '@puente/kernel';
import { type CallQuota, QuotaLeases, type QuotaStore } from '@puente/resilience';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { FlexibleQuotaStore } from './flexible-quota-store';
import { PostgresCounters } from './postgres-counters';
import { RedisCounters } from './redis-counters';

const WORKER = path.resolve(__dirname, '../../../../test/support/quota-spender.ts');
const REGISTER = path.resolve(__dirname, '../../../../scripts/register.cjs');
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

const perMinute = (over: Partial<CallQuota> = {}): CallQuota => ({
  key: 'sample:0:tenant-1:default',
  limit: 1_000,
  windowMs: 60_000,
  name: 'Por minuto',
  owner: { tenantId: 'tenant-1', provider: 'sample', integration: 'default' },
  cost: 1,
  enforced: true,
  ...over,
});

/** As a process of its own would have it. */
function leasesOn(store: QuotaStore, clock: Clock = new SystemClock()): QuotaLeases {
  return new QuotaLeases(store, new ToldDecisions(), clock);
}

async function spendAll(leases: QuotaLeases, quota: CallQuota, calls: number): Promise<number> {
  const admissions = await Promise.all(Array.from({ length: calls }, async () => leases.admit(quota)));
  return admissions.filter(({ admitted }) => admitted).length;
}

/** Both keep the same promises, whatever keeps the counters. */
function keepsItsPromises(storeOf: () => QuotaStore): void {
  it('grants no point twice, however many ask at once', async () => {
    const quota = perMinute({ key: 'race', limit: 100 });
    const grants = await Promise.all(Array.from({ length: 60 }, () => storeOf().take(quota, 3)));

    expect(grants.reduce((sum, { granted }) => sum + granted, 0)).toBe(100);
    for (const { resetsInMs } of grants) expect(resetsInMs).toBeLessThanOrEqual(60_000);
  });

  it('holds several processes to one quota together, and uses all of it', async () => {
    const quota = perMinute({ key: 'together' });
    const processes = Array.from({ length: 4 }, () => leasesOn(storeOf()));
    const rounds = await Promise.all(
      processes.map(async (leases) => {
        let sum = 0;
        for (let round = 0; round < 40; round += 1) sum += await spendAll(leases, quota, 10);
        return sum;
      }),
    );

    expect(rounds.reduce((sum, each) => sum + each, 0)).toBe(1_000);
  });

  it('takes the provider’s word for all processes, and never gives back points that others may hold', async () => {
    const quota = perMinute({ key: 'word' });
    await storeOf().take(quota, 10);
    await storeOf().observe(quota, { limit: 1_000, remaining: 4, resetsInMs: 9_000 });

    const { granted, resetsInMs } = await storeOf().take(quota, 10);
    expect(granted).toBe(4);
    expect(resetsInMs).toBeLessThanOrEqual(9_000);

    await storeOf().observe(quota, { limit: 1_000, remaining: 999, resetsInMs: 9_000 });
    expect((await storeOf().take(quota, 1)).granted).toBe(0);
  });
}

describe('counters in PostgreSQL', () => {
  let test: TestDatabase;
  let database: DispatchDatabase;
  let owner: Client;
  beforeAll(async () => {
    test = await createTestDatabase();
    database = new DispatchDatabase({ url: test.dispatchUrl, max: 4, applicationName: 'quotas' });
    owner = new Client({ connectionString: test.ownerUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await Promise.all([database.close(), owner.end()]);
    await test.drop();
  });

  const store = (): QuotaStore => new FlexibleQuotaStore(new PostgresCounters(database));

  keepsItsPromises(store);

  it('begins a window anew when it is over, by the database’s clock', async () => {
    const quota = perMinute({ key: 'window', limit: 5 });
    expect((await store().take(quota, 9)).granted).toBe(5);
    await owner.query(`UPDATE clock_skew SET skew = interval '59 seconds'`);
    expect(await store().take(quota, 1)).toMatchObject({ granted: 0, before: 9 });
    await owner.query(`UPDATE clock_skew SET skew = interval '61 seconds'`);
    expect(await store().take(quota, 9)).toMatchObject({ granted: 5, before: 0 });
    await owner.query(`UPDATE clock_skew SET skew = interval '0'`);
  });

  it('does not believe the clock of a process that is an hour fast', async () => {
    const quota = perMinute({ key: 'clock', limit: 5 });
    await store().take(quota, 5);
    const now = jest
      .spyOn(Date, 'now')
      .mockImplementation(() => performance.timeOrigin + performance.now() + 3_600_000);
    const fast = await store().take(quota, 5);
    now.mockRestore();

    expect(fast.granted).toBe(0);
    expect(fast.resetsInMs).toBeGreaterThan(50_000);
  });

  it('is counted where no query waits for the disk, and holds no tenant’s row', async () => {
    const { rows } = await owner.query(`SELECT relpersistence FROM pg_class WHERE oid = 'rate_limits'::regclass`);
    expect(rows).toEqual([{ relpersistence: 'u' }]);
  });

  it('holds two real processes to one quota', async () => {
    const spent = await Promise.all([spentBy(test.dispatchUrl), spentBy(test.dispatchUrl)]);

    expect(spent.reduce((sum, each) => sum + each, 0)).toBe(1_000);
    for (const each of spent) expect(each).toBeGreaterThan(0);
  });
});

/** Runs `quota-spender.ts`: two of them, started together, spend the quota `processes` as fast as they can. */
function spentBy(url: string): Promise<number> {
  const child = fork(WORKER, [url], {
    execArgv: ['--require', REGISTER],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (admitted) => resolve(Number(admitted)));
    child.once('exit', (code) => reject(new Error(`the spender ended with ${String(code)}`)));
  });
}

if (!hasRedis)
  console.warn('Skipped: counters in Redis. There is no redis-server on this machine (apt-get install redis-server).');

(hasRedis ? describe : describe.skip)('counters in Redis', () => {
  let server: ChildProcess;
  let counters: RedisCounters;
  beforeAll(async () => {
    const port = await freePort();
    server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
    counters = new RedisCounters(`redis://127.0.0.1:${String(port)}`);
    await until(async () => {
      await counters.connect();
      return counters.get('anything').then(
        () => true,
        () => false,
      );
    });
  });
  afterAll(() => {
    counters.onApplicationShutdown();
    server.kill();
  });

  keepsItsPromises(() => new FlexibleQuotaStore(counters));
});

it('counters in a Redis that is not there stop no call and keep no process from starting', async () => {
  const away = await new RedisCounters(`redis://127.0.0.1:${String(await freePort())}`).connect();
  const leases = leasesOn(new FlexibleQuotaStore(away));

  expect(await spendAll(leases, perMinute({ limit: 5 }), 9)).toBe(5);
  away.onApplicationShutdown();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error('It did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
