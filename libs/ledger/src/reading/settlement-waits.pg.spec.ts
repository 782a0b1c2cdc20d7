import { DispatchDatabase } from '@puente/database';
import { SystemClock } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { LedgerLog } from '../ledger.log';
import { LedgerTime } from '../ledger-time';
import { eventually, LedgerWitness, newOperation, TestProcess } from '../testing/ledger.fixture';
import { held } from '../testing/scripted-provider';
import { SettlementWaits, WaitLimits } from './settlement-waits';

const forever = 30_000;
/** Of a client that stays; one each, as each request has its own. */
const staying = (): AbortSignal => new AbortController().signal;

class CountingDatabase extends DispatchDatabase {
  asked = 0;

  override query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
    this.asked += 1;
    return super.query(sql, params);
  }
}

describe('waiting for a settlement', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let worker: TestProcess;
  let api: TestProcess;
  let counting: CountingDatabase;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    worker = await TestProcess.start(database, { dispatch: true });
    api = await TestProcess.start(database);
    counting = new CountingDatabase({ url: database.dispatchUrl, max: 2, applicationName: 'waiting' });
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await Promise.all([worker.close(), api.close(), counting.close()]);
    await witness.close();
    await database.drop();
  });

  const running = async () => {
    const gate = held();
    const operation = newOperation(tenant);
    worker.provider.script(operation.id, gate.behaviour);
    await worker.ledger.acceptGrouped(operation);
    await gate.begun;
    return { id: operation.id, release: gate.release };
  };
  const waitsOn = (limits = new WaitLimits()) => {
    const time = new LedgerTime(new SystemClock(), { next: () => 0.5 });
    return new SettlementWaits(counting, time, limits, new LedgerLog());
  };
  const took = async (work: Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await work;
    return performance.now() - begun;
  };

  it('ends soon after another process has settled it, for all who wait, with one question for all of them', async () => {
    const operations = await Promise.all(Array.from({ length: 5 }, running));
    const waits = waitsOn();
    counting.asked = 0;
    const waiting = operations.flatMap(({ id }) =>
      Array.from({ length: 10 }, () => took(waits.settled(tenant, id, forever, staying()))),
    );
    for (const { release } of operations) release();
    const times = await Promise.all(waiting);

    expect(Math.max(...times)).toBeLessThan(5_000);
    expect(counting.asked).toBeLessThan(60);
    expect(waits.size).toBe(0);
  });

  it('ends when its time is over, when the client hangs up, and when the process stops', async () => {
    const { id, release } = await running();
    const own = await TestProcess.start(database);
    const waits = own.part(SettlementWaits);
    await waits.settled(tenant, id, 20, staying());
    const client = new AbortController();
    const left = waits.settled(tenant, id, forever, client.signal);
    const stopped = waits.settled(tenant, id, forever, staying());
    client.abort();
    await left;
    expect(waits.size).toBe(1);
    await Promise.all([own.close(), stopped]);

    expect(waits.size).toBe(0);
    await waits.settled(tenant, id, forever, staying());
    expect((await witness.row(id)).state).toBe('running');
    release();
  });

  it('is for so many at a time, and no tenant takes all the room', async () => {
    const { id, release } = await running();
    const waits = waitsOn(new WaitLimits(3, 2));
    const wait = (tenantId: string) => waits.settled(tenantId, id, forever, staying());
    const mine = [wait(tenant), wait(tenant)];
    await expect(wait(tenant)).rejects.toMatchObject({ code: 'TOO_MANY_WAITS' });
    const theirs = wait('another');
    await expect(wait('a third')).rejects.toMatchObject({ code: 'TOO_MANY_WAITS' });

    release();
    await Promise.all([...mine, theirs]);
    expect(waits.size).toBe(0);
  });

  it('goes on when its connection breaks', async () => {
    const { id, release } = await running();
    counting.asked = 0;
    const waiting = took(waitsOn().settled(tenant, id, forever, staying()));
    await eventually(() => counting.asked > 0);
    await witness.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waiting'`);
    release();

    expect(await waiting).toBeLessThan(5_000);
  });
});
