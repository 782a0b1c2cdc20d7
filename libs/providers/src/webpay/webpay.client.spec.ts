import { Secret } from '@puente/kernel';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { HOSTS, PUBLISHED_ACCOUNTS } from './environment';
import type { WebpayClient } from './webpay.client';
import { webpay } from './webpay.provider';
import {
  type Answer,
  AnsweringServer,
  failureOf,
  json,
  paidTransaction,
  refusal,
  text,
  token,
} from './testing/answering-server';
import { WebpayConfig } from './webpay.schemas';

const { apiKey: PUBLISHED_KEY } = PUBLISHED_ACCOUNTS;
const OWN_KEY = 'AB9B532A7440BB0C9079DED94D31EA1615BACEB56610332264630D42D0A36B1D';
const { signal: cancel } = new AbortController();
const call = { cancel };

let server: AnsweringServer;
let client: WebpayClient;

beforeEach(async () => {
  server = await AnsweringServer.start();
  client = server.connect();
});

afterEach(() => server.stop());

const lines = (): string[] => server.seen.map(({ line }) => line.replace(token, '{token}').replace(/.*v1\.2/, ''));

describe('a commit that Webpay refuses with 422', () => {
  const LOCKED = 'Transaction already locked by another process';
  const FINISHED = 'Transaction has an invalid finished state';
  const NOT_FINISHED =
    "Invalid status '0' for transaction while authorizing. Commerce will be notified by webpay to authorize";
  const unpaid = { ...paidTransaction, status: 'INITIALIZED', response_code: null, vci: null };
  const commit = () => client.plus.commit({ token }, call);
  const answers = (...each: Answer[]): void => {
    server.answers = each;
  };

  it.each([LOCKED, FINISHED, `${FINISHED}: aborted`, NOT_FINISHED, 'A text nobody has published'])(
    '%s: is what status says once that is final, T03',
    async (message) => {
      answers(refusal(message), json(200, paidTransaction));
      await expect(commit()).resolves.toMatchObject({ status: 'AUTHORIZED', responseCode: 0 });
      answers(refusal(message), json(200, { ...paidTransaction, status: 'FAILED', response_code: -1 }));
      await expect(commit()).resolves.toMatchObject({ status: 'FAILED', responseCode: -1 });
      expect(server.seen).toHaveLength(4);
    },
  );

  it('T23 because the payer has not finished: nothing was charged, and it has a code of its own', async () => {
    answers(refusal(NOT_FINISHED), json(200, unpaid));
    expect(await failureOf(commit())).toMatchObject({ kind: 'rejected', code: 'PAYER_NOT_FINISHED', status: 422 });
  });

  it.each([`${FINISHED}: aborted`, NOT_FINISHED.replace("'0'", "'10'"), NOT_FINISHED.replace("'0'", "'19'")])(
    '%s, and status still says INITIALIZED: it was aborted, and nothing was charged',
    async (message) => {
      answers(refusal(message), json(200, unpaid));
      expect(await failureOf(commit())).toMatchObject({ kind: 'rejected', code: 'TRANSACTION_ABORTED' });
    },
  );

  it.each([
    [LOCKED, 'TRANSACTION_LOCKED'],
    [FINISHED, 'TRANSACTION_FINISHED'],
    ['A text nobody has published', '422'],
  ])('%s, and status still says INITIALIZED: nobody knows yet', async (message, code) => {
    answers(refusal(message), json(200, unpaid));
    expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', code, status: 422, message });
  });

  it.each([
    ['does not answer', text(503, 'busy')],
    ['answers something else', text(200, '<html>')],
    ['is refused', refusal('Not Authorized', 401)],
  ])('and status %s: nobody knows', async (_what, status) => {
    for (const message of [LOCKED, NOT_FINISHED, `${FINISHED}: aborted`]) {
      answers(refusal(message), status);
      expect(await failureOf(commit())).toMatchObject({ kind: 'unknown', cause: 'server_error' });
    }
  });

  it('because there is no such token is refused at once', async () => {
    answers(refusal('Invalid value for parameter: token'));
    expect(await failureOf(commit())).toMatchObject({ kind: 'rejected', code: 'NOT_FOUND' });
    expect(server.seen).toHaveLength(1);
  });

  it('is asked about for a mall as well, until every shop is done', async () => {
    client = server.connect({ commerceCode: '597055555535', product: 'mall' });
    const shop = (status: string) => ({ commerce_code: '597055555536', buy_order: status, amount: 1, status });
    const mall = (...statuses: string[]) => json(200, { ...paidTransaction, details: statuses.map(shop) });
    answers(refusal(LOCKED), mall('AUTHORIZED', 'FAILED'));
    await expect(client.mall.commit({ token }, call)).resolves.toMatchObject({ details: [{}, { status: 'FAILED' }] });
    answers(refusal(LOCKED), mall('AUTHORIZED', 'INITIALIZED'));
    expect(await failureOf(client.mall.commit({ token }, call))).toMatchObject({ code: 'TRANSACTION_LOCKED' });
  });
});

