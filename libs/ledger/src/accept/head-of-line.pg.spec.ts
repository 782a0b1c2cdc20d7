import { notSent, type Outcome, unknown } from '@puente/kernel';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { HeadOfLine, NewOperation } from '../operation';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { ScriptedProvider, failsWith, held } from '../testing/scripted-provider';

/** Two workers claim side by side, as often as they can: an order that holds, holds against them. */
describe('head of an order key', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let tenant: string;
  const workers: TestProcess[] = [];
  const provider = new ScriptedProvider();

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    const settings = { pollMs: 20, sweepMs: 20 };
    for (let n = 0; n < 2; n++) workers.push(await TestProcess.start(database, { dispatch: true, provider, settings }));
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await Promise.all(workers.map((each) => each.close()));
    await witness.close();
    await database.drop();
  });

  const ledger = () => workers[0]!.ledger;
  /** A head that ends so, and one behind it. */
  const line = async (ofHead: Partial<NewOperation>, ...outcomes: Outcome[]): Promise<[head: string, next: string]> => {
    const given: Partial<NewOperation> = { orderKey: 'k', effect: 'once', policy: 'interactive' };
    const [head, next] = [newOperation(tenant, { ...given, ...ofHead }), newOperation(tenant, given)];
    provider.script(head.id, ...outcomes.map(failsWith));
    for (const each of [head, next]) await ledger().acceptGrouped(each);
    return [head.id, next.id];
  };
  const review = unknown('reset');
  const refused = Array<Outcome>(4).fill(notSent('refused'));
  /** Several sweeps and polls of both workers go by. */
  const staysBehind = async (id: string): Promise<void> => {
    for (let round = 0; round < 6; round++) {
      await Promise.all(workers.map(({ sweeper }) => sweeper.unblock()));
      for (const { dispatcher } of workers) dispatcher.hint();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(await witness.row(id)).toMatchObject({ state: 'queued', attempt: 0 });
    }
  };

  it.each<HeadOfLine | undefined>([undefined, 'skip', 'wait', 'park'])(
    '%s: waits while the head is on its way',
    async (policy) => {
      const hold = held();
      const head = newOperation(tenant, { orderKey: 'k', headOfLine: policy });
      const next = newOperation(tenant, { orderKey: 'k' });
      provider.script(head.id, failsWith(notSent('refused')), hold.behaviour);
      for (const each of [head, next]) await ledger().acceptGrouped(each);
      await hold.begun;
      await staysBehind(next.id);
      hold.release();
      expect(await witness.settled(next.id)).toMatchObject({ state: 'succeeded' });
    },
  );

  it.each<[HeadOfLine | undefined, string, Outcome[]]>([
    [undefined, 'needs_review', [review]],
    ['skip', 'needs_review', [review]],
    ['skip', 'exhausted', refused],
    ['wait', 'exhausted', refused],
    ['park', 'rejected', [{ kind: 'rejected' }]],
  ])('%s: goes on after a head that is %s', async (headOfLine, state, outcomes) => {
    const [head, next] = await line({ headOfLine }, ...outcomes);
    expect(await witness.settled(next)).toMatchObject({ state: 'succeeded' });
    expect(await witness.row(head)).toMatchObject({ state });
  });

  it.each<HeadOfLine>(['wait', 'park'])(
    '%s: a head in review holds its key until a person resolves it',
    async (headOfLine) => {
      const [head, next] = await line({ headOfLine }, review);
      expect(await witness.settled(head)).toMatchObject({ state: 'needs_review' });
      await staysBehind(next);
      const later = newOperation(tenant, { orderKey: 'k' });
      const beside = newOperation(tenant, { orderKey: 'other' });
      for (const each of [later, beside]) await ledger().acceptGrouped(each);
      expect(await witness.settled(beside.id)).toMatchObject({ state: 'succeeded' });
      await staysBehind(later.id);

      await workers[0]!.run(tenant, (tx) => ledger().resolve(tx, head, { outcome: 'absent', then: 'close' }));
      ledger().wake();
      expect(await witness.settled(later.id)).toMatchObject({ state: 'succeeded' });
      expect(await witness.row(next)).toMatchObject({ state: 'succeeded' });
    },
  );

  it.each<[string, Partial<NewOperation>, Outcome[]]>([
    ['exhausted', {}, refused],
    ['dropped', { onUnknown: 'drop' }, [review]],
  ])(
    'park: a head that is %s holds its key until a person does it again, behind the others',
    async (state, given, outcomes) => {
      const [head, next] = await line({ headOfLine: 'park', ...given }, ...outcomes);
      expect(await witness.settled(head)).toMatchObject({ state });
      await staysBehind(next);

      const again = await workers[0]!.run(tenant, (tx) => ledger().retry(tx, head));
      ledger().wake();
      expect(await witness.settled(again.operationId)).toMatchObject({ state: 'succeeded' });
      expect(await witness.row(next)).toMatchObject({ state: 'succeeded' });
      const order = provider.calls.filter((id) => [next, again.operationId].includes(id));
      expect(order).toEqual([next, again.operationId]);
      await eventually(async () => (await witness.count(`tenant_id = '${tenant}' AND blocked`)) === 0);
    },
  );
});
