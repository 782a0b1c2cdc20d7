import type { PayerReturn } from '@puente/providers/webpay/testing';
import { bodyOf, JsonClient } from '../../support/sandbox-client';
import { until } from '../../support/sandbox-until';
import type { SandboxTenant } from '../../support/sandbox-tenant';
import { chargesOf, givenBack, type PayEvidence, type PaymentRow } from './pay-evidence';
import { isMoney, said } from './pay-invariants';
import type { PayWorld } from './pay-world';

/** The api that dies, and the one that lives. */
export const DOOMED = 0;
export const OTHER = 1;
const AMOUNT = 10_000;
const KEPT: Readonly<Record<'before' | 'after', string>> = { before: 'before the effect', after: 'after the effect' };

/** Where Webpay holds the call in whose middle the process is killed. */
export type Moment = 'before' | 'after';

/** A case that has reached the moment of the kill. */
export interface Reached {
  /** The kill is over, and Webpay goes on. */
  after?(): Promise<unknown>;
  /** What is wrong in the end. */
  check(evidence: PayEvidence): readonly string[];
}

export interface KillCase {
  /** As in the research on Webpay: T01 to T40. */
  readonly id: string;
  readonly what: string;
  /** Brings it to the moment at which the api that is doomed has a call in the hands of Webpay. */
  reach(stage: Stage, moment: Moment): Promise<Reached>;
}

interface Opened {
  readonly id: string;
  readonly token: string;
  readonly buyOrder: string;
}

/** A tenant of a case's own: what becomes of its calls closes nobody else's lane. */
export class Stage {
  private orders = 0;

  constructor(
    readonly world: PayWorld,
    private readonly tenant: SandboxTenant,
  ) {}

  client(api: number): JsonClient {
    return new JsonClient(this.world.world.apiUrl(api), this.tenant.keys.client);
  }

  async open(order: object = {}): Promise<Opened> {
    const reference = `order-${String((this.orders += 1))}`;
    const body = { reference, amount: AMOUNT, resultUrl: 'https://shop.example/back', ...order };
    return bodyOf<Opened>(await this.client(OTHER).post('/v1/payments', body), 201);
  }

  /** One whose payer is on the way back, and whose commit will be held. */
  async approved(moment: Moment, order: object = {}): Promise<Opened & { readonly back: PayerReturn }> {
    const payment = await this.open(order);
    const back = await this.world.payer.approve(payment.token);
    await this.hold('commit', payment.token, moment);
    return { ...payment, back };
  }

  /** One that was paid while nobody died. */
  async paid(): Promise<Opened> {
    const payment = await this.open();
    await this.world.comeBack(OTHER, await this.world.payer.approve(payment.token));
    return payment;
  }

  async hold(operation: string, token: string, hold: Moment): Promise<void> {
    await this.world.fault({ operation, match: token, hold });
  }

  /** Without waiting for the answer, which may never come. */
  comeBack(api: number, back: PayerReturn, times = 1): Promise<unknown> {
    return Promise.all(Array.from({ length: times }, () => this.world.comeBack(api, back)));
  }

  refund(api: number, { id }: Opened, key: string, amount?: number): Promise<unknown> {
    const headers = { 'idempotency-key': key };
    return this.client(api)
      .post(`/v1/payments/${id}/refunds`, { amount }, headers)
      .catch(() => undefined);
  }
}

/** The usual way there: the payer comes back to the doomed api, whose commit Webpay holds. */
async function committing(
  stage: Stage,
  moment: Moment,
  { times = 1, order = {} }: { readonly times?: number; readonly order?: object } = {},
) {
  const payment = await stage.approved(moment, order);
  void stage.comeBack(DOOMED, payment.back, times);
  await stage.world.isHeld(payment.token);
  return payment;
}

/** Like it; from then on Webpay shows what the payer did not do. */
async function shown(stage: Stage, moment: Moment, does: 'approve' | 'reject', view: unknown) {
  const payment = await stage.open();
  const back = await stage.world.payer[does](payment.token);
  await stage.hold('commit', payment.token, moment);
  void stage.comeBack(DOOMED, back);
  await stage.world.isHeld(payment.token);
  await stage.world.control.post('/_sandbox/webpay/force', { token: payment.token, view });
  return { ...payment, back };
}

