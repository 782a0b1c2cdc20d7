import { createRequire } from 'node:module';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { Options, WebpayPlus } from 'transbank-sdk';
import type { AxiosStatic } from 'axios';
import type { WebpayClient } from './webpay.client';
import { webpay } from './webpay.provider';
import {
  type Answer,
  AnsweringServer,
  apiKey,
  failureOf,
  json,
  paidTransaction,
  type SeenRequest,
  text,
  token,
} from './testing/answering-server';
import { CaptureTransaction, CreateTransaction, RefundTransaction, TokenRef } from './webpay.schemas';

/** What was measured on transbank-sdk 6.1.1, trap by trap: what the SDK does by itself, this provider does not. */

const create = { buyOrder: 'order-1', sessionId: 'session-1', amount: 1_000, returnUrl: 'https://shop.cl/back?a=1' };

let server: AnsweringServer;
let client: WebpayClient;
let seen: SeenRequest[];
let cancel: AbortController;

beforeEach(async () => {
  cancel = new AbortController();
  server = await AnsweringServer.start();
  ({ seen } = server);
  client = server.connect({ host: `${server.url}/api/` });
});

afterEach(() => server.stop());

const answerWith = (answer: Answer): void => {
  server.answers = [answer];
};
const call = () => ({ cancel: cancel.signal });
const commit = () => client.plus.commit({ token }, call());

describe('S1 every failure of the SDK is a text', () => {
  it('here it is an outcome with Webpay’s status, our code and its text', async () => {
    answerWith(json(422, { error_message: 'Amount to refund is bigger than authorized' }));
    const refund = client.plus.refund({ token, amount: 10, balanceBefore: 10 }, call());
    expect(await failureOf(refund)).toEqual({
      kind: 'rejected',
      code: 'AMOUNT_OVER_BALANCE',
      status: 422,
      message: 'Amount to refund is bigger than authorized',
    });
  });

  it.each([
    [401, { error_message: 'Not Authorized' }, 'unauthorized'],
    [400, { error_message: 'return_url is required' }, 'rejected'],
    [404, {}, 'rejected'],
    [408, {}, 'unknown'],
    [429, {}, 'throttled'],
    [500, { description: 'broken' }, 'unknown'],
    [502, {}, 'unknown'],
    [503, { error_message: 'Transaction already fully refunded' }, 'unknown'],
    [504, {}, 'unknown'],
    [302, {}, 'unknown'],
  ])('%i %j is %s', async (status, body, kind) => {
    answerWith(json(status, body));
    expect(await failureOf(client.plus.create(create, call()))).toMatchObject({ kind, status });
  });

  it('nobody there is not sent; a reset after sending is unknown', async () => {
    answerWith((request) => request.socket.resetAndDestroy());
    expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', cause: 'reset' });

    const host = server.url;
    await server.stop();
    client = server.connect({ host });
    expect(await failureOf(commit())).toMatchObject({ kind: 'not_sent', cause: 'connect' });
  });
});

it('S2 an error is told by what it carries, not by the class of another copy of the SDK', () => {
  const foreign = Object.assign(new Error('AxiosError: Request failed with status code 422\nfoo\n'), {
    name: 'TransbankError',
  });
  expect(webpay.classify(foreign)).toEqual({ kind: 'unknown', cause: 'internal' });
});

describe('S3 what the SDK would refuse, or choke on, is refused by the schema', () => {
  it.each([
    [{ ...create, buyOrder: 'x'.repeat(27) }],
    [{ ...create, buyOrder: 'año;1' }],
    [{ ...create, buyOrder: ['a', 'b'] }],
    [{ ...create, sessionId: 's'.repeat(62) }],
    [{ ...create, sessionId: ' ' }],
    [{ ...create, returnUrl: `https://shop.cl/${'x'.repeat(255)}` }],
    [{ ...create, returnUrl: 'javascript:alert(1)' }],
    [{ ...create, extra: 1 }],
  ])('%j', (input) => {
    expect(CreateTransaction.safeParse(input).success).toBe(false);
  });

  it('and what is left passes the SDK’s own checks', async () => {
    const longest = {
      buyOrder: '|_=&%.,~:/?[+!@()>-abcDE12'.slice(0, 26),
      sessionId: 's'.repeat(61),
      amount: Number.MAX_SAFE_INTEGER,
      returnUrl: `https://shop.cl/${'x'.repeat(255 - 16)}`,
    };
    answerWith(json(200, { token, url: `${server.url}/webpayserver/initTransaction` }));
    await client.plus.create(CreateTransaction.parse(longest), call());
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      ...{ buy_order: longest.buyOrder, session_id: longest.sessionId },
      ...{ amount: longest.amount, return_url: longest.returnUrl },
    });
  });
});

