import { Client } from 'pg';
import { uuidv7 } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { IdempotencyInProgressError, IdempotencyKeyReusedError } from '../ledger.errors';
import type { NewOperation } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';

describe('accept', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let api: TestProcess;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    api = await TestProcess.start(database);
    await witness.sql('CREATE TABLE orders (id uuid PRIMARY KEY, operation_id uuid)');
    await witness.sql('GRANT INSERT ON orders TO puente_dispatch, puente_app');
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await api.close();
    await witness.close();
    await database.drop();
  });

  const keyed = (key: string, given: Partial<NewOperation> = {}, request = { amount: 1 }): NewOperation =>
    newOperation(tenant, { idempotency: { route: 'POST /things', key, request }, ...given });
  const ordersInsert = (orderId: string, operationId: string) => ({
    name: 'orders',
    sql: `INSERT INTO orders SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, operation_id uuid)`,
    row: { id: orderId, operation_id: operationId },
  });
  /** A flow's transaction that has accepted and not committed yet. */
  const holding = (operation: NewOperation) => {
    let commit: () => void = () => undefined;
    let reached: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (commit = resolve));
    const accepted = new Promise<void>((resolve) => (reached = resolve));
    const done = api.run(tenant, async (tx) => {
      const result = await api.ledger.accept(tx, operation);
      reached();
      await gate;
      return result;
    });
    return { accepted, done, commit: () => commit() };
  };
  const ours = (): string => `tenant_id = '${tenant}'`;

  it('gives the same operation to a repeat of the same request (F2)', async () => {
    const first = await api.ledger.acceptGrouped(keyed('a'));
    const again = await api.ledger.acceptGrouped(keyed('a'));

    expect(first.kind).toBe('accepted');
    expect(again).toEqual({ ...first, kind: 'replayed' });
    expect(await witness.count(ours())).toBe(1);
  });

  it('refuses the same key with another request, and leaves the first alone (F3)', async () => {
    const first = keyed('b');
    await api.ledger.acceptGrouped(first);

    const other = api.ledger.acceptGrouped(keyed('b', {}, { amount: 2 }));
    await expect(other).rejects.toThrow(IdempotencyKeyReusedError);
    await expect(api.run(tenant, (tx) => api.ledger.accept(tx, keyed('b', {}, { amount: 2 })))).rejects.toThrow(
      IdempotencyKeyReusedError,
    );
    expect(await witness.row(first.id)).toMatchObject({ state: 'queued' });
  });

  it('keeps keys of tenants and of routes apart', async () => {
    await api.ledger.acceptGrouped(keyed('c'));
    const otherRoute = newOperation(tenant, { idempotency: { route: 'POST /others', key: 'c', request: 5 } });
    const otherTenant = newOperation(await witness.tenant(), {
      idempotency: { route: 'POST /things', key: 'c', request: 5 },
    });

    expect((await api.ledger.acceptGrouped(otherRoute)).kind).toBe('accepted');
    expect((await api.ledger.acceptGrouped(otherTenant)).kind).toBe('accepted');
  });

  it('makes one operation and one domain row of a hundred equal requests at once (F4)', async () => {
    const requests = Array.from({ length: 100 }, () => keyed('d'));
    const answers = await Promise.all(
      requests.map((each) => api.ledger.acceptGrouped(each, ordersInsert(uuidv7(), each.id))),
    );

    expect(new Set(answers.map(({ operationId }) => operationId)).size).toBe(1);
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(await witness.count(ours())).toBe(1);
    expect(await witness.sql('SELECT FROM orders WHERE operation_id = $1', [answers[0]!.operationId])).toHaveLength(1);
    expect(
      await witness.sql('SELECT FROM orders WHERE operation_id = ANY ($1)', [requests.map(({ id }) => id)]),
    ).toHaveLength(1);
  });

  it('lets two overlapping transactions with one key meet at the index: the second waits for the first', async () => {
    const [first, second] = [keyed('e'), keyed('e')];
    const open = holding(first);
    await open.accepted;
    let secondDone = false;
    const two = api.ledger.acceptGrouped(second).finally(() => (secondDone = true));
    await eventually(async () => (await waiters(witness)) > 0).finally(() => open.commit());

    expect((await open.done).kind).toBe('accepted');
    expect(await two).toEqual({ kind: 'replayed', operationId: first.id, subjectId: first.id });
    expect(secondDone).toBe(true);
  });

  it('goes on with the second when the first rolls back (F1)', async () => {
    const [first, second] = [keyed('f'), keyed('f')];
    const one = api.run(tenant, async (tx) => {
      await api.ledger.accept(tx, first);
      throw new Error('the flow changed its mind');
    });
    await expect(one).rejects.toThrow('changed its mind');

    expect(await api.ledger.acceptGrouped(second)).toMatchObject({ kind: 'accepted', operationId: second.id });
    expect(await witness.row(first.id)).toBeUndefined();
  });

  it('finds out with the same key whether a commit counted whose answer was lost (F30)', async () => {
    const first = keyed('g');
    const blocker = new Client(database.superuserUrl);
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE operations IN SHARE MODE');
    const lost = api.ledger.acceptGrouped(first, ordersInsert(uuidv7(), first.id));
    const seen = expect(lost).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await eventually(async () => (await waiters(witness)) > 0);
    await witness.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    await blocker.query('COMMIT');
    await blocker.end();
    await seen;

    await api.ledger.acceptGrouped(keyed('g'));
    await api.ledger.acceptGrouped(keyed('g'));
    expect(await witness.count(ours())).toBe(1);
  });

  it('writes a group although one of its rows cannot be written (F38)', async () => {
    const good = Array.from({ length: 20 }, () => newOperation(tenant));
    const bad = newOperation(uuidv7()); // no such tenant
    const badDomain = newOperation(tenant);
    const results = await Promise.allSettled([
      ...good.map((each) => api.ledger.acceptGrouped(each, ordersInsert(uuidv7(), each.id))),
      api.ledger.acceptGrouped(bad),
      api.ledger.acceptGrouped(badDomain, { ...ordersInsert('not a uuid', badDomain.id) }),
    ]);

    expect(results.map(({ status }) => status)).toEqual([...good.map(() => 'fulfilled'), 'rejected', 'rejected']);
    expect(await witness.count(ours())).toBe(20);
    expect(await witness.row(badDomain.id)).toBeUndefined();
  });

  it('numbers operations of one order key in the order of their commits, however the accepts overlap', async () => {
    const [first, second] = [newOperation(tenant, { orderKey: 'k' }), newOperation(tenant, { orderKey: 'k' })];
    const open = holding(first);
    await open.accepted;
    const two = api.ledger.acceptGrouped(second);
    await eventually(async () => (await waiters(witness)) > 0).finally(() => open.commit());
    await Promise.all([open.done, two]);

    const rows = (await witness.sql(`SELECT id, blocked FROM operations WHERE ${ours()} ORDER BY seq`)) as {
      id: string;
    }[];
    expect(rows).toEqual([
      { id: first.id, blocked: false },
      { id: second.id, blocked: true },
    ]);
  });

  it('keeps the order of one group', async () => {
    const group = Array.from({ length: 50 }, (_, at) => newOperation(tenant, { orderKey: at % 2 ? 'odd' : 'even' }));
    await Promise.all(group.map((each) => api.ledger.acceptGrouped(each)));

    const rows = (await witness.sql(`SELECT id, blocked FROM operations WHERE ${ours()} ORDER BY seq`)) as {
      id: string;
      blocked: boolean;
    }[];
    expect(rows.map(({ id }) => id)).toEqual(group.map(({ id }) => id));
    expect(rows.filter(({ blocked }) => !blocked).map(({ id }) => id)).toEqual([group[0]!.id, group[1]!.id]);
  });

  describe('synchronous', () => {
    const done = { result: { kind: 'called', outcome: { kind: 'ok', output: 1 } }, tries: [] } as const;
    const refused = { result: { kind: 'called', outcome: { kind: 'unauthorized' } }, tries: [] } as const;

    it('writes the row as running, leased and marked, before the call', async () => {
      const operation = keyed('h', { effect: 'once' });
      const begun = await api.ledger.begin(operation);

      const row = await witness.row(operation.id);
      expect(begun.kind).toBe('started');
      expect(row).toMatchObject({
        state: 'running',
        attempt: 1,
        fence: '1',
        lease_owner: expect.stringMatching(/^api:/),
      });
      expect(row.sent_at).not.toBeNull();
      expect(row.first_sent_at).not.toBeNull();
      if (begun.kind === 'started') await api.ledger.settle(begun.operation, done);
      expect(await witness.row(operation.id)).toMatchObject({ state: 'succeeded', lease_owner: null });
    });

    it('answers 409 to a repeat while the first caller waits, and the operation afterwards', async () => {
      const operation = keyed('i');
      const begun = await api.ledger.begin(operation);
      await expect(api.ledger.begin(keyed('i'))).rejects.toThrow(IdempotencyInProgressError);
      await expect(api.ledger.acceptGrouped(keyed('i'))).rejects.toThrow(IdempotencyInProgressError);
      await expect(api.ledger.begin(keyed('i', {}, { amount: 2 }))).rejects.toThrow(IdempotencyKeyReusedError);

      if (begun.kind === 'started') await api.ledger.settle(begun.operation, done);
      expect(await api.ledger.begin(keyed('i'))).toEqual({
        kind: 'replayed',
        operationId: operation.id,
        subjectId: operation.id,
      });
    });

    it('answers with the operation, not 409, when a worker has it by now', async () => {
      const operation = keyed('j');
      await api.ledger.acceptGrouped(operation);
      await witness.sql(
        `UPDATE operations SET state = 'running', lease_until = puente_now() + interval '1 min', lease_owner = 'worker:x' WHERE id = $1`,
        [operation.id],
      );
      expect(await api.ledger.begin(keyed('j'))).toMatchObject({ kind: 'replayed', operationId: operation.id });
    });

    it('lets a key begin anew, once, after its credentials were refused', async () => {
      const first = keyed('k', { effect: 'once' });
      const begun = await api.ledger.begin(first);
      if (begun.kind === 'started') await api.ledger.settle(begun.operation, refused);
      expect(await witness.row(first.id)).toMatchObject({
        state: 'rejected',
        failure: 'unauthorized',
        maybe_sent: false,
      });

      const anew = await Promise.allSettled(
        Array.from({ length: 8 }, () => api.ledger.begin(keyed('k', { effect: 'once' }))),
      );
      const started = anew.flatMap((each) =>
        each.status === 'fulfilled' && each.value.kind === 'started' ? [each.value] : [],
      );
      expect(started).toHaveLength(1);
      await api.ledger.settle(started[0]!.operation, done);
      expect(await api.ledger.begin(keyed('k'))).toMatchObject({ operationId: started[0]!.operation.id });
      expect(await witness.count(ours())).toBe(2);
    });

    it('counts in-process tries towards the ladder and keeps each of them', async () => {
      const operation = keyed('l');
      const begun = await api.ledger.begin(operation);
      const outcome = { kind: 'throttled' } as const;
      const tried = { startedAt: new Date(), durationMs: 1, outcome: 'throttled', failure: outcome };
      if (begun.kind === 'started') {
        await api.ledger.settle(begun.operation, { result: { kind: 'called', outcome }, tries: [tried, tried, tried] });
      }
      expect(await witness.row(operation.id)).toMatchObject({ state: 'queued', attempt: 3 });
      expect((await witness.attempts(operation.id)).map(({ number }) => number).sort()).toEqual([1, 2, 3]);
    });

    it('does not call rejected what an earlier try in the process may have done', async () => {
      const operation = keyed('n');
      const begun = await api.ledger.begin(operation);
      const [lost, refused] = [
        { kind: 'unknown', cause: 'timeout' } as const,
        { kind: 'rejected', status: 409 } as const,
      ];
      const tries = [lost, refused].map((failure) => ({
        ...{ startedAt: new Date(), durationMs: 1, outcome: failure.kind, failure },
      }));
      const execution = { result: { kind: 'called', outcome: refused }, tries } as const;
      if (begun.kind === 'started') await api.ledger.settle(begun.operation, execution);
      expect(await witness.row(operation.id)).toMatchObject({ state: 'needs_review', maybe_sent: true, attempt: 2 });
    });

    it('refuses order keys: a call now would overtake what waits', async () => {
      await expect(api.ledger.begin(keyed('m', { orderKey: 'q' }))).rejects.toMatchObject({
        code: 'OPERATION_IS_ORDERED',
      });
    });
  });
});

/** Backends of this database that wait for a lock. */
async function waiters(witness: LedgerWitness): Promise<number> {
  const rows = await witness.sql(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length;
}
