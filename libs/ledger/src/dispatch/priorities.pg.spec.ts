import { ok } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { type NewOperation, PRIORITIES } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { ScriptedProvider } from '../testing/scripted-provider';

describe('priorities', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let api: TestProcess;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    api = await TestProcess.start(database);
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await api.close();
    await witness.close();
    await database.drop();
  });

  /** Accepts in the order given; answers with the ids. */
  const accept = async (...given: readonly Partial<NewOperation>[]): Promise<string[]> => {
    const operations = given.map((each) => newOperation(tenant, each));
    for (const operation of operations) await api.ledger.acceptGrouped(operation);
    return operations.map(({ id }) => id);
  };
  const worker = (provider: ScriptedProvider, prefetch: number): Promise<TestProcess> =>
    TestProcess.start(database, { dispatch: true, provider, settings: { concurrency: 1, prefetch } });

  it('go first within a tenant and within a lane, however long the others have waited', async () => {
    const [bulk = '', normal = '', other = '', interactive = ''] = await accept(
      { priority: PRIORITIES.bulk },
      { priority: PRIORITIES.normal },
      { priority: PRIORITIES.bulk, laneKey: 'another' },
      { priority: PRIORITIES.interactive },
    );
    const provider = new ScriptedProvider();
    const process = await worker(provider, 0);
    await eventually(() => provider.calls.length === 4);
    expect(provider.calls.slice(0, 2)).toEqual([interactive, normal]);
    expect(provider.calls.slice(2).sort()).toEqual([bulk, other].sort());
    await process.close();
  });

  it('go before what a worker has claimed in advance', async () => {
    const turns: (() => void)[] = [];
    const provider = new ScriptedProvider(async () => {
      await new Promise<void>((resolve) => turns.push(resolve));
      return ok({});
    });
    await accept(...Array.from({ length: 12 }, () => ({ priority: PRIORITIES.bulk })));
    const process = await worker(provider, 10);
    await eventually(() => turns.length === 1);
    await eventually(async () => (await witness.count(`state = 'running' AND tenant_id = '${tenant}'`)) >= 8);
    const [interactive = ''] = await accept({ priority: PRIORITIES.interactive });
    turns[0]?.();
    await witness.until(interactive, ({ state }) => state === 'running');
    expect(provider.calls).not.toContain(interactive);
    turns[1]?.();
    await eventually(() => turns.length === 3);
    expect(provider.calls[2]).toBe(interactive);
    const rest = setInterval(() => turns.forEach((end) => end()), 5);
    await process.close();
    clearInterval(rest);
  });
});
