import { uuidv7 } from '@puente/kernel';
import { PurchasesWorld } from '../../../../test/support/purchases-world';
import { BrokerIntake } from './broker-intake';
import { Fixtures } from './fixtures';
import { PurchaseRequests } from './purchase-requests';
import { PurchaseSettings } from './purchase-settings';
import { FixtureBody, PurchaseSettingsBody } from './purchases.schemas';
import { RequestExpiry } from './request-expiry';
import { RequestOutcomes } from './request-outcomes';
import { setStatus } from './request-rows';
import { Wallets } from './wallets';

const origin = { actor: 'test' };

describe('the purchases flow', () => {
  let world: PurchasesWorld;

  beforeAll(async () => {
    world = await PurchasesWorld.start();
  });
  afterAll(() => world.stop());

  const wallets = () => world.get(Wallets);
  const requests = () => world.get(PurchaseRequests);

  /** A shop with one fixture, and a user with money. */
  async function shop({ units = 10, money = 0 } = {}): Promise<string> {
    const tenant = await world.tenant();
    const body = { league_name: 'Primera', round: '10', date: '2026-12-05T20:00:00Z', units };
    await world.get(Fixtures).put(tenant, '1', FixtureBody.parse(body), origin);
    await world.get(PurchaseSettings).put(tenant, PurchaseSettingsBody.parse({ smtp: 'default' }), origin);
    await wallets().put(tenant, '7', { name: 'Ana', email: 'ana@example.com' }, origin);
    if (money > 0) await wallets().add(tenant, { userId: '7', amount: money }, origin);
    return tenant;
  }

  const unitsLeft = async (tenant: string): Promise<number> => (await world.get(Fixtures).get(tenant, '1')).unitsLeft;
  const balance = async (tenant: string): Promise<number> => (await wallets().get(tenant, '7')).billetera;
  const reject = (tenant: string, requestId: string) =>
    requests().validate(tenant, { requestId, groupId: '15', valid: false });
  const announced = (tenant: string, provider: string) =>
    world.sql(`SELECT FROM operations WHERE tenant_id = $1 AND provider = $2`, [tenant, provider]);
  const told = (tenant: string, outcome: { paymentId: string; reference: string; state: string }) =>
    world.in(tenant, (tx) => world.get(RequestOutcomes).paymentEnded(tx, outcome));

  /** As when its form at Webpay was opened. */
  async function awaiting(tenant: string, paymentId = uuidv7()): Promise<{ reference: string; paymentId: string }> {
    const { requestId: reference } = await world.buy(tenant, { user_id: 7, quantity: 2 });
    await world.in(tenant, (tx) =>
      setStatus(tx, reference, { status: 'pending payment', paymentId, depositToken: 't' }),
    );
    return { reference, paymentId };
  }

  async function booksAreRight(tenant: string): Promise<void> {
    const [sums] = await world.sql<{ all: string; user: string }>(
      `SELECT coalesce(sum(amount), 0)::text AS all, coalesce(sum(amount) FILTER (WHERE account = 'user:7'), 0)::text AS user
       FROM wallet_postings WHERE tenant_id = $1`,
      [tenant],
    );
    expect(sums).toEqual({ all: '0', user: String(await balance(tenant)) });
  }

  it('never sells more units than there are, whoever comes at once', async () => {
    const tenant = await shop({ units: 20, money: 100_000 });
    const buyers = Array.from({ length: 40 }, () => world.buy(tenant, { user_id: 7, wallet: true }));
    const ends = await Promise.allSettled(buyers);

    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    for (const end of ends)
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'FIXTURE_UNAVAILABLE' });
    expect(await unitsLeft(tenant)).toBe(0);
    expect(await balance(tenant)).toBe(80_000);
    await booksAreRight(tenant);
  });

  it('never lets a wallet fall below zero, and takes no units for what it cannot pay', async () => {
    const tenant = await shop({ units: 20, money: 3_500 });
    const ends = await Promise.allSettled(
      Array.from({ length: 10 }, () => world.buy(tenant, { user_id: 7, wallet: true })),
    );

    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await balance(tenant)).toBe(500);
    expect(await unitsLeft(tenant)).toBe(17);
    await booksAreRight(tenant);
  });

  it('gives units and money back once, however often and at once a request is rejected', async () => {
    const tenant = await shop({ money: 5_000 });
    const { requestId } = await world.buy(tenant, { user_id: 7, quantity: 3, wallet: true });
    expect([await unitsLeft(tenant), await balance(tenant)]).toEqual([7, 2_000]);

    const ends = await Promise.all(Array.from({ length: 8 }, () => reject(tenant, requestId)));
    expect(ends.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect([await unitsLeft(tenant), await balance(tenant)]).toEqual([10, 5_000]);
    expect(await announced(tenant, 'smtp')).toHaveLength(1);
    await booksAreRight(tenant);
    await expect(requests().validate(tenant, { requestId, groupId: '15', valid: true })).rejects.toMatchObject({
      code: 'REQUEST_ALREADY_DECIDED',
    });
  });

  it('takes a request with the same idempotency key once, also at once', async () => {
    const tenant = await shop({ money: 50_000 });
    const same = await Promise.all(
      Array.from({ length: 6 }, () => world.buy(tenant, { user_id: 7, wallet: true }, 'order-1')),
    );

    expect(new Set(same.map(({ requestId }) => requestId)).size).toBe(1);
    expect([await unitsLeft(tenant), await balance(tenant)]).toEqual([9, 49_000]);
    await expect(world.buy(tenant, { user_id: 7, quantity: 2 }, 'order-1')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('adds money with the same idempotency key once', async () => {
    const tenant = await shop();
    const topUp = { userId: '7', amount: 1_000, idempotencyKey: 'k' };
    await Promise.all(Array.from({ length: 5 }, () => wallets().add(tenant, topUp, origin)));

    expect(await balance(tenant)).toBe(1_000);
    await expect(wallets().add(tenant, { ...topUp, amount: 2_000 }, origin)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    await expect(wallets().add(tenant, { userId: '8', amount: 1 }, origin)).rejects.toMatchObject({
      code: 'SHOP_USER_NOT_FOUND',
    });
  });

  it('has books that refuse an entry whose postings do not sum to zero', async () => {
    const tenant = await shop({ money: 1_000 });
    const oneSided = world.in(tenant, async (tx) => {
      const id = uuidv7();
      await tx.query(
        `INSERT INTO wallet_entries (id, tenant_id, kind, user_id, created_at) VALUES ($1, $2, 'top_up', '7', now())`,
        [id, tenant],
      );
      await tx.query(
        `INSERT INTO wallet_postings (tenant_id, entry_id, account, amount) VALUES ($1, $2, 'user:7', 5)`,
        [...[tenant, id]],
      );
    });
    await expect(oneSided).rejects.toThrow(/do not sum to zero/);
  });

  it('accepts a request with its payment, and tells the others and the user', async () => {
    const tenant = await shop();
    const payment = await awaiting(tenant);

    await told(tenant, { ...payment, state: 'paid' });
    expect(await requests().get(tenant, payment.reference)).toMatchObject({ status: 'accepted' });
    await told(tenant, { ...payment, state: 'paid' });
    expect(await announced(tenant, 'mqtt')).toHaveLength(2); // the request, and its validation
    expect(await announced(tenant, 'smtp')).toHaveLength(1);
    expect(await unitsLeft(tenant)).toBe(8);
  });

  it('is accepted by nobody but its payment', async () => {
    const tenant = await shop();
    const { reference } = await awaiting(tenant);
    const word = requests().validate(tenant, { requestId: reference, groupId: '15', valid: true });
    await expect(word).rejects.toMatchObject({ code: 'REQUEST_NOT_PAID' });
  });

  it('does not want money for a request that ended otherwise, or was paid before', async () => {
    const tenant = await shop();
    const rejected = await awaiting(tenant);
    await reject(tenant, rejected.reference);
    const paid = await awaiting(tenant);
    await told(tenant, { ...paid, state: 'paid' });

    const wanted = (reference: string) => world.in(tenant, (tx) => world.get(RequestOutcomes).isWanted(tx, reference));
    expect(await wanted(rejected.reference)).toBe(false);
    expect(await wanted(paid.reference)).toBe(false);
    expect(await wanted((await awaiting(tenant)).reference)).toBe(true);
    expect(await wanted('somebody-elses')).toBe(true);
    expect(await unitsLeft(tenant)).toBe(6);
  });

  it('is rejected by the end of the payment it waits for, not of one given up before', async () => {
    const tenant = await shop();
    const { reference, paymentId } = await awaiting(tenant);

    await told(tenant, { reference, paymentId: uuidv7(), state: 'expired' });
    expect(await requests().get(tenant, reference)).toMatchObject({ status: 'pending payment' });
    await told(tenant, { reference, paymentId, state: 'expired' });
    expect(await requests().get(tenant, reference)).toMatchObject({ status: 'rejected' });
    expect(await announced(tenant, 'smtp')).toHaveLength(1); // that it was cancelled
    expect(await unitsLeft(tenant)).toBe(10);
  });

  it('writes to nobody in a shop without a mail account, and to no user without an address', async () => {
    const [silent, nameless] = [await shop(), await shop()];
    await world.get(PurchaseSettings).put(silent, PurchaseSettingsBody.parse({ smtp: null }), origin);
    await wallets().put(nameless, '7', { name: 'Ana' }, origin);
    for (const tenant of [silent, nameless]) {
      await told(tenant, { ...(await awaiting(tenant)), state: 'paid' });
      expect(await announced(tenant, 'smtp')).toHaveLength(0);
    }
  });

  it('gives the units of a request that nobody pays back after a while', async () => {
    const tenant = await shop();
    const { requestId } = await world.buy(tenant, { user_id: 7, quantity: 4 });
    const paying = await awaiting(tenant);
    await world.sql(`UPDATE purchase_requests SET expires_at = now() WHERE tenant_id = $1 AND expires_at IS NOT NULL`, [tenant]); // prettier-ignore

    expect(await world.get(RequestExpiry).sweep()).toBe(1);
    expect(await requests().get(tenant, requestId)).toMatchObject({ status: 'rejected' });
    expect(await requests().get(tenant, paying.reference)).toMatchObject({ status: 'pending payment' });
    expect(await unitsLeft(tenant)).toBe(8);
  });

  it('takes what other groups say over MQTT, and writes down what it makes of it', async () => {
    const tenant = await shop();
    const say = async (topic: string, given: unknown): Promise<string | undefined> => {
      const payload = Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
      await world.get(BrokerIntake).handle({ tenantId: tenant, topic: `fixtures/${topic}`, payload });
      const [last] = await world.sql<{ verdict: string }>(
        `SELECT verdict FROM purchase_messages WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1`,
        [tenant],
      );
      return last?.verdict;
    };
    const theirs = { request_id: 'theirs-1', group_id: '4', fixture_id: 1, quantity: 3, extra: true };

    expect(await say('requests', theirs)).toBe('taken');
    expect(await say('requests', theirs)).toBe('repeated');
    expect(await say('requests', { ...theirs, quantity: 4 })).toBe('refused');
    expect(await say('requests', { ...theirs, request_id: 'theirs-2', quantity: 99 })).toBe('refused');
    expect(await say('requests', { ...theirs, group_id: '15' })).toBe('repeated');
    expect(await unitsLeft(tenant)).toBe(7);
    expect(await say('validation', { request_id: 'theirs-1', group_id: '4', seller: 0, valid: false })).toBe('taken');
    expect(await say('validation', { request_id: 'theirs-1', group_id: '4', seller: 0, valid: false })).toBe(
      'repeated',
    );
    expect(await say('validation', { request_id: 'theirs-1', group_id: '5', seller: 0, valid: false })).toBe('refused');
    expect(await unitsLeft(tenant)).toBe(10);
    for (const bad of ['{', '"x"', '{"a":"\\u0000"}', { request_id: 'x' }, '\0'])
      expect(await say('requests', bad)).toBe('bad');
    expect(await say('elsewhere', theirs)).toBe('bad');

    const kept = await world.sql<{ verdict: string }>(
      `SELECT verdict FROM purchase_messages WHERE tenant_id = $1 ORDER BY id`,
      [tenant],
    );
    expect(kept).toHaveLength(14);
    expect((await requests().list(tenant, { page: 1, count: 25 })).total).toBe(0); // only our own group's are listed
  });

  it('asks for what a request of each kind needs', async () => {
    const tenant = await shop();
    const shape = { code: 'REQUEST_SHAPE' };
    await expect(world.buy(tenant, {})).rejects.toMatchObject(shape);
    await expect(world.buy(tenant, { user_id: 7, request_id: 'own' })).rejects.toMatchObject(shape);
    await expect(world.buy(tenant, { group_id: 4 })).rejects.toMatchObject(shape);
    await expect(world.buy(tenant, { group_id: 4, request_id: 'x', user_id: 7 })).rejects.toMatchObject(shape);
    await expect(world.buy(tenant, { user_id: 7, fixture_id: 2 })).rejects.toMatchObject({
      code: 'FIXTURE_UNAVAILABLE',
    });
  });
});
