import { InvalidFieldsError } from '@puente/tenancy';
import { AccountingWorld, S04_ATTRIBUTES } from '../../../../test/support/accounting-world';
import { AccountingKeyReusedError, AccountingRoutesChangedError } from './accounting.errors';
import { AccountingList } from './accounting-list';
import { AccountingRoutes } from './accounting-routes';
import { AccountingRoutesBody } from './accounting-routes.schemas';
import { DEFAULT_ROUTES } from './default-routes';

const body = (given: object): string =>
  JSON.stringify({ transaction_id: 1, amount: 10, finalitix_type: 'abono', description: 'd', ...given });

/** What becomes of messages in the database: entries, and operations that nobody does here. */
describe('accounting entries', () => {
  let world: AccountingWorld;
  let tenant: string;

  beforeAll(async () => {
    world = await AccountingWorld.start();
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    tenant = await world.tenant();
  });

  it('come out of the queue with their operations, in the order in which they stood there', async () => {
    const partner = { body: '{}', attributes: S04_ATTRIBUTES };
    const verdicts = await world.deliver(tenant, { body: body({ transaction_id: 9, amount: 0.1 }) }, {}, partner);

    expect(verdicts.map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
    const once = { operation: 'callOnce', effect: 'idempotent', state: 'queued', origin: 'queue', order_key: null };
    expect(await world.entries(tenant)).toMatchObject([
      { entry_key: 'create-post-move:txn:9', amount: '10', currency: 'MXN', ...once },
      { entry_key: 'create-post-move:txn:123', amount: '150000', currency: 'MXN', ...once },
      { entry_key: 'create-partner:partner:u-17', amount: null, ...once },
    ]);
  });

  it('are made once of one message, however often it comes, by whichever door', async () => {
    await world.deliver(tenant, { body: body({}), id: 'a' }, { body: body({}), id: 'a' });
    await world.deliver(tenant, { body: body({ amount: 10.0 }), id: 'b' });
    const again = await world.move(tenant, body({}).replace('10', '10.00'));

    expect(again).toMatchObject({ repeated: true, amount: '10.00', repeats: 3, conflicts: 0 });
    expect(await world.entries(tenant)).toHaveLength(1);
  });

  it('are made once when many processes get the message at once', async () => {
    const many = Array.from({ length: 12 }, (_, n) => [{ body: body({ transaction_id: n % 3 }) }, { body: body({ transaction_id: (n + 1) % 3 }) }]); // prettier-ignore
    const verdicts = await Promise.all(many.map((messages) => world.deliver(tenant, ...messages)));

    expect(verdicts.flat().every(({ kind }) => kind === 'done')).toBe(true);
    const entries = await world.entries(tenant);
    expect(entries).toHaveLength(3);
    expect(entries.reduce((sum, { repeats }) => sum + Number(repeats), 0)).toBe(21);
  });

  it('refuse their key with other contents, and show that it came', async () => {
    const { id } = await world.move(tenant, body({}));
    const [verdict] = await world.deliver(tenant, { body: body({ amount: 11 }) });

    expect(verdict).toEqual({ kind: 'dead', reason: `entry ${id} has the same key and other contents` });
    await expect(world.move(tenant, body({ finalitix_type: 'cargo' }))).rejects.toThrow(AccountingKeyReusedError);
    expect(await world.get(AccountingList).get(tenant, 'move', id)).toMatchObject({ conflicts: 2, amount: '10.00' });
    const { items } = await world.get(AccountingList).list(tenant, { kind: 'move', conflicted: true });
    expect(items.map((entry) => entry.id)).toEqual([id]);
  });

  it('belong to one tenant: another one’s transaction of the same number is its own', async () => {
    const other = await world.tenant();
    await world.move(tenant, body({}));

    expect(await world.move(other, body({ amount: 99 }))).toMatchObject({ repeated: false });
  });

  it('are not made of messages that nobody can use, and the others of the batch go on', async () => {
    const verdicts = await world.deliver(
      ...([tenant, { body: 'no JSON' }, { body: body({ transaction_id: 5 }) }, { attributes: {} }] as const),
      { body: body({ amount: 0.001, transaction_id: 6 }) },
      { attributes: { ...S04_ATTRIBUTES, method: { DataType: 'String', StringValue: 'unlink' } } },
    );

    expect(verdicts).toEqual([
      { kind: 'dead', reason: expect.stringMatching(/^the body is no JSON/) as string },
      { kind: 'done' },
      { kind: 'dead', reason: 'the attributes model and method are missing, or no text' },
      { kind: 'dead', reason: 'the amount has more decimals than MXN (2)' },
      { kind: 'dead', reason: 'no route of this tenant takes the message' },
    ]);
    expect(await world.entries(tenant)).toHaveLength(1);
  });

  it('stay in the queue while their tenant is suspended', async () => {
    await world.sql(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [tenant]);

    expect(await world.deliver(tenant, {})).toEqual([{ kind: 'retry' }]);
  });

  it('say by REST which field is wrong', async () => {
    const refused = world.move(tenant, body({ amount: 0.005 }));

    await expect(refused).rejects.toThrow(InvalidFieldsError);
    await expect(refused).rejects.toMatchObject({ errors: [{ path: 'amount', message: /more decimals/ }] });
  });

  it('keep every digit, from the text of the request', async () => {
    const exact = await world.move(tenant, body({}).replace('10', '99999999999.99'));
    const kuwaiti = await world.move(
      tenant,
      body({ transaction_id: 2, currency: 'KWD' }).replace('10', '9999999999.999'),
    );

    expect([exact.amount, kuwaiti.amount]).toEqual(['99999999999.99', '9999999999.999']);
  });

  describe('by routes of the tenant', () => {
    const [move, partner] = DEFAULT_ROUTES;

    beforeEach(() => world.register(tenant));

    it('are in the order of their company when the route says so', async () => {
      await world.routes(tenant, { ...move, order: '{body.company_id}' });
      await world.deliver(
        tenant,
        { body: body({ company_id: 3 }) },
        { body: body({ company_id: 4, transaction_id: 2 }) },
      );

      const keys = (await world.entries(tenant)).map(({ order_key }) => order_key);
      expect(keys).toEqual(['accounting:default:3', 'accounting:default:4']);
    });

    it('wait for a person where no key tells them apart and the answer is lost', async () => {
      await world.routes(tenant, { ...move, via: 'unsafe', key: undefined });
      await world.deliver(tenant, { id: 'one' }, { id: 'two' });
      await world.deliver(tenant, { id: 'one' });

      const once = { operation: 'call', effect: 'once', on_unknown: 'review', entry_key: /^create-post-move:message:/ };
      expect(await world.entries(tenant)).toMatchObject(
        [1, 0].map((repeats) => ({ ...once, repeats, entry_key: expect.stringMatching(once.entry_key) as string })),
      );
    });

    it('are saved only for an account that is there and allows what they call', async () => {
      const stranger = await world.tenant();
      await expect(world.routes(stranger, { ...move })).rejects.toMatchObject({
        errors: [{ path: 'routes.0.integration', message: /no integration of odoo named default/ }],
      });
      await expect(world.routes(tenant, { ...move, integration: 'second' })).rejects.toMatchObject({
        errors: [{ path: 'routes.0.integration' }],
      });
      const narrow = await world.tenant();
      await world.register(narrow, [{ model: 'res.partner', method: 'create_finalitix_partner' }]);
      await expect(world.routes(narrow, { ...move }, { ...partner })).rejects.toMatchObject({
        errors: [{ path: 'routes.0.match', message: /account\.move\.create_post_move is not in allowed/ }],
      });
      expect(await world.routes(narrow, { ...partner })).toMatchObject({ version: 1 });
    });

    it('are saved in versions, and only whole', async () => {
      const routes = world.get(AccountingRoutes);
      expect(await routes.get(tenant)).toEqual({ version: 0, routes: DEFAULT_ROUTES, savedAt: null });

      expect(await world.routes(tenant, { ...move, name: 'mine' })).toMatchObject({ version: 1 });
      const stale = AccountingRoutesBody.parse({ routes: [partner], version: 0 });
      await expect(routes.put(tenant, stale, { actor: 'test' })).rejects.toThrow(AccountingRoutesChangedError);
      await expect(world.routes(tenant, { ...move, key: 'always' })).rejects.toMatchObject({
        errors: [{ path: 'routes.0.key' }],
      });
      expect(await routes.get(tenant)).toMatchObject({ version: 1, routes: [{ name: 'mine' }] });
      expect(await world.move(tenant, body({}))).toMatchObject({ route: 'mine', routesVersion: 1 });
    });
  });
});