const returns: readonly KillCase[] = [
  {
    id: 'T02',
    what: 'seven returns, the api is killed, and seven more at the other one: paid once',
    async reach(stage, moment) {
      const payment = await committing(stage, moment, { times: 7 });
      return { after: () => stage.comeBack(OTHER, payment.back, 7), check: (all) => isPaidOnce(all, payment) };
    },
  },
  {
    id: 'T03',
    what: 'two returns at a time to the api that is killed: paid once',
    async reach(stage, moment) {
      const payment = await committing(stage, moment, { times: 2 });
      return { check: (all) => isPaidOnce(all, payment) };
    },
  },
  {
    id: 'T04',
    what: 'one return at each api, and the one that commits is killed: the other one waits for whoever finds out',
    async reach(stage, moment) {
      const payment = await committing(stage, moment);
      void stage.comeBack(OTHER, payment.back);
      return { check: (all) => isPaidOnce(all, payment) };
    },
  },
  {
    id: 'T05',
    what: 'Webpay charged, its connection broke, and then the api is killed: paid once',
    async reach(stage) {
      const payment = await stage.open();
      const back = await stage.world.payer.approve(payment.token);
      await stage.world.fault({ operation: 'commit', match: payment.token, reset: 'after' });
      void stage.comeBack(DOOMED, back);
      await committed(stage, payment);
      return { after: () => stage.comeBack(OTHER, back), check: (all) => isPaidOnce(all, payment) };
    },
  },
  {
    id: 'T11',
    what: 'the api is killed between Webpay’s answer and the row it writes: paid once',
    async reach(stage) {
      const payment = await committing(stage, 'before');
      const { postgres } = stage.world.world;
      const operation = `SELECT FROM operations WHERE id = (SELECT commit_operation_id FROM payments WHERE id = $1)`;
      stage.world.whenDead(await postgres.lock(operation, [payment.id]));
      await stage.world.release(payment.token);
      await committed(stage, payment);
      await new Promise((resolve) => setTimeout(resolve, 300)); // the answer is read, and the settle waits for our lock
      return { after: () => stage.comeBack(OTHER, payment.back), check: (all) => isPaidOnce(all, payment) };
    },
  },
  {
    id: 'T15',
    what: 'somebody forges a timeout of a payment whose commit is cut off, then its payer comes back: paid once',
    async reach(stage, moment) {
      const payment = await committing(stage, moment);
      const forge = () =>
        Promise.all(
          [{}, { TBK_ID_SESION: 'somebody' }].map((more) =>
            stage.world.comeBack(OTHER, forged(payment.back, { TBK_ORDEN_COMPRA: payment.buyOrder, ...more })),
          ),
        );
      await forge();
      const after = async (): Promise<void> => {
        await forge();
        await stage.comeBack(OTHER, payment.back);
      };
      return { after, check: (all) => isPaidOnce(all, payment) };
    },
  },
  {
    id: 'T17',
    what: 'four parameters of a restored tab after a commit that was cut off: stays paid',
    async reach(stage, moment) {
      const payment = await committing(stage, moment);
      const after = async (): Promise<void> => {
        await stage.comeBack(OTHER, payment.back);
        await stage.comeBack(OTHER, await stage.world.payer.recoveredTab(payment.token));
      };
      return { after, check: (all) => isPaidOnce(all, payment) };
    },
  },
];

const shapes: readonly KillCase[] = [
  {
    id: 'T18',
    what: '`FAILED` with response code 0 and `ABO`, and the api is killed: not paid',
    async reach(stage, moment) {
      const payment = await shown(stage, moment, 'reject', 'aborted');
      return { after: () => stage.comeBack(OTHER, payment.back), check: (all) => isNotPaid(all, payment) };
    },
  },
  {
    id: 'T19',
    what: '`REVERSED` with response code 0, and the api is killed: not paid',
    async reach(stage, moment) {
      const payment = await shown(stage, moment, 'reject', 'reversed');
      return { after: () => stage.comeBack(OTHER, payment.back), check: (all) => isNotPaid(all, payment) };
    },
  },
  {
    id: 'T20',
    what: 'a return before the payer has finished, and the api is killed: `INITIALIZED` is not paid',
    async reach(stage, moment) {
      const payment = await stage.open();
      const secret = await stage.world.payer.recoveredTab(payment.token);
      await stage.world.payer.giveCard(payment.token).catch(() => undefined);
      await stage.hold('commit', payment.token, moment);
      void stage.comeBack(DOOMED, forged(secret, { token_ws: payment.token }));
      await stage.world.isHeld(payment.token);
      return { check: (all) => isNotPaid(all, payment) };
    },
  },
  {
    id: 'T21',
    what: 'Webpay charged another amount, and the api is killed: somebody looks at it',
    async reach(stage, moment) {
      const payment = await shown(stage, moment, 'approve', { amount: 1 });
      return { after: () => stage.comeBack(OTHER, payment.back), check: (all) => isInReview(all, payment, 'mismatch') };
    },
  },
  {
    id: 'T22',
    what: 'Webpay names another buy order, and the api is killed: somebody looks at it',
    async reach(stage, moment) {
      const payment = await shown(stage, moment, 'approve', { buy_order: 'somebody-elses' });
      return { after: () => stage.comeBack(OTHER, payment.back), check: (all) => isInReview(all, payment, 'mismatch') };
    },
  },
];

