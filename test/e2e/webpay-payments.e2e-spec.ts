import { comeBack, WebpayPayer } from '@puente/providers/webpay/testing';
import { api, sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { takesPayments } from '../support/webpay-account';

interface Started {
  readonly id: string;
  readonly token: string;
  readonly buyOrder: string;
  readonly state: string;
}

const BACK = 'https://shop.example/back?cart=7';

/** Over HTTP, as a shop and a browser: the rest of T01 to T37 is in libs/flows/src/payments. */
describe('payments over REST', () => {
  let tenant: SandboxTenant | ReadyTenant;
  let payer: WebpayPayer;
  let orders = 0;

  beforeAll(async () => {
    tenant = await SandboxTenant.create(sandboxFacts());
    await takesPayments(tenant);
    payer = new WebpayPayer(sandboxFacts().sandboxUrl);
  });

  const start = async (more: object = {}): Promise<Started> => {
    const order = { reference: `e2e-${String((orders += 1))}`, amount: 9_990, resultUrl: BACK, ...more };
    return bodyOf<Started>(await tenant.client.post('/v1/payments', order), 201);
  };
  const see = async (id: string) =>
    bodyOf<{ state: string; refundedAmount: number; history: { type: string }[] }>(
      await tenant.client.get(`/v1/payments/${id}`),
      200,
    );

  it('T01: a shop starts a payment, the payer approves, comes back and is sent to the shop with id and state only', async () => {
    const payment = await start();
    const answer = await comeBack(await payer.approve(payment.token));

    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${BACK}&payment=${payment.id}&state=paid`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await see(payment.id)).toMatchObject({ state: 'paid' });
  });

  it('T02: seven returns give seven times the same answer', async () => {
    const payment = await start();
    const back = await payer.approve(payment.token);
    const answers = await Promise.all(Array.from({ length: 7 }, () => comeBack(back)));

    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(303));
    expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
  });

  it.each(['POST', 'GET'] as const)('T13: an abort by %s is a cancelled payment and no commit', async (method) => {
    await fetch(`${sandboxFacts().sandboxUrl}/_sandbox/webpay/config`, {
      method: 'POST',
      body: JSON.stringify({ abortMethod: method }),
    });
    const payment = await start();
    const answer = await comeBack(await payer.abort(payment.token));

    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      `${BACK}&payment=${payment.id}&state=cancelled`,
    ]);
  });

  it('T17: four parameters after the commit leave it paid', async () => {
    const payment = await start();
    await comeBack(await payer.approve(payment.token));
    const answer = await comeBack(await payer.recoveredTab(payment.token));

    expect(answer.headers.get('location')).toContain('state=paid');
    expect((await see(payment.id)).state).toBe('paid');
  });

  it('T24: a return with a token that is none, and one at an address that is none, get a page and change nothing', async () => {
    const payment = await start({ resultUrl: undefined });
    const { url } = await payer.approve(payment.token);
    const address = url.split('?')[0] ?? '';
    for (const query of ['', 'token_ws=..%2F..%2Foneclick', `token_ws=${payment.token}&token_ws=x`, 'token_ws=%00']) {
      const answer = await fetch(`${address}?${query}`, { redirect: 'manual' });
      expect([query, answer.status]).toEqual([query, 400]);
      expect(await answer.text()).toContain('no corresponde a ningún pago');
    }
    const nowhere = address.replace(/[^/]+$/, '0'.repeat(32));
    expect((await fetch(`${nowhere}?token_ws=${payment.token}`)).status).toBe(404);
    expect((await see(payment.id)).state).toBe('pending');

    const page = await (await fetch(url)).text();
    expect(page).toContain('Pago aprobado');
    expect(page).toContain('$9.990 CLP');
  });

  it('T31: parts are given back until nothing is left, with one answer for one key', async () => {
    const payment = await start();
    await comeBack(await payer.approve(payment.token));
    const refund = (amount: number, key: string) =>
      tenant.client.post(`/v1/payments/${payment.id}/refunds`, { amount }, { 'idempotency-key': key });

    const first = bodyOf<{ id: string }>(await refund(990, 'a'), 201);
    expect(bodyOf<{ id: string }>(await refund(990, 'a'), 201).id).toBe(first.id);
    expect(statusAndCode(await refund(9_001, 'b'))).toEqual([422, 'PAYMENT_REFUND_REFUSED']);
    expect(await see(payment.id)).toMatchObject({ state: 'partially_refunded', refundedAmount: 990 });
    bodyOf(await refund(9_000, 'c'), 201);
    expect((await see(payment.id)).state).toBe('refunded');
  });

  it('gives the conciliation of a day as JSON and as a file, and the audit trail who gave money back', async () => {
    const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Santiago' }).format(new Date());
    const day = bodyOf<{ items: { kind: string; amount: number }[]; total: number }>(
      await tenant.client.get(`/v1/payments/conciliation?date=${date}`),
      200,
    );
    expect(day.items.filter(({ kind }) => kind === 'refund').map(({ amount }) => amount)).toEqual([-990, -9_000]);
    expect(day.total).toBe(day.items.reduce((sum, { amount }) => sum + amount, 0));
    const file = await tenant.client.get(`/v1/payments/conciliation?date=${date}&format=csv`);
    expect(file.text.split('\r\n')[0]).toMatch(/^buyOrder,authorizationCode,amount,accountingDate/);
    const audit = await tenant.audit.get('/v1/audit?action=payment.refund_requested');
    expect(bodyOf<{ items: unknown[] }>(audit, 200).items).toHaveLength(2);
    expect(statusAndCode(await api().get(`/v1/payments/conciliation?date=${date}`))).toEqual([401, 'UNAUTHENTICATED']);
  });
});
