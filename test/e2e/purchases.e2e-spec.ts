import { WebpayPayer } from '@puente/providers/webpay/testing';
import { sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';
import { until } from '../support/sandbox-until';
import { type RequestView, ShopTenant } from '../support/shop-tenant';

/** SYSTEMS S2 over HTTP, as a shop, a payer and the other groups meet it. */
describe('purchases over REST', () => {
  let shop: ShopTenant;
  let payer: WebpayPayer;

  beforeAll(async () => {
    shop = await ShopTenant.open(sandboxFacts());
    payer = new WebpayPayer(sandboxFacts().sandboxUrl);
    await Promise.all([shop.sell(1, 100), shop.sell(2, 3, 2_500), shop.sell(3, 50)]);
    await Promise.all([shop.user(7, 30_000), ...[11, 12, 13].map((id) => shop.user(id))]);
  });

  const validation = (request_id: string, valid: boolean, group_id = '15') => ({
    request_id,
    group_id,
    seller: 0,
    valid,
  });
  const said = async (name: 'requests' | 'validation', requestId: string): Promise<object[]> =>
    (await shop.heard(name))
      .map(({ payload }) => JSON.parse(payload) as { request_id?: string })
      .filter(({ request_id }) => request_id === requestId);
  const becomes = (requestId: string, status: string) =>
    until(async () => (await shop.see(requestId)).status === status, {
      withinMs: 15_000,
      what: `request ${requestId} is ${status}`,
    });
  const arrives = (user: number, subject: string) =>
    until(async () => (await shop.mails(user)).some((mail) => mail.subject === subject), {
      withinMs: 15_000,
      what: `a mail to ${String(user)}: ${subject}`,
    });

  it('S2.1: a request gets a new UUID, takes its units and is told to the other groups', async () => {
    const body = {
      ...{ group_id: 15, fixture_id: '3', league_name: 'Primera', round: '10', date: '2026-12-05', result: '---' },
      ...{ deposit_token: '', datetime: '2026-11-23', quantity: 2, user_id: '7', status: 'accepted', request_id: '' },
      ...{ wallet: false, auth0Token: 'never-to-be-seen' },
    };
    const answer = await shop.client.post('/v1/requests', body);
    const { message, request } = bodyOf<{ message: string; request: RequestView }>(answer, 201);

    expect(typeof message).toBe('string');
    expect(request.request_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(request).toMatchObject({ status: 'pending', fixture_id: 3, deposit_token: '', amount: 2_000, user_id: '7' });
    expect(answer.text).not.toContain('never-to-be-seen');
    expect(await shop.unitsLeft(3)).toBe(48);
    await becomes(request.request_id, 'sent');
    const [told] = await said('requests', request.request_id);
    expect(told).toMatchObject({ group_id: '15', fixture_id: 3, quantity: 2, wallet: false });
    expect(told).not.toHaveProperty('user_id');
    expect(await shop.heard('requests')).toEqual(
      expect.arrayContaining([expect.objectContaining({ qos: 1, retain: false })]),
    );
  });

  it('S2.1: 404 when the fixture is missing or too few units are left; nothing is taken', async () => {
    expect(statusAndCode(await shop.ask({ user_id: 7, fixture_id: 99 }))).toEqual([404, 'FIXTURE_UNAVAILABLE']);
    expect(statusAndCode(await shop.ask({ user_id: 7, fixture_id: 2, quantity: 4 }))).toEqual([
      404,
      'FIXTURE_UNAVAILABLE',
    ]);
    expect(await shop.unitsLeft(2)).toBe(3);
  });

  it('S2.1: another group brings its id and is not listed; the same request again is taken once', async () => {
    const theirs = { group_id: 4, request_id: 'theirs-by-http', fixture_id: 3, quantity: 5 };
    const before = await shop.unitsLeft(3);
    bodyOf(await shop.ask(theirs), 201);
    bodyOf(await shop.ask(theirs), 201);
    expect(statusAndCode(await shop.ask({ ...theirs, quantity: 6 }))).toEqual([409, 'REQUEST_ID_REUSED']);
    expect(await shop.unitsLeft(3)).toBe(before - 5);
    expect((await shop.client.get('/v1/requests/theirs-by-http')).status).toBe(404);

    const word = await shop.client.patch('/v1/requests/validate', validation('theirs-by-http', false, '4'));
    expect(bodyOf<{ request: RequestView }>(word, 200).request.status).toBe('rejected');
    expect(await shop.unitsLeft(3)).toBe(before);
  });

  it('an Idempotency-Key takes a request once and refuses another one', async () => {
    const before = await shop.wallet(7);
    const key = { 'idempotency-key': 'order-1' };
    const body = { user_id: 7, wallet: true };
    const answers = await Promise.all(Array.from({ length: 4 }, () => shop.ask(body, key)));
    const ids = answers.map((answer) => bodyOf<{ request: RequestView }>(answer, 201).request.request_id);
    expect(new Set(ids).size).toBe(1);
    expect(await shop.wallet(7)).toBe(before - 1_000);
    expect(statusAndCode(await shop.ask({ ...body, quantity: 2 }, key))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('S2.2, S2.3: own requests by page, user and status; one by its id or 404', async () => {
    await shop.request({ user_id: 11, fixture_id: 3 });
    const last = await shop.request({ user_id: 11, fixture_id: 3 });
    const list = async (query: string) =>
      bodyOf<{ requests: RequestView[]; total: number; page: number; count: number }>(
        await shop.client.get(`/v1/requests?${query}`),
        200,
      );
    const page = await list('user_id=11&count=1');
    expect(page).toMatchObject({ total: 2, page: 1, count: 1 });
    expect(page.requests.map(({ request_id }) => request_id)).toEqual([last.request_id]);
    expect((await list('user_id=11&count=1&page=3')).requests).toEqual([]);
    expect(await list('user_id=11&status=rejected')).toMatchObject({ requests: [], total: 0, count: 25 });
    expect((await shop.see(last.request_id)).user_id).toBe('11');
    expect(statusAndCode(await shop.client.get('/v1/requests/nobodys'))).toEqual([404, 'REQUEST_NOT_FOUND']);
  });

  it('S2.4, S2.5: a wallet pays; a rejection gives units and money back once and is told by mail', async () => {
    const [units, money] = [await shop.unitsLeft(2), await shop.wallet(7)];
    const { request_id } = await shop.request({ user_id: 7, fixture_id: 2, quantity: 2, wallet: true });
    expect([await shop.unitsLeft(2), await shop.wallet(7)]).toEqual([units - 2, money - 5_000]);

    const reject = () => shop.client.patch('/v1/requests/validate', validation(request_id, false));
    const ends = await Promise.all([reject(), reject(), reject()]);
    expect(ends.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect([await shop.unitsLeft(2), await shop.wallet(7)]).toEqual([units, money]);
    const late = await shop.client.patch('/v1/requests/validate', validation(request_id, true));
    expect(statusAndCode(late)).toEqual([409, 'REQUEST_ALREADY_DECIDED']);
    const nobodys = await shop.client.patch('/v1/requests/validate', validation('nobodys', true));
    expect(statusAndCode(nobodys)).toEqual([404, 'REQUEST_NOT_FOUND']);
    await arrives(7, 'Tu compra fue rechazada');
  });

  it('S2.5: {billetera} and {user}; money is added once per key, and never falls below zero', async () => {
    expect(bodyOf(await shop.client.get('/v1/users/wallet?id=12'), 200)).toEqual({ billetera: 0 });
    const add = () =>
      shop.client.put('/v1/users/wallet', { user_id: 12, amount: 900 }, { 'idempotency-key': 'top-up' });
    await add();
    const user = { id: '12', billetera: 900, email: shop.address(12), name: 'Cliente 12' };
    expect(bodyOf(await add(), 200)).toEqual({ user });
    expect(statusAndCode(await shop.ask({ user_id: 12, wallet: true }))).toEqual([409, 'WALLET_INSUFFICIENT']);
    expect(await shop.wallet(12)).toBe(900);
    expect((await shop.client.get('/v1/users/wallet?id=404')).status).toBe(404);
  });

  it('S2.6, S2.7: approved, rejected and cancelled payments end their requests, tell the groups and write one mail', async () => {
    const before = await shop.unitsLeft();
    const forms = await Promise.all([11, 12, 13].map((user_id) => shop.form({ user_id, quantity: 3 })));
    const [paid, refused, left] = forms as [(typeof forms)[0], (typeof forms)[0], (typeof forms)[0]];
    expect(paid.token).toMatch(/^[0-9a-f]{64}$/);
    expect(await shop.see(paid.requestId)).toMatchObject({ status: 'pending payment', deposit_token: paid.token });

    const backs = [await payer.approve(paid.token), await payer.reject(refused.token), await payer.abort(left.token)];
    const results = [];
    for (const back of backs) results.push(bodyOf(await shop.comeBack(back), 200));
    expect(results).toEqual([
      { message: 'Payment approved', request_id: paid.requestId, result: 'approved' },
      { message: 'Payment rejected', request_id: refused.requestId, result: 'rejected' },
      { message: 'Payment cancelled', request_id: left.requestId, result: 'cancelled' },
    ]);
    expect(await shop.unitsLeft()).toBe(before - 3);
    for (const back of backs) expect((await shop.comeBack(back)).status).toBe(200); // again: nothing more happens

    await arrives(11, 'Tu compra fue aprobada');
    await arrives(12, 'Tu compra fue rechazada');
    await arrives(13, 'Tu compra fue anulada');
    await until(async () => (await said('validation', left.requestId)).length > 0, { withinMs: 15_000, what: 'told' });
    for (const [{ requestId }, valid] of [
      [paid, true],
      [refused, false],
      [left, false],
    ] as const)
      // prettier-ignore
      expect(await said('validation', requestId)).toEqual([validation(requestId, valid)]);
    expect((await shop.mails(11)).length + (await shop.mails(12)).length + (await shop.mails(13)).length).toBe(3);
  });

  it('S2.6, S2.7: what cannot be paid is refused: 404 for what nobody knows', async () => {
    const pay = (body: object) => shop.client.post('/v1/webpay/create', body);
    const { request_id } = await shop.request({ user_id: 7, quantity: 2 });
    expect(statusAndCode(await pay({ request_id: 'nobodys', quantity: 2 }))).toEqual([404, 'REQUEST_NOT_FOUND']);
    expect(statusAndCode(await pay({ request_id, quantity: 3 }))[1]).toBe('QUANTITY_MISMATCH');
    const commit = (body: object) => shop.client.post('/v1/webpay/commit', body);
    expect(statusAndCode(await commit({ token: 'f'.repeat(64) }))).toEqual([404, 'REQUEST_NOT_FOUND']);
    expect(statusAndCode(await commit({ TBK_ORDEN_COMPRA: 'nobodys' }))).toEqual([404, 'REQUEST_NOT_FOUND']);
    expect((await commit({})).status).toBe(404);

    const cancelled = bodyOf<{ result: string }>(await commit({ request_id }), 200);
    expect(cancelled.result).toBe('cancelled');
    expect(await shop.see(request_id)).toMatchObject({ status: 'rejected' });
    expect(statusAndCode(await pay({ request_id, quantity: 2 }))).toEqual([409, 'REQUEST_ALREADY_DECIDED']);
  });

  it('S2.0: a key of one user ends no payment of another one, and Webpay is not asked', async () => {
    const keyOf = async (userScope: string) => {
      const made = await shop.tenant.admin.post('/v1/api-keys', { name: 'one user', scopes: ['client'], userScope });
      return shop.client.as(bodyOf<{ key: string }>(made, 201).key);
    };
    const [own, others] = [await keyOf('11'), await keyOf('12')];
    const { requestId, token } = await shop.form({ user_id: 11 });
    await payer.approve(token);

    for (const body of [{ token }, { TBK_TOKEN: token, TBK_ORDEN_COMPRA: 'x' }, { request_id: requestId }, {}])
      expect((await others.post('/v1/webpay/commit', body)).status).toBe(404);
    expect(await shop.see(requestId)).toMatchObject({ status: 'pending payment' });
    expect(bodyOf(await own.post('/v1/webpay/commit', { token }), 200)).toMatchObject({ result: 'approved' });
  });

  it('S2.8: other groups reserve and decide over MQTT; what is bad hurts nobody', async () => {
    const before = await shop.unitsLeft();
    const { request_id } = await shop.request({ user_id: 7, quantity: 2, wallet: true });
    const theirs = { request_id: 'theirs-by-mqtt', group_id: 9, fixture_id: 1, quantity: 7, seller: 0 };
    await until(
      async () => {
        await shop.publish('requests', theirs); // the worker looks for new shops now and then
        return (await shop.unitsLeft()) === before - 9;
      },
      { withinMs: 40_000, everyMs: 500, what: 'units are reserved over MQTT' },
    );
    for (const bad of ['{', 'null', '[]', { request_id: 5 }, { ...theirs, request_id: 'x', quantity: -1 }]) {
      await shop.publish('requests', bad);
      await shop.publish('validation', bad);
    }
    await shop.publish('validation', validation('theirs-by-mqtt', false, '9'));
    await shop.publish('validation', validation(request_id, true));
    await becomes(request_id, 'accepted');
    await arrives(7, 'Tu compra fue aprobada');
    await until(async () => (await shop.unitsLeft()) === before - 2, {
      withinMs: 10_000,
      what: 'units are given back',
    });
  });

  it.each([
    [{ quantity: 0 }],
    [{ quantity: 1.5 }],
    [{ quantity: '2' }],
    [{ fixture_id: 'x' }],
    [{ group_id: undefined }],
    [{ surprise: 1 }],
    [{ league_name: 'a\0b' }],
    [{ status: 'paid' }],
    [{ user_id: undefined }],
    [{ request_id: 'mine' }],
  ])('refuses %j and takes nothing', async (wrong) => {
    const before = await shop.unitsLeft();
    const [status] = statusAndCode(await shop.ask({ user_id: 7, ...wrong }));
    expect(status).toBe(422);
    expect(await shop.unitsLeft()).toBe(before);
  });
});