it.each([
  '../../../oneclick/v1.2/transactions/BO',
  'abc/refunds',
  'abc?x=1',
  'abc#f',
  `${token}a`,
  token.toUpperCase(),
  token.slice(1),
  '',
  [token, token],
])('S4 a token_ws %j never becomes a path, T24', (given) => {
  for (const schema of [TokenRef, RefundTransaction, CaptureTransaction] as const)
    expect(schema.safeParse({ token: given }).error?.issues[0]?.path).toEqual(['token']);
});

it('S5 a redirect is not followed, and no other host gets the secret, T40', async () => {
  const others: string[] = [];
  const other = createServer((request, response) => {
    others.push(request.url ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const location = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}/steal`;
  for (const status of [301, 302, 303, 307, 308]) {
    answerWith(json(status, {}, { location }));
    expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', cause: 'bad_body', status });
  }
  other.close();
  expect([others, seen.length]).toEqual([[], 5]);
});

describe('S6 a 200 is an answer only if it is one to the question, T08', () => {
  it.each([
    ['a page', text(200, '<html>Welcome</html>')],
    ['nothing', text(200, '')],
    ['half of an answer', text(200, JSON.stringify(paidTransaction).slice(0, 80))],
    ['null', json(200, null)],
    ['a list', json(200, [paidTransaction])],
    ['another status', json(200, { ...paidTransaction, status: 'APPROVED' })],
    ['no amount', json(200, { ...paidTransaction, amount: undefined })],
    ['an amount as text', json(200, { ...paidTransaction, amount: '1000' })],
    ['cents', json(200, { ...paidTransaction, amount: 1_000.5 })],
    ['no content', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(204).end()],
  ])('%s is unknown', async (_what, given) => {
    answerWith(given);
    expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });

  it('also of a create, whose page must be Webpay’s', async () => {
    for (const body of [
      { token, url: 'https://webpay.attacker.example/initTransaction' },
      { token, url: 'http://webpay3g.transbank.cl/initTransaction' },
      { token, url: 'https://transbank.cl.attacker.example/' },
      { token: '', url: `${server.url}/pay` },
      { url: `${server.url}/pay` },
    ]) {
      answerWith(json(200, body));
      const outcome = await client.plus.create(create, call()).then(
        (created) => webpay.operations.create.output.safeParse(created).success,
        (error: unknown) => webpay.classify(error).kind,
      );
      expect([false, 'unknown']).toContain(outcome);
    }
    answerWith(json(200, { token, url: 'https://webpay3gint.transbank.cl/webpayserver/initTransaction' }));
    await expect(client.plus.create(create, call())).resolves.toMatchObject({ token });
  });

  it('of a refund, and of a capture, also by its amount', async () => {
    answerWith(json(200, { type: 'NULLIFIED', nullified_amount: 5, balance: 0, response_code: 0 }));
    const refund = { token, amount: 10, balanceBefore: 10 };
    expect(await failureOf(client.plus.refund(refund, call()))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
    answerWith(json(200, { type: 'NULLIFIED' }));
    expect(await failureOf(client.plus.refund(refund, call()))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
    answerWith(json(200, { captured_amount: 5, response_code: 0 }));
    const capture = { token, buyOrder: 'o', authorizationCode: '1213', amount: 10 };
    expect(await failureOf(client.plus.capture(capture, call()))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });
});

it('S7 the deadline is one, however slowly an answer drips, and the socket is let go, T06', async () => {
  const state = { gone: false };
  answerWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 10);
    response.on('close', () => {
      clearInterval(drip);
      state.gone = true;
    });
  });
  const begun = performance.now();
  setTimeout(() => cancel.abort(), 100);
  expect(await failureOf(commit())).toEqual({ kind: 'unknown', cause: 'timeout' });
  expect(performance.now() - begun).toBeLessThan(1_000);
  for (let tries = 0; !state.gone && tries < 200; tries += 1) await sleep(10);
  expect(state.gone).toBe(true);
});

it('S8 a try is one request: nothing is repeated here, whatever the answer', async () => {
  for (const status of [500, 503, 429, 404]) {
    seen.length = 0;
    answerWith(json(status, {}));
    await failureOf(commit());
    expect(seen).toHaveLength(1);
  }
});

it.each([Number.NaN, 10.5, -5, 0, '1000', undefined, null, Number.POSITIVE_INFINITY, 2 ** 53])(
  'S9 an amount of %p is not sent',
  (amount) => {
    expect(CreateTransaction.safeParse({ ...create, amount }).success).toBe(false);
    expect(RefundTransaction.safeParse({ token, amount, balanceBefore: 2 ** 52 }).success).toBe(false);
  },
);

it('S10 the CommonJS build is the one in use', () => {
  expect(require.resolve('transbank-sdk')).toMatch(/dist.es5.index\.js$/);
});

it('S11 neither a proxy of the environment nor axios’ shared instance sees a call', async () => {
  const before = { ...process.env };
  const watched: unknown[] = [];
  const axios = createRequire(require.resolve('transbank-sdk'))('axios') as AxiosStatic;
  const interceptor = axios.interceptors.request.use((config) => {
    watched.push(config);
    return config;
  });
  Object.assign(process.env, { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9', NO_PROXY: '' });
  try {
    await expect(commit()).resolves.toMatchObject({ status: 'AUTHORIZED' });
  } finally {
    process.env = before;
    axios.interceptors.request.eject(interceptor);
  }
  expect([watched, seen.length]).toEqual([[], 1]);
});

it('S12 a 204 is an answer where it is one, to the deletion of an inscription, and nothing else is', async () => {
  client = server.connect({ commerceCode: '597055555541', product: 'oneclick' });
  const remove = () => client.oneclick.delete({ tbkUser: 'tbk', username: 'user' }, call());
  answerWith((_request, response) => void response.writeHead(204).end());
  await expect(remove()).resolves.toEqual({ deleted: true });
  expect(seen[0]?.line).toBe('DELETE /rswebpaytransaction/api/oneclick/v1.2/inscriptions');
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ tbk_user: 'tbk', username: 'user' });
  answerWith(json(404, {}));
  await expect(remove())
    .resolves.toEqual({ deleted: false })
    .catch(() => undefined);
  answerWith(json(200, true));
  expect(await failureOf(remove())).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
});

describe('S13 the seam', () => {
  it('is of the exact version it was written for', () => {
    const root = path.resolve(__dirname, '../../../..');
    const versionIn = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as object;
    expect(versionIn('package.json')).toMatchObject({ dependencies: { 'transbank-sdk': '6.1.1' } });
    expect(versionIn('node_modules/transbank-sdk/package.json')).toMatchObject({ version: '6.1.1' });
  });

  it('sends what the SDK builds, with our headers, to our host, and keeps the connection', async () => {
    await client.plus.status({ token }, call());
    await commit();
    expect(seen.map(({ line }) => line)).toEqual([
      `GET /api/rswebpaytransaction/api/webpay/v1.2/transactions/${token}`,
      `PUT /api/rswebpaytransaction/api/webpay/v1.2/transactions/${token}`,
    ]);
    expect(seen.map(({ body }) => body)).toEqual(['', '{}']);
    for (const { headers } of seen) {
      expect(headers).toMatchObject({ 'tbk-api-key-id': '597055555532', 'tbk-api-key-secret': apiKey });
    }
    expect(new Set(seen.map(({ headers }) => headers.connection))).toEqual(new Set(['keep-alive']));
  });

  it('leaves the SDK as it is for whoever uses it in the usual way', async () => {
    const usual = new WebpayPlus.Transaction(new Options('597055555532', apiKey, server.url, 2_000));
    await expect(usual.status(token)).resolves.toEqual(paidTransaction);
    answerWith(json(422, { error_message: 'no' }));
    await expect(usual.status(token)).rejects.toMatchObject({ name: 'TransbankError' });
  });
});
