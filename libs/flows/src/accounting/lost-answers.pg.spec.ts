import { AccountingWorld } from '../../../../test/support/accounting-world';
import { until } from '../../../../test/support/sandbox-until';
import { DEFAULT_ROUTES } from './default-routes';

const [move] = DEFAULT_ROUTES;
const LOAD = {
  ...{ ...move, via: 'load', bind: undefined },
  load: {
    ...{ model: 'account.move', journal: { name: 'MISC' }, fields: { ref: 'txn:{body.transaction_id}' } },
    cargo: { debit: { id: 13 }, credit: { name: '102.01' } },
    abono: { debit: { name: '102.01' }, credit: { id: 12 } },
  },
};

/** Odoo has committed, and nobody hears of it: its connection is cut before the answer. */
describe('an entry whose answer is lost', () => {
  let world: AccountingWorld;
  let tenant: string;
  let transaction = 0;

  beforeAll(async () => {
    world = await AccountingWorld.start({ odoo: true });
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    tenant = await world.tenant();
    transaction += 1;
  });

  const text = () =>
    JSON.stringify({ transaction_id: transaction, amount: 5, finalitix_type: 'cargo', description: 'Pago' });
  const loses = (operation: string) => world.odoo.order('odoo/faults', { operation, reset: 'after', times: 1 });
  const posted = async () =>
    (await world.posted()).filter(
      ({ transactionId, ref }) => (transactionId ?? ref?.split(':')[1]) === String(transaction),
    );
  const operation = async () =>
    (await world.sql<{ state: string; attempt: number; maybe_sent: boolean }>('SELECT state, attempt, maybe_sent FROM operations WHERE tenant_id = $1', [tenant]))[0]; // prettier-ignore
  const is = (state: string) =>
    until(async () => (await operation())?.state === state, { withinMs: 10_000, what: `the operation is ${state}` });
  const twice = () => world.deliver(tenant, { body: text() }, { body: text() });

  describe.each([17, 19] as const)('%i', (version) => {
    beforeEach(() => world.connect(tenant, { version }));

    it('is there once: call_once, asked again, answers what it did the first time', async () => {
      await loses('call_once');
      await twice();
      await until(
        async () => {
          if ((await operation())?.state === 'queued') await world.advance('10 seconds');
          return (await operation())?.state === 'succeeded';
        },
        { withinMs: 15_000, what: 'the second try' },
      );

      const [entry] = await world.ended(tenant, 'succeeded', 1);
      const [only, ...others] = await posted();
      expect(others).toEqual([]);
      expect(entry).toMatchObject({ duplicate: true, repeats: 1, odooId: (only as unknown as { id: number }).id });
      expect(await operation()).toMatchObject({ attempt: 2, maybe_sent: true });
    });

    it.each(['load', 'action_post'])('is there once: it is looked for after a lost %s', async (lost) => {
      await world.routes(tenant, LOAD);
      await loses(lost);
      await twice();
      await is('unknown');
      await until(
        async () => {
          if (['queued', 'unknown'].includes((await operation())?.state ?? '')) await world.advance('1 minute');
          return (await operation())?.state === 'succeeded';
        },
        { withinMs: 15_000, what: 'what was found is taken for done' },
      );

      expect(await posted()).toHaveLength(1);
      expect(await world.ended(tenant, 'succeeded', 1)).toMatchObject([{ repeats: 1 }]);
    });

    it('waits for a person where nothing tells it apart, and is not sent again', async () => {
      await world.routes(tenant, { ...move, via: 'unsafe' });
      await loses('create_post_move');
      await twice();
      await is('needs_review');
      await world.advance('2 hours');
      await twice();

      expect(await posted()).toHaveLength(1);
      expect(await operation()).toEqual({ state: 'needs_review', attempt: 1, maybe_sent: true });
      expect(await world.entries(tenant)).toMatchObject([{ repeats: 3 }]);
    });
  });
});
