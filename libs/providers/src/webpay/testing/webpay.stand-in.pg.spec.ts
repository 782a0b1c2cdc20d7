import {
  IntegrationApiKeys,
  IntegrationCommerceCodes,
  Oneclick,
  Options,
  TransactionDetail,
  WebpayPlus,
} from 'transbank-sdk';
import type { TestStandIns } from '../../../../../test/support/test-stand-ins';
import { startTestStandIns } from '../../../../../test/support/test-stand-ins';
import { rejectedCard, testCards } from './test-cards';
import { WebpayPayer, WebpayStandIn } from '.';

type Answer = Record<string, unknown>;

const KEY = IntegrationApiKeys.WEBPAY;
const RETURN_URL = 'http://127.0.0.1:9/back?shop=1';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let standIns: TestStandIns;
let payer: WebpayPayer;
let orders = 0;

beforeAll(async () => {
  standIns = await startTestStandIns(() => [new WebpayStandIn()]);
  payer = new WebpayPayer(standIns.url);
});
afterAll(() => standIns.stop());
beforeEach(() => standIns.host.reset());

const options = (commerceCode: string, timeoutMs = 5_000) =>
  new Options(commerceCode, KEY, `${standIns.url}/webpay`, timeoutMs);
const plus = (commerceCode: string = IntegrationCommerceCodes.WEBPAY_PLUS) =>
  new WebpayPlus.Transaction(options(commerceCode));
const newOrder = (): string => `order-${String((orders += 1))}`;