const twice: readonly KillCase[] = [
  {
    id: 'T25',
    what: 'one order is paid in two tabs, and the api is killed in the middle of both: one counts, the other is looked at',
    async reach(stage, moment) {
      const reference = `tabs-${moment}`;
      const first = await committing(stage, moment, { order: { reference } });
      const tab = { reference, resultUrl: 'https://shop.example/other-tab' };
      const second = await committing(stage, moment, { order: tab });
      const after = (): Promise<unknown> => Promise.all([first, second].map(({ back }) => stage.comeBack(OTHER, back)));
      return { after, check: (all) => countsOnce(all, [first, second]) };
    },
  },
  {
    id: 'T32',
    what: 'the api is killed while a refund is made, and somebody asks for it again: given back once',
    async reach(stage, moment) {
      const payment = await stage.paid();
      await stage.hold('refund', payment.token, moment);
      void stage.refund(DOOMED, payment, 'first');
      await stage.world.isHeld(payment.token);
      return {
        after: () => Promise.all([stage.refund(OTHER, payment, 'first'), stage.refund(OTHER, payment, 'again')]),
        check: (all) => isGivenBack(all, payment, AMOUNT),
      };
    },
  },
  {
    id: 'T33',
    what: 'two operators give back seven tenths each, and the api of one is killed: never more than was charged',
    async reach(stage, moment) {
      const payment = await stage.paid();
      const part = (AMOUNT * 7) / 10;
      await stage.hold('refund', payment.token, moment);
      void stage.refund(DOOMED, payment, 'ana', part);
      await stage.world.isHeld(payment.token);
      await stage.refund(OTHER, payment, 'bea', part);
      return {
        after: () => stage.refund(OTHER, payment, 'bea', part),
        check: (all) => isGivenBack(all, payment, part),
      };
    },
  },
];

/** The ones in which money can be lost or doubled, each with a process killed in the middle of it. */
export const killCases: readonly KillCase[] = [...returns, ...shapes, ...twice];

export function titled({ id, what }: KillCase, moment: Moment): string {
  return `${id}, ${KEPT[moment]}: ${what}`;
}

/** Webpay has carried the commit out. */
async function committed({ world }: Stage, { token }: Opened): Promise<void> {
  const isDone = (): boolean => world.calls().some((call) => call.operation === 'commit' && call.token === token);
  await until(isDone, { withinMs: 10_000, everyMs: 20, what: 'Webpay carries the commit out' });
}

/** A request to the return address with other parameters than Webpay's. */
function forged(back: PayerReturn, params: Readonly<Record<string, string>>): PayerReturn {
  const url = new URL(back.url);
  url.search = new URLSearchParams(params).toString();
  return { ...back, method: 'GET', url: url.href, params };
}

function found({ payments }: PayEvidence, { id }: Opened): PaymentRow {
  const row = payments.find((one) => one.id === id);
  if (!row) throw new Error(`Payment ${id} is gone`);
  return row;
}

function isPaidOnce(all: PayEvidence, payment: Opened): string[] {
  const row = found(all, payment);
  const charges = chargesOf(all, row.token).length;
  return row.state === 'paid' && charges === 1 ? [] : [`${said(row)}, charged ${String(charges)} times`];
}

function isNotPaid(all: PayEvidence, payment: Opened): string[] {
  const row = found(all, payment);
  return isMoney(row) ? [said(row)] : [];
}

function isInReview(all: PayEvidence, payment: Opened, why: string): string[] {
  const row = found(all, payment);
  return row.state === 'needs_review' && row.review === why ? [] : [said(row)];
}

function countsOnce(all: PayEvidence, payments: readonly Opened[]): string[] {
  const rows = payments.map((one) => found(all, one));
  const other = rows.find((one) => !isMoney(one));
  const seen = other && (chargesOf(all, other.token).length === 0 || other.review === 'double_payment');
  return rows.filter(isMoney).length === 1 && seen ? [] : [rows.map(said).join('; ')];
}

function isGivenBack(all: PayEvidence, payment: Opened, amount: number): string[] {
  const row = found(all, payment);
  const [theirs, ours] = [givenBack(all, row.token), row.refundedAmount];
  return theirs === amount && ours === amount
    ? []
    : [`${said(row)}: ${String(theirs)} by Webpay, ${String(ours)} by us, not ${String(amount)}`];
}
