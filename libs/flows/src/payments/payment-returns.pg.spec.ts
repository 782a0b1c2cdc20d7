import { COMMERCE, origin, PaymentsWorld } from '../../../../test/support/payments-world';
import { until } from '../../../../test/support/sandbox-until';
import { PaymentCaptures } from './payment-captures';
import { evidencePdf } from './evidence-pdf';
import { PaymentRefunds } from './payment-refunds';
import { evidenceCsv, PaymentReports } from './payment-reports';
import { PaymentRetention } from './payment-retention';
import { PaymentReviews } from './payment-reviews';
import { PaymentReturnInvalidError } from './payments.errors';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('payments, on their ways back', () => {
  let world: PaymentsWorld;
  let tenant: string;

  beforeAll(async () => {
    world = await PaymentsWorld.start({ PAYMENTS_AUTO_REFUND: 'double_payment' });
  });
  beforeEach(async () => {
    await world.reset();
    tenant = await world.tenant();
  });
  afterAll(() => world.stop());

  const approved = async (reference: string) => {
    const payment = await world.start(tenant, reference);
    await world.payer.approve(payment.token);
    return payment;
  };
  const normal = ({ token }: { token: string }) => world.back(tenant, { token_ws: token });
  const commits = async () => (await world.received('commit')).length;
  const refunds = () => world.get(PaymentRefunds);
  const refund = (id: string, amount?: number, key?: string) =>
    refunds().request(tenant, id, { amount, idempotencyKey: key }, origin);
  const refundCalls = async () => (await world.received('refund')).length;
  const operatorEvents = async () =>
    (await world.sql(`SELECT type FROM operator_events WHERE tenant_id = $1`, [tenant])).map(({ type }) => type);

  it('T06: a commit that is applied and answers too slowly is unknown for the payer, within a bounded time, then paid', async () => {
    const payment = await approved('T06');
    await world.configure({ commitLatencyMs: 3_500 });
    const askedAt = performance.now();

    expect(['unknown', 'committing']).toContain((await normal(payment)).state);
    expect(performance.now() - askedAt).toBeLessThan(3_000);
    await world.becomes(tenant, payment.id, 'paid');
    expect(await commits()).toBe(1);
    expect(await world.effects(tenant, 'T06')).toEqual(['paid']);
  });

  it.each(['GET', 'POST'])(
    'T13: aborted by %s: cancelled without a commit, and the order can be paid',
    async (abortMethod) => {
      await world.configure({ abortMethod });
      const payment = await world.start(tenant, 'T13');
      const { params } = await world.payer.abort(payment.token);

      expect(await world.back(tenant, params)).toMatchObject({ state: 'cancelled', reason: 'payer_left' });
      expect(await commits()).toBe(0);
      expect((await world.paid(tenant, 'T13')).state).toBe('paid');
    },
  );

  it('T13: aborted while Webpay cannot be asked: cancelled as soon as it can, long before it would expire', async () => {
    const payment = await world.start(tenant, 'T13-away');
    const { params } = await world.payer.abort(payment.token);
    await world.fault({ operation: 'status', status: 500, times: 20 });
    expect((await world.back(tenant, params)).state).toBe('pending');
    await fetch(`${world.standIns.url}/_sandbox/webpay/faults`, { method: 'DELETE' });
    await world.advance('2 minutes');
    await world.reconcile();

    expect(await world.see(tenant, payment.id)).toMatchObject({ state: 'cancelled', reason: 'payer_left' });
    expect(await commits()).toBe(0);
  });

  it('T14: the parameters of a form that timed out with another session are nobody’s return', async () => {
    const payment = await world.start(tenant, 'T14');
    const forged = { TBK_ORDEN_COMPRA: payment.buyOrder, TBK_ID_SESION: 'f'.repeat(32) };
    await expect(world.back(tenant, forged)).rejects.toThrow(PaymentReturnInvalidError);
    await expect(world.back(tenant, { TBK_ORDEN_COMPRA: payment.buyOrder })).rejects.toThrow(PaymentReturnInvalidError);
    expect((await world.see(tenant, payment.id)).state).toBe('pending');

    const { params } = await world.payer.timeout(payment.token);
    expect(await world.back(tenant, params)).toMatchObject({ state: 'cancelled' });
    expect(await commits()).toBe(0);
  });

  it('T15: somebody names another’s live order; the real return that follows is paid', async () => {
    const payment = await approved('T15');
    await expect(world.back(tenant, { TBK_ORDEN_COMPRA: payment.buyOrder, TBK_ID_SESION: 'guess' })).rejects.toThrow(
      PaymentReturnInvalidError,
    );
    await expect(world.back(tenant, { TBK_TOKEN: '0'.repeat(64), TBK_ORDEN_COMPRA: payment.buyOrder })).rejects.toThrow(
      PaymentReturnInvalidError,
    );

    expect((await normal(payment)).state).toBe('paid');
    expect(await world.effects(tenant, 'T15')).toEqual(['paid']);
  });

  it('T16: four parameters before the commit are a question about the status, and no commit', async () => {
    const payment = await approved('T16');
    const { params } = await world.payer.recoveredTab(payment.token);

    expect((await world.back(tenant, params)).state).toBe('pending');
    expect(await commits()).toBe(0);
  });

  it('T17: four parameters after the approved commit leave it paid', async () => {
    const paid = await world.paid(tenant, 'T17');
    const [row] = await world.sql('SELECT token FROM payments WHERE id = $1', [paid.id]);
    const token = String(row?.token);
    const { params } = await world.payer.recoveredTab(token);

    expect((await world.back(tenant, params)).state).toBe('paid');
    expect((await world.back(tenant, { TBK_TOKEN: token, TBK_ORDEN_COMPRA: paid.buyOrder })).state).toBe('paid');
    expect(await world.effects(tenant, 'T17')).toEqual(['paid']);
  });

  const shapes = {
    T18: { status: 'FAILED', response_code: 0, vci: 'ABO', authorization_code: '156520' },
    T19: { status: 'REVERSED', response_code: 0 },
    T20: { status: 'INITIALIZED', response_code: null },
  };
  it.each(Object.entries(shapes))('%s: the commit answers %j, and nobody has paid', async (name, view) => {
    const payment = await approved(name);
    await world.force(payment.token, view);
    const { state } = await normal(payment);

    expect(state).not.toBe('paid');
    expect(await world.effects(tenant, name)).not.toContain('paid');
    expect({ T18: ['cancelled'], T19: ['needs_review'], T20: ['pending', 'unknown'] }[name]).toContain(state);
  });

  it('T21: another amount than was asked for is for a person: no effect, an alert, and the money can be given back', async () => {
    const payment = await approved('T21');
    await world.force(payment.token, { amount: 1_000 });

    expect(await normal(payment)).toMatchObject({ state: 'needs_review', reason: 'mismatch' });
    expect(await world.effects(tenant, 'T21')).toEqual(['needs_review']);
    expect(await operatorEvents()).toEqual(['payment.needs_review']);
  });

  it.each([{ buy_order: 'another' }, { session_id: 'another' }])(
    'T22: an approval of %j is for a person',
    async (view) => {
      const reference = `T22 ${JSON.stringify(view)}`;
      const payment = await approved(reference);
      await world.force(payment.token, view);

      expect(await normal(payment)).toMatchObject({ state: 'needs_review', reason: 'mismatch' });
      const resolved = await world.get(PaymentReviews).resolve(tenant, payment.id, { outcome: 'closed' }, origin);
      expect(resolved).toMatchObject({ state: 'cancelled', review: null });
    },
  );

  it('T28: an approval after the order has expired is for a person, and nobody sells twice', async () => {
    const payment = await approved('T28');
    await world.advance('1 hour');
    await world.reconcile();
    expect((await world.see(tenant, payment.id)).state).toBe('expired');
    expect((await normal(payment)).state).toBe('expired');
    expect(await commits()).toBe(0);

    await world.force(payment.token, { status: 'AUTHORIZED', response_code: 0, authorization_code: '1213' });
    await world.advance('7 hours');
    await world.reconcile();
    expect(await world.see(tenant, payment.id)).toMatchObject({ state: 'needs_review', reason: 'late_approval' });
    expect(await world.effects(tenant, 'T28')).toEqual(['expired', 'needs_review']);
  });

  it('T25: the second payment of an order is given back by itself where the policy says so', async () => {
    const [first, second] = [
      await approved('T25'),
      await world.start(tenant, 'T25', 10_000, { resultUrl: 'https://b.example' }),
    ];
    await world.payer.approve(second.token);
    await world.configure({ commitLatencyMs: 200 });
    const answers = await Promise.all([normal(first), normal(second)]);
    const double = answers.find(({ state }) => state === 'needs_review');
    await world.reconcile();

    expect((await world.see(tenant, double?.id ?? '')).state).toBe('reversed');
    expect(await refundCalls()).toBe(1);
  });

  it('T29: all of it within hours is a reversal', async () => {
    const { id } = await world.paid(tenant, 'T29');

    expect(await refund(id)).toMatchObject({ state: 'done', kind: 'REVERSED', amount: 10_000 });
    expect(await world.see(tenant, id)).toMatchObject({ state: 'reversed', refundedAmount: 10_000 });
  });

  it('T30: all of it after three hours is an annulment', async () => {
    const { id } = await world.paid(tenant, 'T30');
    await world.webpayAdvances(4 * HOUR);

    expect(await refund(id)).toMatchObject({ state: 'done', kind: 'NULLIFIED', responseCode: 0 });
    expect(await world.see(tenant, id)).toMatchObject({ state: 'refunded', refundedAmount: 10_000 });
  });

  it('T31: parts add up to the whole, and never to more', async () => {
    const { id } = await world.paid(tenant, 'T31');
    expect((await refund(id, 4_000)).state).toBe('done');
    expect((await world.see(tenant, id)).state).toBe('partially_refunded');
    await expect(refund(id, 6_001)).rejects.toMatchObject({ rule: 'AMOUNT_OVER_BALANCE' });
    expect((await refund(id, 6_000)).state).toBe('done');

    expect(await world.see(tenant, id)).toMatchObject({ state: 'refunded', refundedAmount: 10_000 });
    expect(await refundCalls()).toBe(2);
  });

  it('T32: a refund whose answer is lost is not asked for again, whoever presses the button', async () => {
    const { id } = await world.paid(tenant, 'T32');
    await world.fault({ operation: 'refund', reset: 'after', times: 1 });

    expect((await refund(id, 3_000, 'a')).state).toBe('unknown');
    expect((await refund(id, 3_000, 'a')).state).toBe('unknown');
    await expect(refund(id, 3_000)).rejects.toMatchObject({ code: 'PAYMENT_REFUND_OPEN' });
    await world.advance('1 minute');
    await until(async () => (await world.see(tenant, id)).refundedAmount === 3_000, { withinMs: 15_000, what: 'it is found out' }); // prettier-ignore
    expect(await refundCalls()).toBe(1);
    expect(await refunds().list(tenant, id)).toMatchObject([{ state: 'done', amount: 3_000 }]);
  });

  it('T33: two operators at once: one after the other, and together no more than was charged (T27)', async () => {
    const { id } = await world.paid(tenant, 'T33');
    const results = await Promise.allSettled([refund(id, 7_000), refund(id, 7_000)]);

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refundCalls()).toBe(1);
    expect((await world.see(tenant, id)).refundedAmount).toBe(7_000);
  });

  it('T34: a 200 with another response code than 0 gives nothing back', async () => {
    const { id } = await world.paid(tenant, 'T34');
    const body = JSON.stringify({ type: 'NULLIFIED', authorization_code: '1', nullified_amount: 1_000, balance: 10_000, response_code: 304 }); // prettier-ignore
    await world.fault({ operation: 'refund', status: 200, body, times: 1 });

    expect((await refund(id, 1_000)).state).toBe('refused');
    expect(await world.see(tenant, id)).toMatchObject({ state: 'paid', refundedAmount: 0 });
  });

  it('T35: a part of a debit payment is refused before anybody is called, with a reason', async () => {
    const { id } = await world.paid(tenant, 'T35', 10_000, { card: '4051884239937763' });
    await expect(refund(id, 1)).rejects.toMatchObject({ rule: 'PARTIAL_NOT_ALLOWED' });
    expect(await refundCalls()).toBe(0);
    expect((await refund(id)).state).toBe('done');
  });

  it('T36: after seven days nobody can be asked: the state stays, and a person is told', async () => {
    const payment = await approved('T36');
    await world.fault({ operation: 'commit', reset: 'before', times: 50 });
    expect((await normal(payment)).state).toBe('unknown');
    // The ledger has given up, and nobody was told; what is under way at this moment would write its own end over it.
    const givenUp = async () => {
      await world.sql(
        `SET session_replication_role = replica;
         UPDATE operations SET state = 'needs_review', settled_at = puente_now(), delivered_at = puente_now()
         WHERE operation = 'commit' AND tenant_id = '${tenant}' AND state <> 'running';
         SET session_replication_role = origin`,
      );
      return (await world.sql(`SELECT FROM operations WHERE tenant_id = $1 AND state = 'needs_review'`, [tenant]))
        .length;
    };
    await until(async () => (await givenUp()) === 1, { withinMs: 5_000, everyMs: 5, what: 'a commit given up' });
    await world.webpayAdvances(8 * DAY);
    await world.advance('8 days');
    await world.reconcile();

    expect(await world.see(tenant, payment.id)).toMatchObject({ state: 'unknown', review: 'not_queryable' });
    expect(await operatorEvents()).toContain('payment.not_queryable');
  });

  it('T37: a deferred payment is captured once, for at most what was authorised', async () => {
    tenant = await world.tenant(COMMERCE.deferred);
    const { id } = await world.paid(tenant, 'T37');
    const capture = (amount: number) => world.get(PaymentCaptures).capture(tenant, id, amount, origin);

    await expect(capture(10_001)).rejects.toMatchObject({ rule: 'AMOUNT_OVER_AUTHORIZED' });
    expect(await capture(8_000)).toMatchObject({ state: 'captured', capturedAmount: 8_000 });
    await expect(capture(1_000)).rejects.toMatchObject({ rule: 'ALREADY_CAPTURED' });
    expect(await world.received('capture')).toHaveLength(1);
    expect((await refund(id)).amount).toBe(8_000);
  });

  it('is told to Transbank and to the bank: every attempt with its result, and the money of a day', async () => {
    const { id } = await world.paid(tenant, 'evidence-paid');
    await refund(id, 1_000);
    const left = await world.start(tenant, 'evidence-left');
    const { params } = await world.payer.abort(left.token);
    await world.back(tenant, params);
    const refused = await world.start(tenant, 'evidence-refused');
    await world.payer.reject(refused.token);
    expect((await normal(refused)).state).toBe('rejected');

    const { committedAt } = await world.see(tenant, id);
    const [from, before] = [new Date(Date.now() - DAY), new Date(Date.now() + 400 * DAY)];
    const lines = await world.get(PaymentReports).evidence(tenant, from, before);
    expect(lines.map(({ reference, state, flows }) => [reference, state, flows])).toEqual([
      ...[
        ['evidence-paid', 'partially_refunded', 'normal'],
        ['evidence-left', 'cancelled', 'aborted'],
      ],
      ['evidence-refused', 'rejected', 'normal'],
    ]);
    expect(evidenceCsv(lines).split('\r\n')).toHaveLength(5);
    const pdf = await evidencePdf({ tenant: 'Ñandú', commerceCodes: [COMMERCE.plus], from, before, at: from }, lines);
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Santiago' }).format(committedAt ?? undefined);
    const day = await world.get(PaymentReports).conciliation(tenant, date);
    expect(day.items.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['sale', 10_000],
      ['refund', -1_000],
    ]);
    expect(day.total).toBe(9_000);
  });

  it('is kept for five years, and longer while it is not decided', async () => {
    const [old, open] = [await world.paid(tenant, 'kept'), await approved('not decided')];
    await world.sql(`UPDATE payments SET created_at = puente_now() - interval '1827 days' WHERE tenant_id = $1`, [
      tenant,
    ]);
    await world.sql(`UPDATE payments SET review = 'status_unclear' WHERE id = $1`, [open.id]);
    await world.get(PaymentRetention).run();

    const left = await world.sql(`SELECT id FROM payments WHERE tenant_id = $1`, [tenant]);
    expect(left.map(({ id }) => id)).toEqual([open.id]);
    expect(await world.sql(`SELECT FROM payment_events WHERE payment_id = $1`, [old.id])).toEqual([]);
  });
});