describe('the shapes that were seen', () => {
  const status = () => client.plus.status({ token }, call);

  it.each([
    ['never paid', { vci: undefined, card_detail: undefined, response_code: undefined, status: 'INITIALIZED' }],
    ['at the bank', { response_code: undefined, status: 'INITIALIZED', payment_type_code: 'VD' }],
    ['aborted', { status: 'FAILED', vci: 'ABO', authorization_code: '156520' }],
    ['in instalments', { payment_type_code: 'VC', installments_number: 6, installments_amount: null }],
    ['with an empty card', { card_detail: { card_number: null } }],
    ['nullified in part', { status: 'PARTIALLY_NULLIFIED', balance: 600 }],
  ])('%s', async (_what, over) => {
    server.answers = [json(200, { ...paidTransaction, ...over })];
    const output = webpay.operations.status.output.safeParse(await status());
    expect(output.success).toBe(true);
    expect(JSON.stringify(output.data)).not.toContain('null');
  });

  it('T34 a nullification with another response code than 0 refunded nothing', async () => {
    server.answers = [json(200, { type: 'NULLIFIED', nullified_amount: 0, balance: 1_000, response_code: -1 })];
    const refund = client.plus.refund({ token, amount: 1_000, balanceBefore: 1_000 }, call);
    expect(await failureOf(refund)).toMatchObject({ kind: 'rejected', code: 'REFUND_REJECTED', status: 200 });
    server.answers = [json(200, { captured_amount: 0, response_code: -1 })];
    const capture = client.plus.capture({ token, buyOrder: 'o', authorizationCode: '1213', amount: 10 }, call);
    expect(await failureOf(capture)).toMatchObject({ kind: 'rejected', code: 'CAPTURE_REJECTED' });
  });
});

describe('what the SDK makes of it', () => {
  it('has the arguments of each operation in their places', async () => {
    const mall = server.connect({ commerceCode: '597055555535', product: 'mall' });
    const oneclick = server.connect({ commerceCode: '597055555541', product: 'oneclick' });
    const child = { childCommerceCode: '597055555536', childBuyOrder: 'child' };
    server.answers = [json(200, { type: 'REVERSED' })];
    await mall.mall.refund({ token, ...child, amount: 5, balanceBefore: 5 }, call);
    await oneclick.oneclick.refund({ buyOrder: 'parent', ...child, amount: 5, balanceBefore: 5 }, call);
    server.answers = [json(200, { captured_amount: 5, response_code: 0 })];
    await mall.mall.capture({ token, ...child, authorizationCode: '1213', amount: 5 }, call);
    await oneclick.oneclick.capture({ buyOrder: 'parent', ...child, authorizationCode: '1213', amount: 5 }, call);
    expect(lines()).toEqual([
      '/transactions/{token}/refunds',
      '/transactions/parent/refunds',
      '/transactions/{token}/capture',
      '/transactions/capture',
    ]);
    const code = { commerce_code: '597055555536' };
    expect(server.seen.map(({ body }) => JSON.parse(body) as object)).toEqual([
      { ...code, buy_order: 'child', amount: 5 },
      { ...code, detail_buy_order: 'child', amount: 5 },
      { ...code, buy_order: 'child', authorization_code: '1213', capture_amount: 5 },
      { ...code, buy_order: 'child', authorization_code: '1213', capture_amount: 5 },
    ]);
  });

  it('refuses the operations of another product, and shops that are not its own, unsent', async () => {
    expect(await failureOf(client.mall.status({ token }, call))).toMatchObject({ code: 'PRODUCT_MISMATCH' });
    const mall = server.connect({ product: 'mall', childCommerceCodes: ['597055555536'] });
    const stranger = { childCommerceCode: '597055555537', childBuyOrder: 'child' };
    const refund = mall.mall.refund({ token, ...stranger, amount: 5, balanceBefore: 5 }, call);
    expect(await failureOf(refund)).toMatchObject({ kind: 'rejected', code: 'CHILD_COMMERCE_UNKNOWN' });
    expect(server.seen).toEqual([]);
  });

  it('finds no Oneclick charge that Webpay does not know, and no other refusal', async () => {
    const oneclick = server.connect({ commerceCode: '597055555541', product: 'oneclick' });
    const charge = { username: 'u', tbkUser: 't', buyOrder: 'o', details: [] };
    for (const answer of [
      refusal('Transaction not found', 404),
      refusal('Invalid value for parameter: transaction not found'),
    ]) {
      server.answers = [answer];
      await expect(oneclick.oneclick.authorized(charge, call)).resolves.toEqual({ kind: 'absent' });
    }
    for (const answer of [
      text(404, 'Not Found'),
      refusal('Api mismatch error, required version is 1.2'),
      text(200, ''),
    ]) {
      server.answers = [answer];
      await expect(oneclick.oneclick.authorized(charge, call)).rejects.toThrow();
    }
  });
});

