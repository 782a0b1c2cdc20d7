import { unknown } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { OperationView } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { failsWith } from '../testing/scripted-provider';
import { type SettlementHandler, SettlementRegistry } from './settlement-registry';

describe('settlement pump', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let processes: TestProcess[];
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    await witness.sql('CREATE TABLE journeys (operation_id uuid, state text, tenant text)');
    await witness.sql('GRANT INSERT ON journeys TO puente_app');
    processes = [
      await TestProcess.start(database, { dispatch: true }),
      await TestProcess.start(database, { dispatch: true }),
    ];
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await Promise.all(processes.map((each) => each.close()));
    await witness.close();
    await database.drop();
  });

  const register = (name: string, handler: SettlementHandler): void => {
    for (const each of processes) each.part(SettlementRegistry).register(name, handler);
  };
  const note: SettlementHandler = async (tx, { id, state }) => {
    await tx.query(`INSERT INTO journeys VALUES ($1, $2, current_setting('app.tenant_id'))`, [id, state]);
  };
  const journey = async (id: string) =>
    (await witness.sql('SELECT state, tenant FROM journeys WHERE operation_id = $1', [id])) as {
      state: string;
      tenant: string;
    }[];
  const accept = async (
    subscriber: string,
    script: Parameters<TestProcess['provider']['script']>[1][] = [],
  ): Promise<string> => {
    const operation = newOperation(tenant, { subscriber, effect: 'once' });
    for (const each of processes) each.provider.script(operation.id, ...script);
    await processes[0]!.ledger.acceptGrouped(operation);
    return operation.id;
  };

  it('tells a flow exactly once, in the tenant’s transaction, with the output, however many pumps run', async () => {
    const seen: OperationView[] = [];
    register('once', async (tx, operation) => {
      seen.push(operation);
      await note(tx, operation);
    });
    const ids = await Promise.all(Array.from({ length: 60 }, () => accept('once')));
    await eventually(() => witness.sql('SELECT FROM journeys').then((rows) => rows.length >= 60));
    await eventually(async () => (await witness.count('subscriber IS NOT NULL AND delivered_at IS NULL')) === 0);

    expect(await Promise.all(ids.map(journey))).toEqual(ids.map(() => [{ state: 'succeeded', tenant }]));
    expect(seen.find(({ id }) => id === ids[0])).toMatchObject({ output: { done: ids[0] } });
  });

  it('tries a handler again that threw, leaves nothing of its first try, and holds up nobody', async () => {
    let failures = 0;
    register('flaky', async (tx, operation) => {
      await note(tx, operation);
      if (failures++ < 1) throw new Error('not yet');
    });
    register('steady', note);
    const flaky = await accept('flaky');
    const steady = await accept('steady');
    await eventually(async () => (await journey(steady)).length === 1);
    await eventually(async () => (await journey(flaky)).length === 1, 20_000);
    expect(failures).toBe(2);
  }, 40_000);

  it('tells a flow again when a person resolved what it was told', async () => {
    register('reviewed', note);
    const id = await accept('reviewed', [failsWith(unknown('timeout'))]);
    await eventually(async () => (await journey(id)).length === 1);
    const [api] = processes;
    await api!.run(tenant, (tx) => api!.ledger.resolve(tx, id, { outcome: 'applied', then: 'close' }));
    await eventually(async () => (await journey(id)).length === 2);
    expect((await journey(id)).map(({ state }) => state)).toEqual(['needs_review', 'succeeded']);
  });

  it('keeps settlements for a flow that is not in this process', async () => {
    const id = await accept('elsewhere');
    await witness.settled(id);
    const marker = await accept('steady');
    await eventually(async () => (await journey(marker)).length === 1);
    expect(await witness.row(id)).toMatchObject({ delivered_at: null });
  });

  it('refuses two handlers of one name', () => {
    register('single', note);
    expect(() => processes[0]!.part(SettlementRegistry).register('single', note)).toThrow('registered twice');
  });
});