async function created(amount = 10_000, sdk = plus(), buyOrder = newOrder()): Promise<string> {
  const { token } = (await sdk.create(buyOrder, 'session-1', amount, RETURN_URL)) as { token: string };
  return token;
}
async function paid(amount = 10_000, sdk = plus(), card = {}): Promise<string> {
  const token = await created(amount, sdk);
  await payer.approve(token, card);
  await sdk.commit(token);
  return token;
}
/** What the SDK says: the status stands in the first line, Transbank's text in the second. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('it went well'),
    (reason: unknown) => reason as Error,
  );
  const [, status = ''] = /status code (\d{3})/.exec(error.message) ?? [];
  return `${status} ${error.message.split('\n')[1] ?? ''}`.trim();
}
const effects = async (): Promise<unknown[]> =>
  (await standIns.received('webpay')).map(({ operation, effect, amount }) =>
    [operation, effect, amount].filter(Boolean).join(' '),
  );
const later = (advanceMs: number) => standIns.order('webpay/clock', { advanceMs });
const configure = (config: object) => standIns.order('webpay/config', config);
const fault = (order: object) => standIns.order('webpay/faults', order);

describe('Webpay Plus', () => {
  it('is paid: created, approved, committed, with every field of the answer', async () => {
    const sdk = plus();
    const made = (await sdk.create('A-1', 'session-1', 10_000, RETURN_URL)) as { token: string; url: string };
    expect(made).toEqual({
      token: expect.stringMatching(/^01ab[0-9a-f]{60}$/) as string,
      url: `${standIns.url}/webpay/webpayserver/initTransaction`,
    });

    expect(await payer.approve(made.token)).toEqual({
      method: 'GET',
      url: `${RETURN_URL}&token_ws=${made.token}`,
      params: { token_ws: made.token },
      twice: false,
    });
    const answer = (await sdk.commit(made.token)) as Answer;

    expect(answer).toEqual({
      vci: 'TSY',
      amount: 10_000,
      status: 'AUTHORIZED',
      buy_order: 'A-1',
      session_id: 'session-1',
      card_detail: { card_number: '6623' },
      accounting_date: expect.stringMatching(/^\d{4}$/) as string,
      transaction_date: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      authorization_code: '1213',
      payment_type_code: 'VN',
      response_code: 0,
      installments_number: 0,
    });
    expect(await sdk.status(made.token)).toEqual(answer);
    expect(await effects()).toEqual(['create transaction', 'commit charge 10000']);
  });

  it('tells before the commit no more than the real one: nothing, then card and vci, never a response code', async () => {
    const token = await created();
    const fresh = (await plus().status(token)) as Answer;
    expect(fresh).toMatchObject({ status: 'INITIALIZED', amount: 10_000 });
    for (const field of ['vci', 'card_detail', 'response_code', 'authorization_code'])
      expect(fresh).not.toHaveProperty(field);

    await payer.approve(token, { card: testCards[3]?.number ?? '' });
    const waiting = (await plus().status(token)) as Answer;
    expect(waiting).toMatchObject({
      status: 'INITIALIZED',
      vci: 'TSY',
      card_detail: { card_number: '7763' },
      payment_type_code: 'VD',
    });
    expect(waiting).not.toHaveProperty('response_code');
  });

  it.each([
    ['the payer says no at the bank', 'TSN', (token: string) => payer.reject(token)],
    ['the issuer says no', 'TSY', (token: string) => payer.approve(token, { card: rejectedCard.number })],
  ])('is rejected when %s', async (_, vci, walk) => {
    const token = await created();
    await walk(token);
    expect(await plus().commit(token)).toMatchObject({
      status: 'FAILED',
      response_code: -1,
      authorization_code: '000000',
      vci,
    });
    expect(await effects()).toContain('commit rejection 10000');
    expect(await refusal(plus().refund(token, 10_000))).toBe('422 Transaction has an invalid state (8) to reverse');
  });

  it('refuses a commit before the payer is finished, and refunds before a commit', async () => {
    const token = await created();
    const unfinished =
      "422 Invalid status '0' for transaction while authorizing. Commerce will be notified by webpay to authorize";
    expect(await refusal(plus().commit(token))).toBe(unfinished);
    await payer.open(token);
    expect(await refusal(plus().commit(token))).toBe(unfinished);
    await payer.failLogin(token);
    expect(await refusal(plus().commit(token))).toBe(unfinished);
    expect(await plus().status(token)).toMatchObject({ status: 'INITIALIZED' });
    expect(await refusal(plus().refund(token, 1))).toBe(
      '422 Transaction is unfinished, it is not possible to refund it yet',
    );
  });

  it.each([
    ['cancelled', (token: string) => payer.abort(token)],
    ['timed out', (token: string) => payer.timeout(token)],
    ['approved too long ago', (token: string) => payer.approve(token).then(() => later(601_000))],
    ['opened too long ago', (token: string) => payer.open(token).then(() => later(601_000))],
    ['never opened in time', () => later(301_000)],
  ])('refuses the commit of a transaction that was %s', async (_, walk) => {
    const token = await created();
    await walk(token);
    expect(await refusal(plus().commit(token))).toBe('422 Transaction has an invalid finished state: aborted');
    await configure({ abortedCommit: "status '10'" });
    expect(await refusal(plus().commit(token))).toContain("422 Invalid status '10'");
  });

  it('charges once when two commits come at once, and says so to the loser', async () => {
    const token = await created();
    await payer.approve(token);
    await configure({ commitLatencyMs: 50 });
    const both = await Promise.all([refusal(plus().commit(token)), refusal(plus().commit(token))]);
    expect(both.sort()).toEqual(['', '422 Transaction already locked by another process']);
    expect(await effects()).toEqual(['create transaction', 'commit charge 10000']);
  });

  it('answers a second commit as configured', async () => {
    const token = await paid();
    expect(await plus().commit(token)).toMatchObject({ status: 'AUTHORIZED' });
    await configure({ secondCommit: '422' });
    expect(await refusal(plus().commit(token))).toBe('422 Transaction has an invalid finished state');
    expect(await effects()).toEqual(['create transaction', 'commit charge 10000']);
  });

  it('keeps commerces apart and knows no strangers', async () => {
    const token = await created();
    const other = plus('597055555599');
    expect(await refusal(other.status(token))).toBe('422 Invalid value for parameter: token');
    expect(await refusal(plus().status('0'.repeat(64)))).toBe('422 Invalid value for parameter: transaction not found');
    expect(await refusal(plus().status('no-token'))).toBe('422 Invalid value for parameter: token');
    await standIns.order('webpay/revoke', { key: KEY });
    expect(await refusal(plus().status(token))).toBe('401 Not Authorized');
    await standIns.order('webpay/restore', { key: KEY });
    expect(await plus().status(token)).toMatchObject({ status: 'INITIALIZED' });
  });

  it('answers no status after seven days', async () => {
    const token = await paid();
    await later(7 * DAY_MS + 1_000);
    expect(await refusal(plus().status(token))).toBe(
      "422 The transactions's date has passed max time (7 days) to recover the status",
    );
  });

  it.each([
    [{ buy_order: undefined }, 422, 'buy_order is required!'],
    [{ buy_order: 'x'.repeat(27) }, 422, 'Invalid value for parameter: buy_order'],
    [{ buy_order: 'ñ;' }, 422, 'Parameter TBK_ORDEN_COMPRA rejected with value ñ;'],
    [{ session_id: 'x'.repeat(62) }, 422, 'Invalid value for parameter: session_id'],
    [{ amount: 10.5 }, 422, 'Invalid value for parameter: amount'],
    [{ amount: 0 }, 422, 'Invalid value for parameter: amount'],
    [{ amount: null }, 422, 'Invalid value for parameter: amount'],
    [{ amount: '1000' }, 422, 'Invalid value for parameter: amount'],
    [{ return_url: undefined }, 400, 'return_url is required'],
    [{ return_url: 'javascript:alert(1)' }, 422, 'Invalid value for parameter: return_url'],
    [{ tip: 1 }, 400, 'Unrecognized field "tip"'],
  ])('refuses to create with %j', async (change, status, error_message) => {
    const body = { buy_order: 'A', session_id: 's', amount: 1, return_url: RETURN_URL, ...change };
    expect(await raw('POST', 'webpay/v1.2/transactions', JSON.stringify(body))).toEqual([status, { error_message }]);
    expect(await effects()).toEqual([]);
  });

  it('answers as a web server what is not for the API', async () => {
    expect(await raw('POST', 'webpay/v1.2/transactions', '{')).toEqual([400, { error_message: 'Malformed JSON' }]);
    expect((await raw('DELETE', 'webpay/v1.2/transactions', '{}'))[0]).toBe(405);
    expect((await raw('GET', 'webpay/v1.2/nothing'))[0]).toBe(404);
    expect((await raw('POST', 'webpay/v1.2/transactions', '{}', { 'content-type': 'text/plain' }))[0]).toBe(415);
    expect(
      (await raw('GET', `webpay/v1.2/transactions/${'0'.repeat(64)}`, undefined, { accept: 'text/html' }))[0],
    ).toBe(406);
    expect((await raw('GET', `webpay/v1.2/transactions/x`, undefined, { 'tbk-api-key-secret': '' }))[0]).toBe(401);
    expect(await raw('GET', `webpay/v1.0/transactions/${'0'.repeat(64)}`)).toEqual([
      422,
      { error_message: 'Api mismatch error, required version is 1.2' },
    ]);
  });
});

describe('refunds and captures', () => {
  it('reverses the whole amount within three hours, and says nothing but that', async () => {
    const token = await paid();
    expect(await plus().refund(token, 10_000)).toEqual({ type: 'REVERSED' });
    expect(await plus().status(token)).toMatchObject({ status: 'REVERSED', response_code: 0 });
    expect(await refusal(plus().refund(token, 10_000))).toBe('422 Transaction already fully refunded');
    expect(await effects()).toContain('refund reversal 10000');
  });

  it('nullifies the whole amount afterwards, until 90 days have gone by', async () => {
    const [token, late] = [await paid(), await paid()];
    await later(3 * HOUR_MS + 1_000);
    expect(await plus().refund(token, 10_000)).toMatchObject({
      type: 'NULLIFIED',
      nullified_amount: 10_000,
      balance: 0,
      response_code: 0,
    });
    expect(await plus().status(token)).toMatchObject({ status: 'NULLIFIED', balance: 0 });
    await later(90 * DAY_MS);
    expect(await refusal(plus().refund(late, 10_000))).toMatch(/^422 /);
  });

  it('nullifies in parts, never more than is left', async () => {
    const token = await paid();
    expect(await plus().refund(token, 4_000)).toMatchObject({ type: 'NULLIFIED', balance: 6_000 });
    expect(await plus().status(token)).toMatchObject({ status: 'PARTIALLY_NULLIFIED', balance: 6_000 });
    expect(await refusal(plus().refund(token, 6_001))).toBe('422 Amount to refund is bigger than authorized');
    const both = await Promise.all([refusal(plus().refund(token, 6_000)), refusal(plus().refund(token, 6_000))]);
    expect(both.sort()).toEqual(['', '422 Transaction already fully refunded']);
    expect(await effects()).toEqual([
      'create transaction',
      'commit charge 10000',
      'refund nullification 4000',
      'refund nullification 6000',
    ]);
  });

  it.each([
    ['a debit card', { card: testCards[3]?.number }],
    ['a prepaid card', { card: testCards[6]?.number }],
    ['instalments', { installments: 3 }],
  ])('gives nothing back in parts of what was paid with %s', async (_, card) => {
    const token = await paid(10_000, plus(), card);
    expect(await refusal(plus().refund(token, 4_000))).toMatch(/^422 .+/);
    expect(await plus().refund(token, 10_000)).toEqual({ type: 'REVERSED' });
  });

  it('captures a reserved amount once, not more than it, within seven days', async () => {
    const sdk = plus(IntegrationCommerceCodes.WEBPAY_PLUS_DEFERRED);
    const token = await created(10_000, sdk, 'D-1');
    await payer.approve(token);
    expect(await sdk.commit(token)).toMatchObject({ status: 'AUTHORIZED', authorization_code: '123456' });
    expect(await refusal(sdk.refund(token, 4_000))).toBe('400 Transaction not found');
    expect(await refusal(sdk.capture(token, 'D-1', '123456', 10_001))).toBe('400 Transaction not found');
    expect(await refusal(sdk.capture(token, 'D-1', '999999', 10_000))).toBe('400 Transaction not found');
    expect(await sdk.capture(token, 'D-1', '123456', 9_000)).toMatchObject({
      captured_amount: 9_000,
      response_code: 0,
    });
    expect(await sdk.status(token)).toMatchObject({ status: 'CAPTURED' });
    expect(await refusal(sdk.capture(token, 'D-1', '123456', 1_000))).toMatch(/^422 /);

    const late = await paid(500, sdk);
    await later(7 * DAY_MS + 1_000);
    expect(await refusal(sdk.capture(late, `order-${String(orders)}`, '123456', 500))).toMatch(/^422 /);
    expect(await effects()).toEqual(expect.arrayContaining(['capture capture 9000']));
    expect(await refusal(plus().capture(await paid(), `order-${String(orders)}`, '1213', 10_000))).toBe(
      '422 Operation not allowed',
    );
  });
});

describe('Webpay Plus Mall', () => {
  const [parent, first, second] = [IntegrationCommerceCodes.WEBPAY_PLUS_MALL, '597055555536', '597055555537'];
  const mall = () => new WebpayPlus.MallTransaction(options(parent));

  it('charges each child by itself: one approved, one rejected; each is refunded by itself', async () => {
    await configure({ rejectedBuyOrders: ['M-1-b'] });
    const details = [new TransactionDetail(1_000, first, 'M-1-a'), new TransactionDetail(2_000, second, 'M-1-b')];
    const { token } = (await mall().create('M-1', 'session-1', RETURN_URL, details)) as { token: string };
    await payer.approve(token);
    expect(await mall().commit(token)).toMatchObject({
      buy_order: 'M-1',
      details: [
        { amount: 1_000, status: 'AUTHORIZED', response_code: 0, commerce_code: first, buy_order: 'M-1-a' },
        { amount: 2_000, status: 'FAILED', response_code: -1, commerce_code: second, buy_order: 'M-1-b' },
      ],
    });
    expect(await mall().refund(token, 'M-1-a', first, 400)).toMatchObject({ type: 'NULLIFIED', balance: 600 });
    expect(await refusal(mall().refund(token, 'M-1-a', second, 400))).toBe('422 Transaction detail was not found');
    expect(await mall().status(token)).toMatchObject({
      details: [{ status: 'PARTIALLY_NULLIFIED' }, { status: 'FAILED' }],
    });
    expect(await effects()).toEqual([
      'create transaction',
      'commit charge 1000',
      'commit rejection 2000',
      'refund nullification 400',
    ]);
  });

  it('captures a child', async () => {
    const deferred = new WebpayPlus.MallTransaction(options(IntegrationCommerceCodes.WEBPAY_PLUS_MALL_DEFERRED));
    const child = '597055555582';
    const { token } = (await deferred.create('M-2', 's', RETURN_URL, [
      new TransactionDetail(1_000, child, 'M-2-a'),
    ])) as { token: string };
    await payer.approve(token);
    await deferred.commit(token);
    expect(await deferred.capture(child, token, 'M-2-a', '123456', 900)).toMatchObject({ captured_amount: 900 });
  });
});

describe('Oneclick', () => {
  const parent = IntegrationCommerceCodes.ONECLICK_MALL;
  const child = '597055555542';
  const inscription = () => new Oneclick.MallInscription(options(parent));
  const mall = (commerceCode: string = parent) => new Oneclick.MallTransaction(options(commerceCode));

  async function inscribed(): Promise<string> {
    const { token } = (await inscription().start('ana', 'ana@example.com', RETURN_URL)) as { token: string };
    await payer.approve(token);
    return ((await inscription().finish(token)) as { tbk_user: string }).tbk_user;
  }

  it('puts a card on file, charges it, gives money back, forgets it', async () => {
    const started = (await inscription().start('ana', 'ana@example.com', RETURN_URL)) as {
      token: string;
      url_webpay: string;
    };
    expect(started.url_webpay).toContain('/webpay/webpayserver/');
    expect((await payer.approve(started.token)).params).toEqual({ TBK_TOKEN: started.token });
    const finished = (await inscription().finish(started.token)) as { tbk_user: string };
    expect(finished).toMatchObject({ response_code: 0, authorization_code: '1213', card_number: 'XXXXXXXXXXXX6623' });

    const details = [new TransactionDetail(5_000, child, 'O-1-a')];
    const authorized = (await mall().authorize('ana', finished.tbk_user, 'O-1', details)) as Answer;
    expect(authorized).toMatchObject({
      buy_order: 'O-1',
      details: [{ status: 'AUTHORIZED', response_code: 0, buy_order: 'O-1-a' }],
    });
    expect(await mall().status('O-1')).toEqual(authorized);
    expect(await refusal(mall().authorize('ana', finished.tbk_user, 'O-1', details))).toMatch(/^422 /);
    expect(await mall().refund('O-1', child, 'O-1-a', 2_000)).toMatchObject({ type: 'NULLIFIED', balance: 3_000 });
    expect(await new Oneclick.MallBinInfo(options(parent)).queryBin(finished.tbk_user)).toMatchObject({
      bin_brand: 'VISA',
    });

    expect(await inscription().delete(finished.tbk_user, 'ana')).toBe(true);
    expect(
      await mall().authorize('ana', finished.tbk_user, 'O-2', [new TransactionDetail(1, child, 'O-2-a')]),
    ).toMatchObject({
      details: [{ status: 'FAILED', response_code: -96 }],
    });
    expect(await effects()).toEqual([
      'oneclick-start inscription',
      'oneclick-finish card',
      'oneclick-authorize charge 5000',
      'oneclick-refund nullification 2000',
      'oneclick-delete card removed',
      'oneclick-authorize rejection 1',
    ]);
    expect(await refusal(mall().status('never'))).toBe('422 Invalid value for parameter: transaction not found');
  });

  it('forgets an inscription that is not finished within a minute, and one that was cancelled', async () => {
    const start = async () =>
      ((await inscription().start('ana', 'ana@example.com', RETURN_URL)) as { token: string }).token;
    const [late, cancelled, rejected] = [await start(), await start(), await start()];
    await payer.approve(late);
    await later(61_000);
    expect(await inscription().finish(late)).toEqual({ response_code: -96 });
    expect(Object.keys((await payer.abort(cancelled)).params)).toEqual([
      'TBK_TOKEN',
      'TBK_ORDEN_COMPRA',
      'TBK_ID_SESION',
    ]);
    expect(await inscription().finish(cancelled)).toEqual({ response_code: -96 });
    await payer.approve(rejected, { card: rejectedCard.number });
    expect(await inscription().finish(rejected)).toEqual({ response_code: -1 });
  });

  it('captures later where the commerce does', async () => {
    const deferred = IntegrationCommerceCodes.ONECLICK_MALL_DEFERRED;
    const own = new Oneclick.MallInscription(options(deferred));
    const { token } = (await own.start('ana', 'ana@example.com', RETURN_URL)) as { token: string };
    await payer.approve(token);
    const { tbk_user } = (await own.finish(token)) as { tbk_user: string };
    await mall(deferred).authorize('ana', tbk_user, 'O-3', [new TransactionDetail(1_000, '597055555548', 'O-3-a')]);
    expect(await mall(deferred).capture('597055555548', 'O-3-a', '123456', 900)).toMatchObject({
      captured_amount: 900,
    });
    expect(await inscribed()).toMatch(/^[\w-]{36}$/);
  });
});

describe('the way back', () => {
  it('has the parameters of each flow', async () => {
    const token = await created(10_000, plus(), 'R-1');
    const order = { TBK_ID_SESION: 'session-1', TBK_ORDEN_COMPRA: 'R-1' };
    expect(await payer.recoveredTab(token)).toEqual({
      method: 'POST',
      url: RETURN_URL,
      params: { token_ws: token, TBK_TOKEN: token, ...order },
      twice: false,
    });
    await configure({ abortMethod: 'POST', duplicateReturn: 'browser' });
    expect(await payer.abort(token)).toMatchObject({ method: 'POST', params: { TBK_TOKEN: token, ...order } });
    await expect(payer.approve(token)).rejects.toThrow('409');
    expect((await payer.timeout(await created(1, plus(), 'R-2'))).params).toEqual({
      ...order,
      TBK_ORDEN_COMPRA: 'R-2',
    });
    expect(await payer.approve(await created())).toMatchObject({ twice: true });
    await configure({ timeoutReturn: 'never' });
    await expect(payer.timeout(await created())).rejects.toThrow('stays where it is');
  });
});

describe('ordered accidents', () => {
  it('lose the answer of a commit that was made: the status tells', async () => {
    const token = await created();
    await payer.approve(token);
    await fault({ operation: 'commit', reset: 'after' });
    expect(await refusal(plus().commit(token))).toBe('Unexpected error');
    expect(await plus().status(token)).toMatchObject({ status: 'AUTHORIZED' });
  });

  it('drip an answer longer than any timeout between bytes, and change its type', async () => {
    const token = await created();
    await fault({ operation: 'status', dripMs: 5 });
    const before = performance.now();
    const sdk = new WebpayPlus.Transaction(options(IntegrationCommerceCodes.WEBPAY_PLUS, 500));
    expect(await sdk.status(token)).toMatchObject({ status: 'INITIALIZED' });
    expect(performance.now() - before).toBeGreaterThan(600);
    await fault({ status: 200, body: '<html></html>', headers: { 'content-type': 'text/html' } });
    expect(await plus().status(token)).toBe('<html></html>');
  });

  it('show shapes that cannot be reached by paying', async () => {
    const token = await paid();
    const force = (view: unknown) => standIns.order('webpay/force', { token, view });
    await force('aborted');
    expect(await plus().status(token)).toMatchObject({ status: 'FAILED', response_code: 0, vci: 'ABO' });
    await force('unpaid');
    expect(await plus().status(token)).not.toHaveProperty('response_code');
    await force({ amount: 9 });
    expect(await plus().commit(token)).toMatchObject({ amount: 9, status: 'AUTHORIZED' });
    await force(null);
    expect(await plus().status(token)).toMatchObject({ amount: 10_000 });
  });

  it('survive with everything else a restart', async () => {
    const token = await paid();
    await configure({ secondCommit: '422' });
    await standIns.restart();
    expect(await plus().status(token)).toMatchObject({ status: 'AUTHORIZED' });
    expect(await refusal(plus().commit(token))).toContain('422');
    expect(await effects()).toEqual(['create transaction', 'commit charge 10000']);
  });
});

async function raw(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<[number, unknown]> {
  const response = await fetch(`${standIns.url}/webpay/rswebpaytransaction/api/${path}`, {
    method,
    headers: {
      'tbk-api-key-id': IntegrationCommerceCodes.WEBPAY_PLUS,
      'tbk-api-key-secret': KEY,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return [response.status, await response.json()];
}
