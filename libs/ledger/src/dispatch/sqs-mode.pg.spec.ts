import { TestDispatchQueue } from '../../../../test/support/dispatch-queue.fixture';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { NewOperation } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { ScriptedProvider, acts, held } from '../testing/scripted-provider';
import { DueTurns } from './due-turns';
import { WorkHints } from './work-hints';

/** Nobody looks for work without being told; only what the queue brings is run. */
const QUEUE_ONLY = { pollMs: 600_000, lostAfterMs: 600_000 };

describe('dispatch through a queue', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let queue: TestDispatchQueue;
  let api: TestProcess;
  let provider: ScriptedProvider;
  let workers: TestProcess[];
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    queue = await TestDispatchQueue.start('sqs');
    api = await TestProcess.start(database, { queue: queue.open() });
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
    provider = new ScriptedProvider();
    workers = [];
  });
  afterEach(async () => {
    await queue.healed();
    await Promise.all(workers.map((worker) => worker.close()));
    await queue.purge();
  });
  afterAll(async () => {
    await api.close();
    await queue.stop();
    await witness.close();
    await database.drop();
  });

  const worker = async (settings: Parameters<typeof TestProcess.start>[1] = {}): Promise<TestProcess> => {
    const started = await TestProcess.start(database, {
      ...{ dispatch: true, provider, queue: queue.open() },
      settings: { ...QUEUE_ONLY, ...settings.settings },
    });
    workers.push(started);
    return started;
  };
  const accept = async (n: number, given: Partial<NewOperation> = {}): Promise<string[]> => {
    const operations = Array.from({ length: n }, () => newOperation(tenant, given));
    await Promise.all(operations.map((each) => api.ledger.acceptGrouped(each)));
    return operations.map(({ id }) => id);
  };
  const done = (ids: readonly string[], withinMs = 10_000): Promise<void> =>
    eventually(
      async () => (await witness.count(`state = 'succeeded' AND tenant_id = '${tenant}'`)) >= ids.length,
      withinMs,
    );
  const onceEach = (ids: readonly string[]): void => {
    expect(ids.filter((id) => provider.callsOf(id) !== 1)).toEqual([]);
  };
  const drained = (): Promise<void> => eventually(async () => (await queue.depth()) === 0);

  it('spreads accepted operations over workers that never look by themselves, each done once', async () => {
    const gate = held(acts);
    provider = new ScriptedProvider(gate.behaviour);
    const other = new ScriptedProvider(gate.behaviour);
    await worker();
    workers.push(
      await TestProcess.start(database, {
        ...{ dispatch: true, provider: other, queue: queue.open(), settings: QUEUE_ONLY },
      }),
    );
    const ids = await accept(100);
    const inFlow = newOperation(tenant);
    await api.run(tenant, (tx) => api.ledger.accept(tx, inFlow));
    await eventually(() => provider.inFlight > 0 && other.inFlight > 0); // neither has room for all of it
    gate.release();
    await done([...ids, inFlow.id]);
    await drained();

    expect(provider.calls.length + other.calls.length).toBe(101);
  });

  it('sends what has to wait when it is due, and not before', async () => {
    const [id = ''] = await accept(1, { notBefore: new Date(Date.now() + 60_000) });
    await worker();
    expect(await queue.depth()).toBe(0);

    await witness.advance(61_000);
    await done([id]);
    onceEach([id]);
    await witness.advance(-61_000);
  });

  it('makes nothing of messages that are doubled, out of order, or an hour late (F6)', async () => {
    const ids = await accept(40);
    const refs = ids.map((id) => ({ id, tenantId: tenant }));
    for (const again of [refs, [...refs].reverse()]) api.part(WorkHints).due(again);
    await worker();
    await done(ids);
    api.part(WorkHints).due(refs);
    await api.part(WorkHints).flush();
    await drained();

    onceEach(ids);
  });

  it('sends again what the queue lost, once, by one of all workers (F5)', async () => {
    const ids = await accept(30);
    await api.part(WorkHints).flush();
    await queue.purge();
    const counted = await Promise.all(
      [1, 2].map(() =>
        TestProcess.start(database, { queue: queue.open(), settings: { sweepMs: 10_000, lostAfterMs: 10_000 } }),
      ),
    );
    await witness.advance(20_000);
    const announced = await Promise.all(counted.map((each) => each.part(DueTurns).turn()));
    expect(announced.reduce((sum, n) => sum + n)).toBe(20); // so many of a lane at a time: others shall have their turn
    await Promise.all(counted.map((each) => each.close()));

    await worker({ settings: { lostAfterMs: 200 } });
    await done(ids);
    onceEach(ids);
  });

  it('does not fill a queue that is only slow', async () => {
    await accept(30);
    await queue.fill(1_000);
    const sender = await TestProcess.start(database, {
      queue: queue.open(),
      settings: { sweepMs: 10_000, lostAfterMs: 10_000 },
    });
    await witness.advance(20_000);
    expect(await sender.part(DueTurns).turn()).toBe(0);
    await sender.close();
  });

  it('drops what is not ours, and is not stopped by it', async () => {
    const foreign = { v: 1, installation: 'another', ids: [crypto.randomUUID()] };
    for (const body of ['poison', '{}', '[]', JSON.stringify(foreign), JSON.stringify({ ...foreign, ids: ['x'] })])
      await queue.sendRaw(body);
    await queue.sendRaw(JSON.stringify({ ...foreign, installation: 'test' })); // ours, of an operation that is not there
    await worker();
    const ids = await accept(5);
    await done(ids);
    await drained();
    onceEach(ids);
  });

  it('accepts and delivers while SQS is away, in either direction, and uses it again afterwards (F7)', async () => {
    await worker({ settings: { pollMs: 100 } });
    await queue.fault({ operation: 'SendMessageBatch', status: 503, times: 1_000_000 });
    const unsent = await accept(50);
    await done(unsent, 3_000);
    await queue.fault({ operation: 'ReceiveMessage', status: 503, times: 1_000_000 });
    const unheard = await accept(50);
    await done([...unsent, ...unheard], 5_000);

    await queue.healed();
    const ids = [...unsent, ...unheard, ...(await accept(20))];
    await done(ids);
    onceEach(ids);
  });

  it('puts back what is of a tenant that has all its places, and takes it when there is room', async () => {
    await worker({ settings: { concurrency: 4, prefetch: 6 } });
    const ids = await accept(40);
    await done(ids);
    onceEach(ids);
  });
});
