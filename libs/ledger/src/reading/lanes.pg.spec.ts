import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { LedgerWitness, TestProcess } from '../testing/ledger.fixture';
import { type LaneView, Lanes } from './lanes';

describe('lanes as people see them', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let process: TestProcess;
  let tenant: string;
  let lanes: Lanes;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    process = await TestProcess.start(database, { dispatch: false });
    lanes = process.part(Lanes);
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await process.close();
    await witness.close();
    await database.drop();
  });

  const insert = (laneKey: string, columns: Readonly<Record<string, unknown>>, provider = 'test') => {
    const all = { tenant_id: tenant, provider, lane_key: laneKey, updated_at: new Date(), ...columns };
    const places = Object.keys(all).map((_, n) => `$${String(n + 1)}`);
    return witness.sql(
      `INSERT INTO lanes (${Object.keys(all).join(', ')}) VALUES (${places.join(', ')})`,
      Object.values(all),
    );
  };
  const later = new Date(Date.now() + 60_000);
  const earlier = new Date(Date.now() - 60_000);
  const states = (views: readonly LaneView[]) => views.map(({ laneKey, state }) => [laneKey, state]);
  const everyState = async () => {
    await insert('default', {});
    await insert('default/failing', { failures: 2 });
    await insert('default/asked', { open_until: later });
    await insert('default/open', { open_until: later, opened: 2, failures: 9 });
    await insert('default/probed', { open_until: earlier, opened: 1, failures: 5 });
    await insert('default/paused', { paused_by: 'unauthorized', paused_at: earlier, open_until: later });
  };

  it('say what they let through, the worst first, and nothing of one where everything goes', async () => {
    await everyState();

    expect(states(await lanes.list(tenant))).toEqual([
      ['default/paused', 'paused'],
      ['default/open', 'open'],
      ['default/probed', 'half_open'],
      ['default/failing', 'closed'],
      ['default/asked', 'parked'],
    ]);
    expect(states(await lanes.list(tenant, { max: 1 }))).toEqual([['default/paused', 'paused']]);
  });

  it('have a number of calls of their own when somebody sets one, seen until it is taken back', async () => {
    const cap = (maxInFlight: number | null) =>
      process.run(tenant, (tx) => lanes.cap(tx, { provider: 'test', laneKey: 'default', maxInFlight }));
    await insert('default', { claims: 7, failures: 0 });

    expect(await cap(3)).toMatchObject({ laneKey: 'default', state: 'closed', maxInFlight: 3, pausedBy: null });
    expect((await lanes.list(tenant)).map(({ laneKey, maxInFlight }) => [laneKey, maxInFlight])).toEqual([
      ['default', 3],
    ]);
    // A claim that has looked before gives up its turn.
    expect(await witness.sql(`SELECT claims::int FROM lanes WHERE tenant_id = $1`, [tenant])).toEqual([{ claims: 8 }]);

    expect(await cap(null)).toMatchObject({ maxInFlight: null });
    expect(await lanes.list(tenant)).toEqual([]);
  });

  it('are those of one account', async () => {
    await insert('second', { failures: 1 });
    await insert('second/topic', { failures: 1 });
    await insert('second-account', { failures: 1 });
    await insert('second', { failures: 1 }, 'other');

    const found = await lanes.list(tenant, { provider: 'test', integration: 'second' });

    expect(states(found)).toEqual([
      ['second', 'closed'],
      ['second/topic', 'closed'],
    ]);
    expect(await lanes.list(await witness.tenant())).toEqual([]);
  });

  it('go on when somebody says so: pause, wait and open circuit end, of that account alone', async () => {
    await everyState();
    await insert('second', { paused_by: 'somebody', paused_at: earlier });

    const resumed = await process.run(tenant, (tx) => lanes.resume(tx, { provider: 'test', integration: 'default' }));

    expect(resumed.map(({ state }) => state)).toEqual(['closed', 'closed', 'closed', 'closed']);
    expect(states(await lanes.list(tenant))).toEqual([
      ['second', 'paused'],
      ['default/failing', 'closed'],
    ]);
  });
});
