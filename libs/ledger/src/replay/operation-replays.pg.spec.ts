import { unknown } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { IdempotencyKeyReusedError } from '../ledger.errors';
import type { NewOperation } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { type Behaviour, actsAndIsLost, failsWith } from '../testing/scripted-provider';
import { OperationReplays } from './operation-replays';
import type { Replay, ReplayFilter, ReplayPlan, ReplayRequest } from './replay-request';

const refuses = failsWith({ kind: 'rejected', code: '400' });

describe('operation replays', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let one: TestProcess;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    one = await TestProcess.start(database, { dispatch: true });
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await one.close();
    await witness.close();
    await database.drop();
  });

  const ended = async (script: Behaviour[], given: Partial<NewOperation> = {}): Promise<string> => {
    const operation = newOperation(tenant, given);
    one.provider.script(operation.id, ...script);
    await one.ledger.acceptGrouped(operation);
    await witness.settled(operation.id);
    return operation.id;
  };
  const rejected = (given: Partial<NewOperation> = {}): Promise<string> => ended([refuses], given);
  const request = (filter: ReplayFilter = {}, more: Partial<ReplayRequest> = {}): ReplayRequest => ({
    ...{ filter, repeatOnce: false, limit: 100 },
    ...more,
  });
  const replay = async (asked: ReplayRequest, idempotencyKey?: string): Promise<Replay> => {
    const done = await one.run(tenant, (tx) =>
      one.part(OperationReplays).replay(tx, asked, { actor: 'test', idempotencyKey }),
    );
    one.ledger.wake();
    return done;
  };
  const plan = (asked: ReplayRequest): Promise<ReplayPlan> =>
    one.run(tenant, (tx) => one.part(OperationReplays).plan(tx, asked));
  const made = async (): Promise<number> => witness.count(`replay_of IS NOT NULL AND tenant_id = '${tenant}'`);

  it('do what failed again as new operations, linked to the old, with its content, behind what is interactive', async () => {
    const old = await rejected({ input: { text: 'again' }, laneKey: 'lane', orderKey: 'order' });
    await ended([]);
    const { id, items, skipped, next } = await replay(request());
    expect({ items: items.map(({ of }) => of), skipped, next }).toEqual({ items: [old], skipped: [], next: null });
    const [{ operationId } = { operationId: '' }] = items;
    expect(await witness.settled(operationId)).toMatchObject({ state: 'succeeded', order_key: 'order', priority: 200 });
    expect(one.provider.inputs.filter((input) => (input as { text: string }).text === 'again').length).toBe(2);
    expect(await one.ledger.get(tenant, operationId)).toMatchObject({ replayOf: old, laneKey: 'lane' });
    expect((await witness.row(old)).state).toBe('rejected');
    const later = await one.run(tenant, (tx) => one.part(OperationReplays).get(tx, id));
    expect(later).toMatchObject({ id, actor: 'test', states: { succeeded: 1 } });
  });

  it('only look when asked to, and say what they would do', async () => {
    const old = await rejected();
    expect(await plan(request())).toEqual({ operationIds: [old], skipped: [], next: null });
    expect(await made()).toBe(0);
  });

  it('go on page by page in the order of acceptance, and not into what they made themselves', async () => {
    const old = [await rejected(), await rejected(), await rejected()];
    const filter = { states: ['rejected', 'succeeded'] } as const;
    const first = await replay(request(filter, { limit: 2 }));
    expect(first.items.map(({ of }) => of)).toEqual(old.slice(0, 2));
    for (const { operationId } of first.items) await witness.settled(operationId); // and would match now
    const second = await replay(request(filter, { limit: 2, cursor: first.next ?? '' }));
    expect({ of: second.items.map(({ of }) => of), next: second.next }).toEqual({ of: old.slice(2), next: null });
  });

  it('filter by what was called, how it ended and when', async () => {
    const old = await rejected({ provider: 'other', operation: 'thing', integration: 'second' });
    await rejected();
    const found = async (filter: ReplayFilter): Promise<number> => (await plan(request(filter))).operationIds.length;
    const { createdAt, settledAt } = await one.ledger.get(tenant, old);
    const after = (date: Date | null): Date => new Date((date?.getTime() ?? 0) + 1);
    expect(await found({ provider: 'other' })).toBe(1);
    expect(await found({ operation: 'thing', integration: 'second' })).toBe(1);
    expect(await found({ operation: 'thing', integration: 'default' })).toBe(0);
    expect(await found({ states: ['exhausted'] })).toBe(0);
    expect(await found({ createdBefore: after(createdAt) })).toBe(1);
    expect(await found({ createdFrom: after(createdAt) })).toBe(1);
    expect(await found({ settledBefore: after(settledAt), provider: 'other' })).toBe(1);
    expect(await found({ settledFrom: after(settledAt), provider: 'other' })).toBe(0);
    expect(await found({})).toBe(2);
  });

  it('leave out what runs or waits, what ended otherwise, and what was replayed before; each with its reason', async () => {
    const waiting = newOperation(tenant, { notBefore: new Date(Date.now() + 3_600_000) });
    await one.ledger.acceptGrouped(waiting);
    const succeeded = await ended([]);
    const twice = await rejected();
    await replay(request({ ids: [twice] }));
    const nobody = newOperation(tenant).id;
    const { items, skipped } = await replay(request({ ids: [waiting.id, succeeded, twice, nobody] }));
    expect(items).toEqual([]);
    expect(new Map(skipped.map(({ operationId, reason }) => [operationId, reason]))).toEqual(
      new Map([
        [waiting.id, 'live'],
        [succeeded, 'state'],
        [twice, 'replayed'],
        [nobody, 'not_found'],
      ]),
    );
  });

  it('repeat what happened only when its state is named, and with effect `once` only when that is asked for too', async () => {
    const states = ['succeeded', 'needs_review'] as const;
    const succeeded = await ended([], { effect: 'idempotent' });
    const once = await ended([], { effect: 'once' });
    const unclear = await ended([actsAndIsLost], { effect: 'once' });
    expect((await plan(request())).operationIds).toEqual([]);
    const careful = await plan(request({ states }));
    expect(careful.operationIds).toEqual([succeeded]);
    expect(careful.skipped).toEqual([once, unclear].map((operationId) => ({ operationId, reason: 'happened' })));
    expect((await plan(request({ states }, { repeatOnce: true }))).operationIds).toEqual([succeeded, once, unclear]);
  });

  it('replay nothing twice for a repeated key, also of two requests at once, and refuse the key for another request', async () => {
    await rejected();
    const asked = request({ provider: 'test', createdFrom: new Date(0) });
    const [first, second] = await Promise.all([replay(asked, 'key'), replay(asked, 'key')]);
    const again = await replay(asked, 'key');
    expect([first.id, second.id]).toEqual([again.id, again.id]);
    expect([first.fresh, second.fresh, again.fresh].filter(Boolean).length).toBe(1);
    expect(again.items).toEqual(first.items);
    expect(await made()).toBe(1);
    await expect(replay(request(), 'key')).rejects.toThrow(IdempotencyKeyReusedError);
  });

  it('make one of each although two requests want them at the same time', async () => {
    await Promise.all(Array.from({ length: 5 }, () => rejected()));
    let commit: () => void = () => undefined;
    const mayCommit = new Promise<void>((resolve) => (commit = resolve));
    const first = one.run(tenant, async (tx) => {
      await one.part(OperationReplays).replay(tx, request(), { actor: 'first' });
      await mayCommit;
    });
    await eventually(async () => (await witness.sql(`SELECT FROM pg_locks WHERE locktype = 'advisory'`)).length > 0);
    const second = replay(request());
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => (await witness.sql(waits)).length > 0);
    commit();
    await Promise.all([first, second]);
    expect(await made()).toBe(5);
  });

  it('are listed, newest first, page by page, and only the tenant’s own', async () => {
    const first = await replay(request({ ids: [await rejected()] }));
    const second = await replay(request({ ids: [await rejected(), await ended([])] }));
    const list = (cursor?: string, of = tenant) => one.run(of, (tx) => one.part(OperationReplays).list(tx, cursor, 1));

    const page = await list();
    expect(page.items).toEqual([
      { id: second.id, actor: 'test', replayed: 1, skipped: 1, createdAt: expect.any(Date) as Date },
    ]);
    expect(await list(page.next!)).toMatchObject({ items: [{ id: first.id, replayed: 1, skipped: 0 }], next: null });
    expect(await list(undefined, await witness.tenant())).toEqual({ items: [], next: null });
  });

  it('see only the tenant’s own', async () => {
    const old = await rejected();
    tenant = await witness.tenant();
    const { operationIds, skipped } = await plan(request({ ids: [old] }));
    expect({ operationIds, skipped }).toEqual({
      operationIds: [],
      skipped: [{ operationId: old, reason: 'not_found' }],
    });
  });

  it('leave out what has nothing left to do again, and a retry of it says so', async () => {
    const gone = await rejected();
    await ended([failsWith(unknown('timeout'))], { effect: 'once', onUnknown: 'drop' });
    await witness.sql(`UPDATE operations SET payload_expired_at = now(), input = '{}', output = NULL WHERE id = $1`, [
      gone,
    ]);
    const unreadable = await rejected();
    await witness.sql(`UPDATE operations SET input = '{}' WHERE id = $1`, [unreadable]);
    const { operationIds, skipped } = await plan(request());
    expect({ operationIds, skipped }).toEqual({
      operationIds: [],
      skipped: [
        { operationId: gone, reason: 'expired' },
        { operationId: unreadable, reason: 'unreadable' },
      ],
    });
    await expect(one.run(tenant, (tx) => one.ledger.retry(tx, gone))).rejects.toThrow('not kept any more');
  });
});
