import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@puente/kernel';
import { captureCharge, refundCharge, settleCharge } from './charges';
import { isDeferred } from './commerces';
import { transactionState } from './lifetimes';
import { transactionView } from './transaction-view';
import type { WebpayBehaviour } from './webpay-behaviour.config';
import { windows } from './webpay-behaviour.config';
import type { Fields, RequestedDetail } from './webpay-requests.schemas';
import * as read from './webpay-requests.schemas';
import type { Changed, WebpayEffect, WebpayStore } from './webpay-store';
import type { Charge, WebpayTransaction } from './webpay-transaction';
import { refused, texts } from './webpay-wire.errors';

/** A token as Webpay makes them. */
export function newToken(): string {
  return `01ab${randomBytes(30).toString('hex')}`;
}

/** Webpay Plus and Webpay Plus Mall, which share their paths: what is different is in the bodies. */
export class TransactionOperations {
  /** Tokens whose commit is under way. In memory: a process that dies takes its locks with it. */
  private readonly committing = new Set<string>();

  constructor(
    private readonly store: WebpayStore,
    private readonly behaviour: () => WebpayBehaviour,
  ) {}

  async create(commerceCode: string, body: Buffer, base: string): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['buy_order', 'session_id', 'amount', 'return_url', 'details']);
    const mall = 'details' in fields;
    const buyOrder = read.buyOrder(fields);
    const sessionId = read.text(fields, 'session_id', 61);
    const wanted: RequestedDetail[] = mall
      ? read.details(fields)
      : [{ commerceCode, buyOrder, amount: read.amount(fields), installmentsNumber: 0 }];
    const returnUrl = read.returnUrl(fields);
    const token = newToken();
    const { deferredCommerces } = this.behaviour();
    const charges = wanted.map((one): Charge => ({
      ...one,
      status: 'INITIALIZED',
      deferred: isDeferred(one.commerceCode, deferredCommerces),
    }));
    await this.store.add(
      'transaction',
      token,
      {
        token,
        mall,
        commerceCode,
        buyOrder,
        sessionId,
        returnUrl,
        createdAt: this.store.nowMs(),
        charges,
        state: 'created',
      },
      [
        {
          operation: 'create',
          effect: { effect: 'transaction', token, commerceCode, buyOrder, sessionId },
        },
      ],
    );
    return { token, url: `${base}/webpayserver/initTransaction` };
  }

  /** Charges, once. Whoever asks while a commit is under way is told so at once. */
  async commit(commerceCode: string, token: string): Promise<Record<string, unknown>> {
    if (this.committing.has(token)) throw refused(texts.locked);
    this.committing.add(token);
    try {
      const { commitLatencyMs } = this.behaviour();
      if (commitLatencyMs > 0) await sleep(commitLatencyMs, undefined, { ref: false });
      return await this.store.change('transaction', token, (found) => this.commitFound(own(found, commerceCode)));
    } finally {
      this.committing.delete(token);
    }
  }

  async status(commerceCode: string, token: string): Promise<Record<string, unknown>> {
    const transaction = own(await this.store.find('transaction', token), commerceCode);
    if (this.store.nowMs() - transaction.createdAt > windows.statusMs) throw refused(texts.tooOld);
    return transactionView(transaction);
  }

  refund(commerceCode: string, token: string, body: Buffer): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['amount', 'commerce_code', 'buy_order']);
    return this.store.change('transaction', token, (found): Changed<JsonObject> => {
      const transaction = own(found, commerceCode);
      const charge = chargeOf(transaction, fields);
      const amount = read.amount(fields);
      const refund = refundCharge(charge, amount, this.store.nowMs());
      const effect = refund.type === 'REVERSED' ? 'reversal' : 'nullification';
      return { answer: refund, effects: [effectOf(transaction, 'refund', charge, { effect, amount })] };
    });
  }

  capture(commerceCode: string, token: string, body: Buffer): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['buy_order', 'authorization_code', 'capture_amount', 'commerce_code']);
    return this.store.change('transaction', token, (found): Changed<JsonObject> => {
      const transaction = own(found, commerceCode);
      const charge = chargeOf(transaction, fields);
      const wanted = {
        buyOrder: read.buyOrder(fields),
        authorizationCode: read.text(fields, 'authorization_code', 6),
        amount: read.amount(fields, 'capture_amount'),
      };
      const captured = captureCharge(charge, wanted, this.store.nowMs());
      const effect = { effect: 'capture', amount: wanted.amount };
      return { answer: { token, ...captured }, effects: [effectOf(transaction, 'capture', charge, effect)] };
    });
  }

  private commitFound(transaction: WebpayTransaction): Changed<Record<string, unknown>> {
    const now = this.store.nowMs();
    const { secondCommit, abortedCommit, rejectedBuyOrders } = this.behaviour();
    const state = transactionState(transaction, this.behaviour(), now);
    switch (state) {
      case 'created':
      case 'form':
      case 'bank':
      case 'error':
        throw refused(texts.unfinishedCommit('0'));
      case 'committed':
        if (secondCommit === '422') throw refused(texts.finishedState(''));
        return { answer: transactionView(transaction) };
      case 'approved_wait':
      case 'rejected_wait':
        break;
      default:
        throw refused(
          abortedCommit === 'finished state'
            ? texts.finishedState('aborted')
            : texts.unfinishedCommit(abortedCommit.replace(/\D/g, '')),
        );
    }
    const { payment, charges } = transaction;
    if (!payment) throw new TypeError(`Transaction ${transaction.token} was decided without a card.`);
    const effects = charges.map((charge) => {
      const approved = state === 'approved_wait' && payment.approved && !rejectedBuyOrders.includes(charge.buyOrder);
      settleCharge(charge, payment, approved, now);
      return effectOf(transaction, 'commit', charge, {
        effect: approved ? 'charge' : 'rejection',
        amount: charge.amount,
      });
    });
    transaction.state = 'committed';
    return { answer: transactionView(transaction), effects };
  }
}

/** A token of another commerce is refused otherwise than one that nobody has. */
function own(transaction: WebpayTransaction | undefined, commerceCode: string): WebpayTransaction {
  if (!transaction) throw refused(texts.badParameter('transaction not found'));
  if (transaction.commerceCode !== commerceCode) throw refused(texts.badParameter('token'));
  return transaction;
}

function chargeOf({ mall, charges }: WebpayTransaction, fields: Fields): Charge {
  const charge = mall
    ? charges.find((one) => one.commerceCode === fields['commerce_code'] && one.buyOrder === fields['buy_order'])
    : charges[0];
  if (!charge) throw refused(texts.noDetail);
  return charge;
}

function effectOf(transaction: WebpayTransaction, operation: string, charge: Charge, effect: JsonObject): WebpayEffect {
  const { token, mall, buyOrder } = transaction;
  return {
    operation,
    effect: {
      ...effect,
      token,
      commerceCode: charge.commerceCode,
      buyOrder: charge.buyOrder,
      ...(mall ? { parentBuyOrder: buyOrder } : {}),
      authorizationCode: charge.authorizationCode ?? '',
    },
  };
}