describe('the probe', () => {
  it.each([
    ['Webpay knows no such transaction', refusal('Invalid value for parameter: transaction not found'), true],
    ['a wrong key', refusal('Not Authorized', 401), false],
    ['a page that is not Webpay’s', text(404, '<h1>Not Found</h1>'), false],
    ['a page that says yes', text(200, '<h1>OK</h1>'), false],
  ])('%s', async (_what, answer, passes) => {
    server.answers = [answer];
    const work = client.checkAccess(call);
    if (passes) await expect(work).resolves.toEqual({ answer: 'Invalid value for parameter: transaction not found' });
    else await expect(work).rejects.toThrow();
  });
});

describe('T39 credentials that do not belong together', () => {
  const refused = (config: object, apiKey: string): string | undefined => {
    const whole = { commerceCode: '597012345678', environment: 'production', ...config };
    const saved = WebpayConfig.safeParse(whole);
    if (!saved.success) return saved.error.issues[0]?.message;
    try {
      const context = { tenantId: 't', externalId: 'x', installation: 'dev', egress: loopbackEgress() };
      webpay.connect(new Secret({ apiKey }), saved.data, context).close();
      return undefined;
    } catch (error) {
      expect(webpay.classify(error)).toMatchObject({ kind: 'unauthorized', code: 'WEBPAY_ACCOUNT_REFUSED' });
      return (error as Error).message;
    }
  };
  const published = { commerceCode: '597055555532', environment: 'integration' } as const;

  it.each([
    ['a merchant’s own in production', {}, OWN_KEY],
    ['a merchant’s own behind a gateway', { host: 'https://pay.example.cl' }, OWN_KEY],
    ['the published ones in integration', published, PUBLISHED_KEY],
    ['the published ones at a stand-in', { ...published, host: 'http://127.0.0.1:4566/webpay' }, PUBLISHED_KEY],
    ['any at a stand-in', { environment: 'integration', host: 'http://127.0.0.1:4566/webpay' }, OWN_KEY],
  ] as const)('%s are used', (_what, config, apiKey) => {
    expect(refused(config, apiKey)).toBeUndefined();
  });

  it.each([
    ['the published key in production', {}, PUBLISHED_KEY],
    ['the published key in small letters', {}, PUBLISHED_KEY.toLowerCase()],
    ['a published commerce code in production', { commerceCode: '597055555532' }, OWN_KEY],
    ['a published shop in production', { product: 'mall', childCommerceCodes: ['597055555536'] }, OWN_KEY],
    ['production at the host of integration', { host: HOSTS.integration }, OWN_KEY],
    ['integration at the host of production', { ...published, host: HOSTS.production }, PUBLISHED_KEY],
    ['integration at that host with a dot and a path', { ...published, host: `${HOSTS.production}./x` }, PUBLISHED_KEY],
    ['a merchant’s own code in integration', { environment: 'integration' }, PUBLISHED_KEY],
    ['a merchant’s own key in integration', published, OWN_KEY],
  ] as const)('%s are refused, and the key is not quoted', (_what, config, apiKey) => {
    const message = refused(config, apiKey);
    expect(message).toBeDefined();
    expect(message?.toLowerCase()).not.toContain(apiKey.slice(0, 8).toLowerCase());
  });

  it('send nobody back over http in production', async () => {
    const production = server.connect({ commerceCode: '597012345678', environment: 'production' });
    const create = { buyOrder: 'o', sessionId: 's', amount: 1, returnUrl: 'http://shop.cl/back' };
    expect(await failureOf(production.plus.create(create, call))).toMatchObject({
      kind: 'rejected',
      code: 'RETURN_URL_NOT_HTTPS',
    });
    expect(server.seen).toEqual([]);
  });
});
