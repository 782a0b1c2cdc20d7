import { IntegrationCommerceCodes, Oneclick, TransactionDetail, WebpayPlus } from 'transbank-sdk';
import type { Answer } from '../../../../../test/support/webpay-sdk';
import {
  RETURN_URL,
  HOUR_MS,
  DAY_MS,
  options,
  plus,
  effects,
  later,
  configure,
  payer,
  created,
  paid,
  refusal,
  lastOrder,
  useWebpayStandIn,
} from '../../../../../test/support/webpay-sdk';
import { rejectedCard, testCards } from './test-cards';

useWebpayStandIn();

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
    expect(await refusal(sdk.capture(late, lastOrder(), '123456', 500))).toMatch(/^422 /);
    expect(await effects()).toEqual(expect.arrayContaining(['capture capture 9000']));
    expect(await refusal(plus().capture(await paid(), lastOrder(), '1213', 10_000))).toBe('422 Operation not allowed');
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
