import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { NewOperation } from '../operation';
import { LaneRecord } from '../testing/lane-record';
import { eventually, LedgerWitness, newOperation, TestProcess } from '../testing/ledger.fixture';
import { type Behaviour, failsWith, held } from '../testing/scripted-provider';
import { BEFORE_MEND, MEND } from '../sql/lanes';
import { Lanes } from './lanes';
import { MendedLanes } from './mended-lanes';

const refused = failsWith({ kind: 'unauthorized', status: 403, code: 'bad_key' });

describe('lanes of mended credentials', () => {
  const reports = new LaneRecord();
  let database: TestDatabase;
  let witness: LedgerWitness;
  let worker: TestProcess;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    worker = await TestProcess.start(database, { dispatch: true, reports });
    await witness.sql(
      `INSERT INTO tenants (id, name, data_key, external_id) VALUES ($1, 'Platform', '{}', 'x') ON CONFLICT DO NOTHING`,
      [SYSTEM_TENANT_ID],
    );
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
    reports.told.length = 0;
    await witness.sql(`DELETE FROM credential_mends`);
  });
  afterAll(async () => {
    await worker.close();
    await witness.close();
    await database.drop();
  });

  const accept = async (given: Partial<NewOperation>, ...script: Behaviour[]): Promise<string> => {
    const operation = newOperation(tenant, given);
    worker.provider.script(operation.id, ...script);
    await worker.ledger.acceptGrouped(operation);
    return operation.id;
  };
  const pausedLanes = async (of = tenant) => (await worker.part(Lanes).list(of)).map(({ laneKey }) => laneKey);
  const mend = (over: Partial<Parameters<MendedLanes['resume']>[0]> = {}) =>
    worker.part(MendedLanes).resume({
      ...{ tenantId: tenant, provider: 'test', integration: 'default', reach: 'owner', lanesOf: 'default' },
      ...over,
    });
  /** An operation that was claimed, and that the provider will refuse once it is let go. */
  const late = async (given: Partial<NewOperation> = {}) => {
    const slow = held(refused);
    const id = await accept(given, slow.behaviour);
    await slow.begun;
    return { id, release: slow.release };
  };

  it('go on, told once, and only those of the integration', async () => {
    const waiting = [await accept({ laneKey: 'default/a' }, refused), await accept({ laneKey: 'default/b' }, refused)];
    await accept({ laneKey: 'default2', integration: 'default2' }, refused);
    await eventually(async () => (await pausedLanes()).length === 3);
    await mend();

    for (const id of waiting) await witness.settled(id);
    expect(await pausedLanes()).toEqual(['default2']);
    expect(reports.told.sort()).toEqual(
      ['default/a refused bad_key', 'default/b refused bad_key', 'default2 refused bad_key']
        .concat(['default/a resumed', 'default/b resumed'])
        .sort(),
    );
  });

  it('are not paused by the last refusal of the old credentials, although none was paused before', async () => {
    const { id, release } = await late();
    await mend();
    release();

    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect(reports.told).toEqual([]);
  });

  it('are paused by a call that was claimed after the mending', async () => {
    await mend();
    const id = await accept({}, refused);
    await witness.until(id, ({ failure, state }) => failure === 'unauthorized' && state === 'queued');

    expect(await pausedLanes()).toEqual(['default']);
  });

  it('of other accounts and providers are paused as ever', async () => {
    const other = await late({ integration: 'second', laneKey: 'second' });
    await mend();
    await mend({ provider: 'else' });
    other.release();
    await witness.until(other.id, ({ failure, state }) => failure === 'unauthorized' && state === 'queued');

    expect(await pausedLanes()).toEqual(['second']);
  });

  it('of all tenants go on when the platform’s own credentials are mended', async () => {
    const [first, second] = [tenant, await witness.tenant()];
    const before = await late({ laneKey: 'mine', integration: 'mine' });
    for (const id of [first, second]) {
      tenant = id;
      await accept({}, refused);
      await eventually(async () => (await pausedLanes(id)).length === 1);
    }
    await mend({ tenantId: SYSTEM_TENANT_ID, reach: 'all', lanesOf: undefined });
    before.release();

    await witness.settled(before.id);
    await eventually(async () => (await witness.count(`state = 'queued'`)) === 0);
    expect([await pausedLanes(first), await pausedLanes(second)]).toEqual([[], []]);
  });

  it('are paused all the same when nobody can be told', async () => {
    reports.fails = true;
    const id = await accept({}, refused);
    await witness.until(id, ({ failure, state }) => failure === 'unauthorized' && state === 'queued');
    reports.fails = false;

    expect(await pausedLanes()).toEqual(['default']);
  });

  it('are not paused by a refusal that is settled while the mending commits', async () => {
    const { id, release } = await late();
    await worker.dispatch.transaction(async (mender) => {
      await mender.query(BEFORE_MEND, ['test']);
      await mender.query(MEND, [tenant, 'test', 'default']);
      release();
      await eventually(async () => (await witness.sql(`SELECT FROM pg_locks WHERE NOT granted`)).length > 0);
    });

    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded' });
    expect(await pausedLanes()).toEqual([]);
  });
});
