import { notSent, unknown } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { IllegalTransitionError, InvalidCursorError, OperationNotFoundError } from '../ledger.errors';
import type { NewOperation, OperationView, Resolution } from '../operation';
import { Lanes } from './lanes';
import { LedgerWitness, TestProcess, newOperation } from '../testing/ledger.fixture';
import { type Behaviour, failsWith, held } from '../testing/scripted-provider';

describe('operations', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let worker: TestProcess;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    worker = await TestProcess.start(database, { dispatch: true });
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await worker.close();
    await witness.close();
    await database.drop();
  });

  const accept = async (given: Partial<NewOperation> = {}, ...script: Behaviour[]): Promise<string> => {
    const operation = newOperation(tenant, given);
    worker.provider.script(operation.id, ...script);
    await worker.ledger.acceptGrouped(operation);
    return operation.id;
  };
  const later = new Date(Date.now() + 3_600_000);
  const review = async (given: Partial<NewOperation> = {}): Promise<string> => {
    const id = await accept({ effect: 'once', ...given }, failsWith(unknown('timeout')));
    await witness.until(id, ({ state }) => state === 'needs_review');
    return id;
  };
  const cancel = (id: string) => worker.run(tenant, (tx) => worker.ledger.cancel(tx, id));
  const retry = (id: string) => {
    return worker.run(tenant, (tx) => worker.ledger.retry(tx, id));
  };
  const resolve = (id: string, resolution: Resolution): Promise<OperationView> => {
    return worker.run(tenant, (tx) => worker.ledger.resolve(tx, id, resolution));
  };

  it('lists newest first, page by page, each once', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.push(await accept({ notBefore: later }));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await worker.ledger.list(tenant, {}, cursor, 3);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor);

    expect(seen).toEqual(ids.reverse());
    await expect(worker.ledger.list(tenant, {}, 'bm9uc2Vuc2U')).rejects.toThrow(InvalidCursorError);
    expect(await worker.ledger.list(await witness.tenant(), {})).toEqual({ items: [], next: null });
  });

  it('filters by provider, operation, state, key and time', async () => {
    const idempotency = { route: 'POST /x', key: 'k1', request: 1 };
    const wanted = await accept({ provider: 'a', operation: 'b', notBefore: later, idempotency });
    await accept({ provider: 'a', operation: 'c', notBefore: later });
    await accept({ provider: 'z', operation: 'b', notBefore: later });
    const done = await accept({ provider: 'a', operation: 'b' });
    await witness.settled(done);
    const ids = async (filter: Parameters<typeof worker.ledger.list>[1]) =>
      (await worker.ledger.list(tenant, filter)).items.map(({ id }) => id);

    expect(await ids({ provider: 'a', operation: 'b', states: ['queued'] })).toEqual([wanted]);
    expect(await ids({ routeKey: 'POST /x:k1' })).toEqual([wanted]);
    expect(await ids({ states: ['succeeded', 'rejected'] })).toEqual([done]);
    expect(await ids({ createdBefore: new Date(Date.now() - 60_000) })).toEqual([]);
    expect(await ids({ createdFrom: new Date(Date.now() - 60_000) })).toHaveLength(4);
    const second = await accept({ provider: 'a', integration: 'second', notBefore: later });
    expect(await ids({ integration: 'second' })).toEqual([second]);
  });

  it('can be followed as they are settled, page by page, whatever order they were accepted in', async () => {
    const gates = [held(), held(), held()];
    const ids: string[] = [];
    for (const gate of gates) ids.push(await accept({}, gate.behaviour));
    await accept({ notBefore: later });
    const settledFrom = new Date(Date.now() - 60_000);
    for (const at of [2, 0, 1]) {
      gates[at]!.release();
      await witness.settled(ids[at]!);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await worker.ledger.list(tenant, { settledFrom, states: ['succeeded'] }, cursor, 1);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor);
    const [, , last] = (await worker.ledger.list(tenant, { settledFrom })).items;

    expect(seen).toEqual([ids[2], ids[0], ids[1]]);
    const from = async (since: Date) => (await worker.ledger.list(tenant, { settledFrom: since })).items;
    expect((await from(last!.settledAt!)).map(({ id }) => id)).toContain(ids[1]);
    expect(await from(new Date(Date.now() + 60_000))).toEqual([]);
    const { next } = await worker.ledger.list(tenant, {}, undefined, 1);
    await expect(worker.ledger.list(tenant, { settledFrom }, next!)).rejects.toThrow(InvalidCursorError);
  });

  it('shows the tries of an operation, and hides another tenant’s', async () => {
    const refused = failsWith({ ...notSent('connect'), message: 'connect ECONNREFUSED' });
    const id = await accept({ policy: 'interactive' }, refused);
    await witness.settled(id);
    expect(await worker.ledger.attempts(tenant, id)).toMatchObject([
      { number: 1, outcome: 'not_sent', excerpt: 'connect ECONNREFUSED', applied: true, mode: 'call', repeat: false },
      { number: 2, outcome: 'ok', applied: true },
    ]);
    await expect(worker.ledger.attempts(await witness.tenant(), id)).rejects.toThrow(OperationNotFoundError);
  });

  it('shows everything but the output when the output does not open', async () => {
    const id = await accept();
    await witness.settled(id);
    await witness.sql(`UPDATE operations SET output = '{"place": "elsewhere"}' WHERE id = $1`, [id]);
    expect(await worker.ledger.get(tenant, id)).toMatchObject({ state: 'succeeded', output: null });
    expect((await worker.ledger.list(tenant, {})).items).toHaveLength(1);
  });

  it('cancels what waits, and lets the next of its order key go', async () => {
    const head = await accept({ orderKey: 'k', notBefore: later });
    const next = await accept({ orderKey: 'k' });
    expect(await cancel(head)).toMatchObject({ state: 'cancelled' });
    expect(await witness.settled(next)).toMatchObject({ state: 'succeeded' });
    expect(worker.provider.callsOf(head)).toBe(0);
  });

  it('cancels nothing that runs, is done, or may have been sent (F42)', async () => {
    const gate = held();
    const running = await accept({}, gate.behaviour);
    await gate.begun;
    await expect(cancel(running)).rejects.toThrow(IllegalTransitionError);
    await expect(retry(running)).rejects.toThrow(IllegalTransitionError);
    gate.release();
    await witness.settled(running);
    await expect(cancel(running)).rejects.toThrow('succeeded');
    const maybe = await accept({ notBefore: later });
    await witness.sql('UPDATE operations SET maybe_sent = true WHERE id = $1', [maybe]);
    await expect(cancel(maybe)).rejects.toThrow('may have had its effect');
    await expect(worker.run(await witness.tenant(), (tx) => worker.ledger.cancel(tx, maybe))).rejects.toThrow(
      OperationNotFoundError,
    );
  });

  it('makes a waiting operation due, but a question not before its time', async () => {
    const waiting = await accept({ notBefore: later });
    expect(await retry(waiting)).toEqual({ kind: 'due', operationId: waiting });
    await witness.settled(waiting);

    const asking = await accept({ effect: 'reconcilable', settleMs: 600_000 }, failsWith(unknown('timeout')));
    await witness.until(asking, ({ state }) => state === 'unknown');
    await retry(asking);
    expect((await witness.row(asking)).next_attempt_at.getTime() - Date.now()).toBeGreaterThan(590_000);
  });

  it('makes a new, linked operation of one that ended without an effect, and leaves the old one as it is', async () => {
    const old = await accept({ effect: 'once', input: { to: 'you' } }, failsWith({ kind: 'rejected', status: 400 }));
    await witness.settled(old);
    const { kind, operationId } = await retry(old);
    await witness.settled(operationId);

    expect(kind).toBe('replayed');
    expect(await worker.ledger.get(tenant, operationId)).toMatchObject({ state: 'succeeded', replayOf: old });
    expect(await worker.ledger.get(tenant, old)).toMatchObject({ state: 'rejected' });
    expect(worker.provider.inputs.filter((input) => JSON.stringify(input) === '{"to":"you"}')).toHaveLength(2);
  });

  it.each(['succeeded', 'needs_review'] as const)('does not repeat what %s', async (state) => {
    const id = state === 'succeeded' ? await accept() : await review();
    await witness.settled(id);
    await expect(retry(id)).rejects.toMatchObject({ code: 'OPERATION_STATE_CONFLICT', state });
  });

  it.each([
    [{ outcome: 'applied', then: 'close' }, 'succeeded'],
    [{ outcome: 'absent', then: 'close' }, 'cancelled'],
  ] as const)('resolves a review with %j as %s', async (resolution, state) => {
    const id = await review();
    expect(await resolve(id, resolution)).toMatchObject({ state, maybeSent: state === 'succeeded' });
    await expect(resolve(id, resolution)).rejects.toThrow(IllegalTransitionError);
  });

  it('sends again what a person knows is absent, in its old place of its order key', async () => {
    const id = await review({ orderKey: 'r' });
    expect(await resolve(id, { outcome: 'absent', then: 'resend' })).toMatchObject({
      state: 'queued',
      attempt: 0,
      maybeSent: false,
    });
    const next = await accept({ orderKey: 'r' });
    await witness.settled(next);
    expect(worker.provider.calls.indexOf(next)).toBeGreaterThan(worker.provider.calls.lastIndexOf(id));
    expect(await witness.row(id)).toMatchObject({ state: 'succeeded', repeats: 0 });
  });

  it('refuses to send again what was applied', async () => {
    const id = await review();
    const twice = { outcome: 'applied', then: 'resend' } as unknown as Resolution;
    await expect(resolve(id, twice)).rejects.toThrow('would do it twice');
    expect(await witness.row(id)).toMatchObject({ state: 'needs_review' });
  });

  it('measures its queues', async () => {
    await review();
    const text = await worker.part(Metrics).registry.metrics();
    expect(text).toMatch(/puente_operations\{state="needs_review"\} \d/);
    expect(text).toMatch(/puente_operations_settled_total\{state="needs_review"\} [1-9]/);
    expect(text).toMatch(/puente_operations_accepted_total\{kind="accepted"\} [1-9]/);
  });

  it('measures lanes that wait for somebody, until they go on', async () => {
    const lane = { provider: 'paused-one', laneKey: 'default' };
    const measured = async (): Promise<string> => {
      await worker.sweeper.measure();
      return worker.part(Metrics).registry.metrics();
    };
    await worker.run(tenant, (tx) => worker.part(Lanes).pause(tx, { ...lane, pausedBy: 'admin', reason: 'x' }));
    expect(await measured()).toContain('puente_lanes_paused{provider="paused-one"} 1\n');

    await worker.run(tenant, (tx) => worker.part(Lanes).resume(tx, lane));
    expect(await measured()).not.toContain('puente_lanes_paused{');
  });
});
