import { createRequire } from 'node:module';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { Secret } from '@puente/kernel';
import { Options, WebpayPlus } from 'transbank-sdk';
import type { AxiosStatic } from 'axios';
import type { WebpayClient } from './webpay.client';
import { webpay } from './webpay.provider';
import { CaptureTransaction, CreateTransaction, RefundTransaction, TokenRef } from './webpay.schemas';

/** What was measured on transbank-sdk 6.1.1, trap by trap: what the SDK does by itself, this provider does not. */

interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const apiKey = 'F79B532A7440BB0C9079DED94D31EA16';
const token = '01ab'.repeat(16);
const create = { buyOrder: 'order-1', sessionId: 'session-1', amount: 1_000, returnUrl: 'https://shop.cl/back?a=1' };
const transaction = {
  ...{ vci: 'TSY', amount: 1_000, status: 'AUTHORIZED', buy_order: 'order-1', session_id: 'session-1' },
  ...{ card_detail: { card_number: '6623' }, accounting_date: '1123', transaction_date: '2026-11-23T14:49:29.848Z' },
  ...{ authorization_code: '1213', payment_type_code: 'VN', response_code: 0 },
  ...{ installments_amount: null, installments_number: 0, balance: null },
};

let server: Server;
let host: string;
let client: WebpayClient;
let seen: Seen[];
let answer: Answer;
let cancel: AbortController;

beforeEach(async () => {
  seen = [];
  answer = json(200, transaction);
  cancel = new AbortController();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const line = `${request.method ?? ''} ${request.url ?? ''}`;
      seen.push({ line, headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  client = connect();
});

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

function connect(over: object = {}): WebpayClient {
  const config = { commerceCode: '597055555532', environment: 'integration' as const, host: `${host}/api/`, ...over };
  const context = { tenantId: 't', externalId: 'x', installation: 'dev', egress: loopbackEgress() };
  return webpay.connect(new Secret({ apiKey }), config, context);
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => void response.writeHead(status, headers).end(JSON.stringify(body));
}

function text(status: number, body: string): Answer {
  return (_request, response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(body);
}

const call = () => ({ cancel: cancel.signal });
const commit = () => client.plus.commit({ token }, call());

async function failureOf(work: Promise<unknown>) {
  const error: unknown = await work.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  return webpay.classify(error);
}

describe('S1 every failure of the SDK is a text', () => {
  it('here it is an outcome with Webpay’s status, our code and its text', async () => {
    answer = json(422, { error_message: 'Amount to refund is bigger than authorized' });
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
    answer = json(status, body);
    expect(await failureOf(client.plus.create(create, call()))).toMatchObject({ kind, status });
  });

  it('nobody there is not sent; a reset after sending is unknown', async () => {
    answer = (request) => request.socket.resetAndDestroy();
    expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', cause: 'reset' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
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
    answer = json(200, { token, url: `${host}/webpayserver/initTransaction` });
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
])('S4 a token_ws %j never becomes a path (T24)', (given) => {
  for (const schema of [TokenRef, RefundTransaction, CaptureTransaction] as const)
    expect(schema.safeParse({ token: given }).error?.issues[0]?.path).toEqual(['token']);
});

it('S5 a redirect is not followed, and no other host gets the secret (T40)', async () => {
  const others: string[] = [];
  const other = createServer((request, response) => {
    others.push(request.url ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const location = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}/steal`;
  for (const status of [301, 302, 303, 307, 308]) {
    answer = json(status, {}, { location });
    expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', cause: 'bad_body', status });
  }
  other.close();
  expect([others, seen.length]).toEqual([[], 5]);
});

describe('S6 a 200 is an answer only if it is one to the question (T08)', () => {
  it.each([
    ['a page', text(200, '<html>Welcome</html>')],
    ['nothing', text(200, '')],
    ['half of an answer', text(200, JSON.stringify(transaction).slice(0, 80))],
    ['null', json(200, null)],
    ['a list', json(200, [transaction])],
    ['another status', json(200, { ...transaction, status: 'APPROVED' })],
    ['no amount', json(200, { ...transaction, amount: undefined })],
    ['an amount as text', json(200, { ...transaction, amount: '1000' })],
    ['cents', json(200, { ...transaction, amount: 1_000.5 })],
    ['no content', (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(204).end()],
  ])('%s is unknown', async (_what, given) => {
    answer = given;
    expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });

  it('also of a create, whose page must be Webpay’s', async () => {
    for (const body of [
      { token, url: 'https://webpay.attacker.example/initTransaction' },
      { token, url: 'http://webpay3g.transbank.cl/initTransaction' },
      { token, url: 'https://transbank.cl.attacker.example/' },
      { token: '', url: `${host}/pay` },
      { url: `${host}/pay` },
    ]) {
      answer = json(200, body);
      const outcome = await client.plus.create(create, call()).then(
        (created) => webpay.operations.create.output.safeParse(created).success,
        (error: unknown) => webpay.classify(error).kind,
      );
      expect([false, 'unknown']).toContain(outcome);
    }
    answer = json(200, { token, url: 'https://webpay3gint.transbank.cl/webpayserver/initTransaction' });
    await expect(client.plus.create(create, call())).resolves.toMatchObject({ token });
  });

  it('of a refund, and of a capture, also by its amount', async () => {
    answer = json(200, { type: 'NULLIFIED', nullified_amount: 5, balance: 0, response_code: 0 });
    const refund = { token, amount: 10, balanceBefore: 10 };
    expect(await failureOf(client.plus.refund(refund, call()))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
    answer = json(200, { type: 'NULLIFIED' });
    expect(await failureOf(client.plus.refund(refund, call()))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
    answer = json(200, { captured_amount: 5, response_code: 0 });
    const capture = { token, buyOrder: 'o', authorizationCode: '1213', amount: 10 };
    expect(await failureOf(client.plus.capture(capture, call()))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });
});

it('S7 the deadline is one, however slowly an answer drips, and the socket is let go (T06)', async () => {
  const state = { gone: false };
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 10);
    response.on('close', () => {
      clearInterval(drip);
      state.gone = true;
      cancel.abort();
    });
  };
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
    answer = json(status, {});
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
  client.close();
  client = connect({ commerceCode: '597055555541', product: 'oneclick' });
  const remove = () => client.oneclick.delete({ tbkUser: 'tbk', username: 'user' }, call());
  answer = (_request, response) => void response.writeHead(204).end();
  await expect(remove()).resolves.toEqual({ deleted: true });
  expect(seen[0]?.line).toBe('DELETE /api/rswebpaytransaction/api/oneclick/v1.2/inscriptions');
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ tbk_user: 'tbk', username: 'user' });
  answer = json(404, {});
  await expect(remove())
    .resolves.toEqual({ deleted: false })
    .catch(() => undefined);
  answer = json(200, true);
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
    const usual = new WebpayPlus.Transaction(new Options('597055555532', apiKey, host, 2_000));
    await expect(usual.status(token)).resolves.toEqual(transaction);
    answer = json(422, { error_message: 'no' });
    await expect(usual.status(token)).rejects.toMatchObject({ name: 'TransbankError' });
  });
});
