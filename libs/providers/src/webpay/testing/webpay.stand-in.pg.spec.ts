import { IntegrationCommerceCodes } from 'transbank-sdk';
import type { Answer } from '../../../../../test/support/webpay-sdk';
import {
  KEY,
  RETURN_URL,
  DAY_MS,
  plus,
  effects,
  later,
  configure,
  standIns,
  payer,
  created,
  paid,
  refusal,
  useWebpayStandIn,
} from '../../../../../test/support/webpay-sdk';
import { rejectedCard, testCards } from './test-cards';

useWebpayStandIn();

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
