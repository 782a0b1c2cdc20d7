import { type Outcome, unknown } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { NewOperation } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { failsWith } from '../testing/scripted-provider';
import type {
  OperationEvent,
  OperationEventConsumer,
  OperationEventHandler,
  OperationEventType,
} from './operation-event';
import { OperationEventRegistry } from './operation-event-registry';

const ALL: readonly OperationEventType[] = [
  'operation.succeeded',
  'operation.rejected',
  'operation.exhausted',
  'operation.needs_review',
  'operation.cancelled',
  'operation.dropped',
];
const refused: Outcome = { kind: 'rejected', code: '400' };

describe('operation events', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let processes: TestProcess[];
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    await witness.sql('CREATE TABLE heard (n serial, consumer text, operation_id uuid, type text, tenant text)');
    await witness.sql('GRANT INSERT ON heard TO puente_app');
    await witness.sql('GRANT USAGE ON SEQUENCE heard_n_seq TO puente_app');
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
    processes = [];
  });
  afterEach(() => Promise.all(processes.map((each) => each.close())));
  afterAll(async () => {
    await witness.close();
    await database.drop();
  });

  const start = async (options: Parameters<typeof TestProcess.start>[1] = { dispatch: true }): Promise<TestProcess> => {
    const started = await TestProcess.start(database, options);
    processes.push(started);
    return started;
  };
  const subscribe = (
    name: string,
    handler: OperationEventHandler = note(name),
    given: Partial<OperationEventConsumer> = {},
  ): void => {
    for (const each of processes) each.part(OperationEventRegistry).subscribe({ name, types: ALL, ...given }, handler);
  };
  const note =
    (name: string): OperationEventHandler =>
    async (tx, events) => {
      for (const { operation, type } of events)
        await tx.query(
          `INSERT INTO heard (consumer, operation_id, type, tenant) VALUES ($1, $2, $3, current_setting('app.tenant_id'))`,
          [name, operation.id, type],
        );
    };
  const heard = async (consumer: string, id?: string): Promise<string[]> =>
    (
      (await witness.sql(
        `SELECT type FROM heard WHERE consumer = $1 AND tenant = $2 AND ($3::uuid IS NULL OR operation_id = $3) ORDER BY n`,
        [consumer, tenant, id ?? null],
      )) as { type: string }[]
    ).map(({ type }) => type);
  const pending = async (): Promise<number> =>
    (await witness.sql('SELECT FROM operation_events WHERE tenant_id = $1', [tenant])).length;
  const accept = async (
    outcome?: Outcome,
    given: Partial<NewOperation> = {},
    onUnknown: NewOperation['onUnknown'] = 'review',
  ): Promise<string> => {
    const operation = newOperation(tenant, { effect: 'once', onUnknown, ...given });
    if (outcome) for (const each of processes) each.provider.script(operation.id, failsWith(outcome));
    await processes[0]!.ledger.acceptGrouped(operation);
    return operation.id;
  };

  it('tell of every end, with the operation, in the tenant’s transaction, and leave nothing behind', async () => {
    const process = await start();
    const seen: OperationEvent[] = [];
    subscribe('all', async (tx, events) => {
      seen.push(...events);
      await note('all')(tx, events);
    });
    const succeeded = await accept();
    const rejected = await accept(refused);
    const dropped = await accept(unknown('timeout'), {}, 'drop');
    const reviewed = await accept(unknown('timeout'));
    const cancelled = await accept(undefined, { notBefore: new Date(Date.now() + 3_600_000) });
    await process.run(tenant, (tx) => process.ledger.cancel(tx, cancelled));
    await witness.settled(reviewed);
    await process.run(tenant, (tx) => process.ledger.resolve(tx, reviewed, { outcome: 'applied', then: 'close' }));
    await eventually(async () => (await heard('all')).length === 6);
    await eventually(async () => (await pending()) === 0);

    expect(await heard('all', succeeded)).toEqual(['operation.succeeded']);
    expect(await heard('all', rejected)).toEqual(['operation.rejected']);
    expect(await heard('all', dropped)).toEqual(['operation.dropped']);
    expect(await heard('all', reviewed)).toEqual(['operation.needs_review', 'operation.succeeded']);
    expect(await heard('all', cancelled)).toEqual(['operation.cancelled']);
    const event = seen.find(({ operation }) => operation.id === succeeded);
    expect(event).toMatchObject({ type: 'operation.succeeded', operation: { output: { done: succeeded } } });
  });

  it('reach only those who asked for them', async () => {
    await start();
    subscribe('reviews', note('reviews'), { types: ['operation.needs_review'] });
    subscribe('others', note('others'), { providers: ['other'] });
    subscribe('doing', note('doing'), { operations: ['test.do', 'other.thing'] });
    const ids = [await accept(), await accept(unknown('timeout')), await accept(undefined, { operation: 'thing' })];
    for (const id of ids) await witness.settled(id);
    await eventually(async () => (await heard('doing')).length === 2 && (await pending()) === 0);
    expect(await heard('reviews')).toEqual(['operation.needs_review']);
    expect(await heard('others')).toEqual([]);
    expect((await heard('doing')).sort()).toEqual(['operation.needs_review', 'operation.succeeded']);
  });

  it('tell of operations that were taken from a dead worker', async () => {
    const process = await start({ dispatch: false });
    subscribe('swept');
    const operation = newOperation(tenant, { effect: 'once' });
    await process.ledger.acceptGrouped(operation);
    await witness.sql(
      `UPDATE operations SET state = 'running', attempt = 1, fence = 1, sent_at = puente_now(), lease_owner = 'worker:dead',
         lease_until = puente_now() - interval '1 s' WHERE id = $1`,
      [operation.id],
    );
    expect(await process.sweeper.sweep()).toBe(1);
    const pump = await start();
    pump.part(OperationEventRegistry).subscribe({ name: 'swept', types: ALL }, note('swept'));
    await eventually(async () => (await heard('swept', operation.id)).length === 1);
    expect(await heard('swept', operation.id)).toEqual(['operation.needs_review']);
  });

  it('survive the process that settled, and the one that dies while it delivers', async () => {
    const api = await start({ dispatch: false });
    subscribe('survivor', () => Promise.reject(new Error('no pump runs here')));
    const operation = newOperation(tenant);
    const begun = await api.ledger.begin(operation);
    if (begun.kind !== 'started') throw new Error('the key is new');
    await api.ledger.settle(begun.operation, {
      result: { kind: 'called', outcome: { kind: 'ok', output: {} } },
      tries: [],
    });
    expect(await pending()).toBe(1);

    const dying = await start();
    let died = 0;
    dying.part(OperationEventRegistry).subscribe({ name: 'survivor', types: ALL }, async (tx, events) => {
      await note('survivor')(tx, events);
      if (died++ > 0) return;
      const [own] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await witness.sql('SELECT pg_terminate_backend($1)', [own!.pid]);
    });
    await eventually(async () => (await heard('survivor')).length > 0);
    await eventually(async () => (await pending()) === 0);
    expect(died).toBe(2);
    expect(await heard('survivor', operation.id)).toEqual(['operation.succeeded']);
  });

  it('come again to a handler that threw, in order, without what it had written, and hold up nobody else', async () => {
    const process = await start();
    const broken = new Set<string>();
    subscribe('picky', async (tx, events) => {
      await note('picky')(tx, events);
      if (events.some(({ operation, type }) => broken.has(operation.id) && type === 'operation.needs_review'))
        throw new Error('not this one');
    });
    const others = Array.from({ length: 20 }, () => newOperation(tenant, { effect: 'once' }));
    const bad = newOperation(tenant, { effect: 'once' });
    broken.add(bad.id);
    process.provider.script(bad.id, failsWith(unknown('timeout')));
    await Promise.all([...others, bad].map((each) => process.ledger.acceptGrouped(each)));
    await eventually(async () => (await heard('picky')).length === 20);
    await witness.settled(bad.id);
    await process.run(tenant, (tx) => process.ledger.resolve(tx, bad.id, { outcome: 'applied', then: 'close' }));
    await eventually(async () => (await eventFailures()) > 0);
    const marker = await accept();
    await eventually(async () => (await heard('picky', marker)).length === 1);
    expect(await heard('picky', bad.id)).toEqual([]);
    broken.clear();
    await witness.advance(600_000);
    await eventually(async () => (await pending()) === 0);
    expect(await heard('picky', bad.id)).toEqual(['operation.needs_review', 'operation.succeeded']);
    expect((await heard('picky')).length).toBe(23);
  });
  const eventFailures = async (): Promise<number> => {
    const [row] = (await witness.sql('SELECT max(failures) AS n FROM operation_events WHERE tenant_id = $1', [
      tenant,
    ])) as { n: number }[];
    return row?.n ?? 0;
  };

  it('are delivered once although several processes deliver, and to a consumer only from its subscription on', async () => {
    await start();
    await start();
    const before = await accept();
    await witness.settled(before);
    subscribe('once');
    const operations = Array.from({ length: 300 }, () => newOperation(tenant));
    await Promise.all(operations.map((each) => processes[0]!.ledger.acceptGrouped(each)));
    subscribe('late');
    const last = await accept();
    await eventually(async () => (await heard('once')).length >= 301 && (await heard('late', last)).length > 0);
    await eventually(async () => (await pending()) === 0);
    expect((await heard('once')).length).toBe(301);
    expect(await heard('once', before)).toEqual([]);
    expect(await heard('late', last)).toEqual(['operation.succeeded']);
  });

  it('are not written when nobody subscribes, and two consumers cannot have one name', async () => {
    const process = await start();
    const id = await accept();
    await witness.settled(id);
    expect(await pending()).toBe(0);
    subscribe('single');
    expect(() =>
      process.part(OperationEventRegistry).subscribe({ name: 'single', types: ALL }, note('single')),
    ).toThrow('subscribed twice');
  });
});
