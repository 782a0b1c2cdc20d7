import { unknown } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { NewOperation } from '../operation';
import type { ExecutionResult } from '../ports/operation-executor.port';
import { Lanes } from '../reading/lanes';
import { ANY_QUARANTINED } from '../sql/claim';
import { LedgerWitness, newOperation, TestProcess } from '../testing/ledger.fixture';
import { acts, actsAndIsLost, type Behaviour, held, ScriptedProvider } from '../testing/scripted-provider';
import { Claimer } from './claimer';

const withheld = { kind: 'unauthorized', code: 'TENANT_SUSPENDED', withheld: true } as const;

/** It never polls: what goes on after an activation goes on because somebody said so. */
const HINTS_ONLY = { pollMs: 600_000 };

describe('a suspended tenant', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let worker: TestProcess;
  let provider: ScriptedProvider;
  let tenant: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    provider = new ScriptedProvider();
    worker = await TestProcess.start(database, { dispatch: true, provider, settings: HINTS_ONLY });
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await worker.close();
    await witness.close();
    await database.drop();
  });

  const become = (status: 'active' | 'suspended', id = tenant): Promise<unknown> =>
    witness.sql(`UPDATE tenants SET status = $2 WHERE id = $1`, [id, status]);
  const accept = async (given: Partial<NewOperation> = {}, ...script: Behaviour[]): Promise<string> => {
    const operation = newOperation(tenant, given);
    provider.script(operation.id, ...script);
    await worker.ledger.acceptGrouped(operation);
    return operation.id;
  };
  /** Another tenant's work that was accepted later is done: the dispatcher had its chance at everything before. */
  const othersGoOn = async (): Promise<void> => {
    const operation = newOperation(await witness.tenant());
    await worker.ledger.acceptGrouped(operation);
    await witness.settled(operation.id);
  };
  const activate = async (): Promise<void> => {
    await become('active');
    worker.ledger.wake();
  };

  it('is not claimed for, in lanes old and new, and goes on at once when it is active, each operation once', async () => {
    await witness.settled(await accept());
    await become('suspended');
    const waiting = [await accept(), await accept({ laneKey: 'new' }), await accept({ orderKey: 'k', laneKey: 'k' })];
    await othersGoOn();
    expect(waiting.map((id) => provider.callsOf(id))).toEqual([0, 0, 0]);

    await activate();
    for (const id of waiting)
      expect(await witness.settled(id, 2_000)).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect(waiting.map((id) => provider.effectsOf(id))).toEqual([1, 1, 1]);
    expect(await worker.part(Lanes).list(tenant)).toEqual([]);
  });

  it('is not asked about either, and the question is answered afterwards', async () => {
    const { behaviour, begun, release } = held(actsAndIsLost);
    const id = await accept({ effect: 'reconcilable' }, behaviour);
    await begun;
    await become('suspended');
    release();
    await witness.until(id, ({ state }) => state === 'unknown');
    await othersGoOn();
    expect(await witness.row(id)).toMatchObject({ state: 'unknown', asks: 0 });

    await activate();
    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded' });
    expect([provider.callsOf(id), provider.effectsOf(id)]).toEqual([1, 1]);
  });

  it('has its calls in flight end as they would, background and synchronous', async () => {
    const { behaviour, begun, release } = held(acts);
    const id = await accept({}, behaviour);
    await begun;
    const synchronous = await worker.ledger.begin(newOperation(tenant));
    await become('suspended');
    release();
    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded' });
    if (synchronous.kind !== 'started') throw new Error('it was not begun');
    const called = { result: { kind: 'called', outcome: { kind: 'ok', output: 1 } }, tries: [] } as const;
    expect(await worker.ledger.settle(synchronous.operation, called)).toEqual({ applied: true, state: 'succeeded' });
  });

  it.each(['idempotent', 'once', 'reconcilable'] as const)(
    'gets a claimed %s operation back as it was when the suspension came in between',
    async (effect) => {
      const result: ExecutionResult = { kind: 'withheld', failure: withheld };
      const id = await accept({ effect }, async () => {
        await become('suspended');
        return result;
      });
      await witness.until(id, ({ state, fence }) => state === 'queued' && fence === '1');
      const untouched = { attempt: 0, maybe_sent: false, sent_at: null, first_sent_at: null, failure: null };
      expect(await witness.row(id)).toMatchObject(untouched);
      expect(await witness.attempts(id)).toEqual([]);
      expect(await worker.part(Lanes).list(tenant)).toEqual([]);

      await activate();
      expect(await witness.settled(id)).toMatchObject({ state: 'succeeded', attempt: 1 });
    },
  );

  it('gets a question back that was claimed when the suspension came in between', async () => {
    const id = await accept({ effect: 'reconcilable' }, actsAndIsLost, async () => {
      await become('suspended');
      return { kind: 'withheld', failure: withheld };
    });
    await witness.until(id, ({ state, fence }) => state === 'unknown' && fence === '2');
    expect(await witness.row(id)).toMatchObject({ asks: 0, maybe_sent: true, attempt: 1 });
    await activate();
    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded' });
  });

  it('is told so when somebody waits for the answer, and may use the same key again', async () => {
    const idempotency = { route: 'POST /x', key: 'k-1', request: {} };
    const first = await worker.ledger.begin(newOperation(tenant, { idempotency }));
    if (first.kind !== 'started') throw new Error('it was not begun');
    await worker.ledger.settle(first.operation, { result: { kind: 'withheld', failure: withheld }, tries: [] });
    expect(await worker.ledger.get(tenant, first.operation.id)).toMatchObject({
      ...{ state: 'rejected', failure: 'unauthorized', providerCode: 'TENANT_SUSPENDED', maybeSent: false },
    });
    expect(await worker.part(Lanes).list(tenant)).toEqual([]);

    const again = await worker.ledger.begin(newOperation(tenant, { idempotency }));
    expect(again.kind).toBe('started');
    if (again.kind === 'started')
      await worker.ledger.settle(again.operation, {
        result: { kind: 'called', outcome: unknown('timeout') },
        tries: [],
      });
  });

  it('does not make the worker stop for an operation that crashed before, and cannot run now', async () => {
    await become('suspended');
    const id = await accept();
    await witness.sql(`UPDATE operations SET crashes = 2 WHERE id = $1`, [id]);
    const quarantined = (): Promise<unknown[]> => worker.dispatch.query(ANY_QUARANTINED);
    expect(await quarantined()).toEqual([{ waiting: false }]);
    expect(await worker.part(Claimer).claimQuarantined()).toBeUndefined();

    await activate();
    await witness.settled(id);
  });

  it('costs one step of a claim, however many lanes it has', async () => {
    const first = '00000000-0000-7000-8000-000000000001';
    await witness.sql(
      `INSERT INTO tenants (id, name, data_key, external_id, status) VALUES ($1, 'first', '{}', 'x', 'suspended')`,
      [first],
    );
    const lanes = Array.from({ length: 300 }, (_, n) => newOperation(first, { laneKey: `lane-${String(n)}` }));
    await Promise.all(lanes.map((operation) => worker.ledger.acceptGrouped(operation)));
    await worker.dispatcher.stop();
    const id = await accept();

    const { claims, more } = await worker.part(Claimer).claim({ free: 10, capacity: 30 }, [], true);
    expect([claims.map(({ row }) => row.id), more]).toEqual([[id], false]);
  });
});
