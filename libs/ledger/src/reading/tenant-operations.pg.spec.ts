import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { LedgerWitness, newOperation, TestProcess } from '../testing/ledger.fixture';
import { TenantOperations } from './tenant-operations';

describe('all operations of a tenant at its end', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let process: TestProcess;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    process = await TestProcess.start(database);
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await process.close();
    await witness.close();
    await database.drop();
  });

  /** Accepted, then as if it had got there. */
  const operation = async (columns = '', of = tenant): Promise<string> => {
    const accepted = newOperation(of, { subscriber: 'flow.step', orderKey: 'k' });
    await process.ledger.acceptGrouped(accepted);
    // Past the trigger that holds transitions to the state machine, on one connection.
    const there = `UPDATE operations SET ${columns} WHERE id = '${accepted.id}'`;
    if (columns !== '')
      await witness.sql(`SET session_replication_role = replica; ${there}; SET session_replication_role = DEFAULT`);
    return accepted.id;
  };
  const one = async () => ({
    waiting: await operation(),
    repeat: await operation(`maybe_sent = true, sent_at = now(), blocked = false`),
    running: await operation(`state = 'running', lease_until = now()`),
    unknown: await operation(`state = 'unknown', maybe_sent = true, blocked = false`),
    review: await operation(`state = 'needs_review', maybe_sent = true, settled_at = now()`),
    unopened: await operation(`state = 'needs_review', settled_at = now(), delivered_at = now()`),
    done: await operation(`state = 'succeeded', maybe_sent = true, settled_at = now()`),
  });
  const ofTenant = <T>(
    work: (tenants: TenantOperations, tx: Parameters<TenantOperations['unfinished']>[0]) => Promise<T>,
  ) => process.run(tenant, (tx) => work(process.part(TenantOperations), tx));

  it('are unfinished when they may have had an effect that nobody knows of', async () => {
    const ids = await one();
    expect(await ofTenant((tenants, tx) => tenants.unfinished(tx))).toEqual([
      { state: 'needs_review', count: 2, ids: [ids.review, ids.unopened] },
      { state: 'queued', count: 1, ids: [ids.repeat] },
      { state: 'running', count: 1, ids: [ids.running] },
      { state: 'unknown', count: 1, ids: [ids.unknown] },
    ]);
  });

  it('end as cancelled when they had none, and as dropped when they may have had one; their flow hears of neither', async () => {
    const ids = await one();
    const other = await operation('', await witness.tenant());
    expect(await ofTenant((tenants, tx) => tenants.abandon(tx))).toBe(5);
    expect(await ofTenant((tenants, tx) => tenants.abandon(tx))).toBe(0);

    const states = async (given: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(given).map(async ([name, id]) => [name, (await witness.row(id)).state] as const),
        ),
      );
    expect(await states({ ...ids, other })).toEqual({
      ...{ waiting: 'cancelled', repeat: 'dropped', unknown: 'dropped', review: 'dropped', unopened: 'cancelled' },
      ...{ running: 'running', done: 'succeeded', other: 'queued' },
    });
    const ended = [ids.waiting, ids.repeat, ids.unknown, ids.review, ids.unopened];
    for (const id of ended)
      expect(await witness.row(id)).toMatchObject({ failure: 'tenant_deleted', delivered_at: expect.any(Date) });
    expect(await witness.row(ids.waiting)).toMatchObject({ maybe_sent: false });
    expect(await witness.row(ids.unknown)).toMatchObject({ maybe_sent: true });
    expect((await witness.row(ids.done)).delivered_at).not.toBeNull();
  });

  it('are ended page by page, through the whole of a long queue', async () => {
    await Promise.all(Array.from({ length: 1_200 }, () => process.ledger.acceptGrouped(newOperation(tenant))));
    const pages: number[] = [];
    for (let ended = 1; ended > 0;) pages.push((ended = await ofTenant((tenants, tx) => tenants.abandon(tx))));
    expect(pages).toEqual([1_000, 200, 0]);
    expect(await witness.count(`tenant_id = '${tenant}' AND state <> 'cancelled'`)).toBe(0);
  });
});
