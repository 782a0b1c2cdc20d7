import type { INestApplicationContext } from '@nestjs/common';
import { PaymentsWorld, WritingListener } from '../../../../test/support/payments-world';
import { until } from '../../../../test/support/sandbox-until';
import { PaymentAlreadyPaidError, PaymentNotOpenedError } from './payments.errors';

describe('payments, from the form to the money', () => {
  let world: PaymentsWorld;
  let other: INestApplicationContext;
  let tenant: string;

  beforeAll(async () => {
    world = await PaymentsWorld.start();
    other = await world.process();
  });
  beforeEach(async () => {
    await world.reset();
    tenant = await world.tenant();
  });
  afterAll(() => world.stop());

  const approved = async (reference: string, amount = 10_000) => {
    const payment = await world.start(tenant, reference, amount);
    await world.payer.approve(payment.token);
    return payment;
  };
  const normal = ({ token }: { token: string }, app?: INestApplicationContext) =>
    world.back(tenant, { token_ws: token }, app);
  const commits = async () => (await world.received('commit')).length;
  const operatorEvents = async () =>
    (await world.sql(`SELECT type FROM operator_events WHERE tenant_id = $1`, [tenant])).map(({ type }) => type);

  it('T01: approve, return, commit: paid once, with amount, buy order and session equal', async () => {
    const payment = await approved('T01');
    expect(payment).toMatchObject({ state: 'pending', buyOrder: expect.stringMatching(/^pnt-[a-z2-7]{16}$/) });
    expect(payment.redirectUrl).toBe(`${payment.url}?token_ws=${payment.token}`);

    const paid = await normal(payment);

    expect(paid).toMatchObject({ state: 'paid', amount: 10_000, authorizationCode: '1213', cardLast4: '6623' });
    expect(paid.committedAt).toBeInstanceOf(Date);
    expect(await world.effects(tenant, 'T01')).toEqual(['paid']);
    expect(await commits()).toBe(1);
    const history = await world.sql(`SELECT type FROM payment_events WHERE payment_id = $1 ORDER BY id`, [payment.id]);
    expect(history.map(({ type }) => type)).toEqual([
      ...['payment.started', 'payment.state_changed', 'payer.returned', 'payment.state_changed'],
      ...['commit.answered', 'payment.state_changed'],
    ]);
  });

  it('T02: the same return seven times: one commit, one effect, the same answer', async () => {
    const payment = await approved('T02');
    const answers: string[] = [];
    for (let time = 0; time < 7; time += 1) answers.push((await normal(payment)).state);

    expect(answers).toEqual(Array(7).fill('paid'));
    expect(await commits()).toBe(1);
    expect(await world.effects(tenant, 'T02')).toEqual(['paid']);
  });

  it('T03: two returns at once: one commit, and both hear that it is paid', async () => {
    const payment = await approved('T03');
    await world.configure({ commitLatencyMs: 150 });
    const answers = await Promise.all([normal(payment), normal(payment)]);

    expect(answers.map(({ state }) => state)).toEqual(['paid', 'paid']);
    expect(await commits()).toBe(1);
    expect(await world.effects(tenant, 'T03')).toEqual(['paid']);
  });

  it('T04: the same on two processes: the lock is in the database', async () => {
    const payment = await approved('T04');
    await world.configure({ commitLatencyMs: 150 });
    const answers = await Promise.all([normal(payment), normal(payment, other), normal(payment, other)]);

    expect(answers.map(({ state }) => state)).toEqual(['paid', 'paid', 'paid']);
    expect(await commits()).toBe(1);
    expect(await world.effects(tenant, 'T04')).toEqual(['paid']);
  });

  it('T05: a commit that was applied and whose answer is lost is unknown, and then paid, by its status', async () => {
    const payment = await approved('T05');
    await world.fault({ operation: 'commit', reset: 'after', times: 1 });

    expect((await normal(payment)).state).toBe('unknown');
    await world.advance('1 minute');
    await world.becomes(tenant, payment.id, 'paid');
    expect(await commits()).toBe(1);
    expect(await world.effects(tenant, 'T05')).toEqual(['paid']);
  });

  it('T07: a commit that failed before it did anything is made again, after a look at the status', async () => {
    const payment = await approved('T07');
    await world.fault({ operation: 'commit', status: 500, times: 1 });

    expect((await normal(payment)).state).toBe('unknown');
    expect(await world.effects(tenant, 'T07')).toEqual([]);
    await until(
      async () => {
        await world.advance('10 seconds');
        return (await world.see(tenant, payment.id)).state === 'paid';
      },
      { withinMs: 10_000, what: 'it is paid' },
    );
    expect((await world.received('commit')).filter(({ effect }) => effect === 'charge')).toHaveLength(1);
    expect(await world.effects(tenant, 'T07')).toEqual(['paid']);
  });

  it.each([
    ['a page', '<html>Mantenimiento</html>'],
    ['nothing', ''],
    ['broken JSON', '{"status": "AUTHO'],
  ])('T08: a commit answered with %s is neither paid nor refused; its status says which', async (_, body) => {
    const payment = await approved(`T08 ${String(body.length)}`);
    await world.fault({ operation: 'commit', status: 200, body, times: 1 });

    expect((await normal(payment)).state).toBe('unknown');
    expect(await world.effects(tenant, `T08 ${String(body.length)}`)).toEqual([]);
  });

  it('T09: a commit with a rotated key stays unknown and says so; once the key is good, it is paid', async () => {
    const payment = await approved('T09');
    await world.fault({ operation: 'commit', status: 401, times: 1 });

    expect((await normal(payment)).state).toBe('unknown');
    expect(await operatorEvents()).toContain('payment.credentials_refused');
    await world.account(tenant);
    await until(
      async () => {
        await world.advance('2 minutes');
        await world.reconcile();
        return (await world.see(tenant, payment.id)).state === 'paid';
      },
      { withinMs: 10_000, what: 'it is paid' },
    );
    expect(await world.effects(tenant, 'T09')).toEqual(['paid']);
  });

  it('T10: approved, and the browser never comes back: pending, then expired; never a charge, never "failed"', async () => {
    const payment = await approved('T10');
    await world.advance('5 minutes');
    await world.reconcile();
    expect((await world.see(tenant, payment.id)).state).toBe('pending');
    await world.advance('1 hour');
    await world.reconcile();

    expect((await world.see(tenant, payment.id)).state).toBe('expired');
    expect(await commits()).toBe(0);
    expect(await world.effects(tenant, 'T10')).toEqual(['expired']);
  });

  it('T11: a process that dies with the answer in its hands: the ledger finds it, effects once', async () => {
    const payment = await approved('T11');
    // As it leaves the rows: committing, an operation that runs under a lease nobody renews, and Webpay has charged.
    await normal(payment);
    await world.sql(`DELETE FROM shop_effects WHERE payment = $1`, [payment.id]);
    await world.sql(
      `UPDATE payments SET state = 'committing', approved_amount = NULL, committed_at = NULL,
         next_check_at = puente_now() + interval '1 minute' WHERE id = $1`,
      [payment.id],
    );
    await world.sql(`
      SET session_replication_role = replica;
      UPDATE operations SET state = 'running', settled_at = NULL, delivered_at = NULL, output = NULL, maybe_sent = true,
        lease_until = puente_now() - interval '1 second', lease_owner = 'dead', sent_at = puente_now()
      WHERE id = (SELECT commit_operation_id FROM payments WHERE id = '${payment.id}');
      SET session_replication_role = origin`);
    await until(
      async () => {
        await world.advance('10 seconds');
        return (await world.see(tenant, payment.id)).state === 'paid';
      },
      { withinMs: 15_000, what: 'it is paid' },
    );
    expect(await commits()).toBe(1);
    expect(await world.effects(tenant, 'T11')).toEqual(['paid']);
  });

  it('T11: one that dies before the commit was written down: nothing was charged, and it is made', async () => {
    const payment = await approved('T11b');
    await world.sql(
      `UPDATE payments SET state = 'committing', commits = 1, commit_begun_at = puente_now(),
         commit_operation_id = gen_random_uuid(), next_check_at = puente_now() WHERE id = $1`,
      [payment.id],
    );
    await world.reconcile();
    expect((await world.see(tenant, payment.id)).state).toBe('unknown');
    await world.advance('3 minutes');
    await world.reconcile();

    expect((await world.see(tenant, payment.id)).state).toBe('paid');
    expect(await world.effects(tenant, 'T11b')).toEqual(['paid']);
  });

  it('T12: a creation whose answer is lost charges nobody; the next attempt has another buy order', async () => {
    await world.fault({ operation: 'create', reset: 'after', times: 1 });
    await expect(world.start(tenant, 'T12')).rejects.toThrow(PaymentNotOpenedError);

    const again = await world.start(tenant, 'T12');
    const orders = await world.sql(`SELECT buy_order, state FROM payments WHERE reference = 'T12' ORDER BY id`);
    expect(orders.map(({ state }) => state)).toEqual(['cancelled', 'pending']);
    expect(orders[0]?.buy_order).not.toBe(orders[1]?.buy_order);
    expect(again.reused).toBe(false);
  });

  it('T12: a process that dies before it keeps the token leaves an intent that expires', async () => {
    const payment = await world.start(tenant, 'T12b');
    await world.sql(
      `UPDATE payments SET state = 'created', token = NULL, form_url = NULL, next_check_at = expires_at WHERE id = $1`,
      [payment.id],
    );
    await world.advance('1 hour');
    await world.reconcile();
    expect((await world.see(tenant, payment.id)).state).toBe('expired');
  });

  it('T23: a commit before the payer has finished charges nobody; the payment goes on', async () => {
    const payment = await world.start(tenant, 'T23');

    expect((await normal(payment)).state).toBe('pending');
    await world.payer.approve(payment.token);
    expect((await normal(payment)).state).toBe('paid');
    expect(await world.effects(tenant, 'T23')).toEqual(['paid']);
  });

  it('T25: two tabs pay one order with two tokens: one counts, the other waits for a person', async () => {
    const [first, second] = [
      await approved('T25'),
      await world.start(tenant, 'T25', 10_000, { resultUrl: 'https://b.example' }),
    ];
    await world.payer.approve(second.token);
    await world.configure({ commitLatencyMs: 200 });
    const answers = await Promise.all([normal(first), normal(second, other)]);

    expect(answers.map(({ state }) => state).sort()).toEqual(['needs_review', 'paid']);
    expect((await world.effects(tenant, 'T25')).sort()).toEqual(['needs_review', 'paid']);
    expect(await operatorEvents()).toEqual(['payment.needs_review']);
    expect(answers.find(({ state }) => state === 'needs_review')).toMatchObject({ reason: 'double_payment' });
  });

  it('T25: one that comes back when the order is paid is not charged at all', async () => {
    const [first, second] = [
      await approved('T25b'),
      await world.start(tenant, 'T25b', 10_000, { resultUrl: 'https://b.example' }),
    ];
    await world.payer.approve(second.token);
    expect((await normal(first)).state).toBe('paid');

    expect(await normal(second)).toMatchObject({ state: 'cancelled', reason: 'paid_already' });
    expect(await commits()).toBe(1);
    await expect(world.start(tenant, 'T25b')).rejects.toThrow(PaymentAlreadyPaidError);
  });

  it('T28: money for an order that is over is a late approval: it counts for nothing and waits for a person', async () => {
    const payment = await approved(`${WritingListener.OVER}T28`);

    expect(await normal(payment)).toMatchObject({ state: 'needs_review', reason: 'late_approval' });
    expect(await world.effects(tenant, `${WritingListener.OVER}T28`)).toEqual(['needs_review']);
    expect(await operatorEvents()).toEqual(['payment.needs_review']);
  });

  it('T26: ten presses of the button are one attempt while its token is fresh, and another buy order afterwards', async () => {
    const started = await Promise.all(Array.from({ length: 10 }, () => world.start(tenant, 'T26')));
    expect(new Set(started.map(({ token }) => token)).size).toBe(1);
    expect(started.filter(({ reused }) => !reused)).toHaveLength(1);
    expect(await world.received('create')).toHaveLength(1);

    await world.advance('5 minutes');
    const later = await world.start(tenant, 'T26');
    expect(later.buyOrder).not.toBe(started[0]?.buyOrder);
  });

  it('T27: Back and the old token: Webpay refuses it, and the order can still be paid', async () => {
    const payment = await world.start(tenant, 'T27');
    await world.payer.abort(payment.token);
    await world.back(tenant, { TBK_TOKEN: payment.token, TBK_ORDEN_COMPRA: payment.buyOrder });
    await expect(world.payer.approve(payment.token)).rejects.toThrow();

    expect((await world.paid(tenant, 'T27')).state).toBe('paid');
    expect((await world.effects(tenant, 'T27')).sort()).toEqual(['cancelled', 'paid']);
  });
});
