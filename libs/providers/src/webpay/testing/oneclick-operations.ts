import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@puente/kernel';
import { captureCharge, refundCharge, settleCharge } from './charges';
import { isDeferred } from './commerces';
import { inscriptionState } from './lifetimes';
import { newToken } from './transaction-operations';
import { oneclickView } from './transaction-view';
import type { WebpayBehaviour } from './webpay-behaviour.config';
import * as read from './webpay-requests.schemas';
import type { Changed, WebpayEffect, WebpayStore } from './webpay-store';
import type { CardOnFile, Charge, Inscription, OneclickTransaction } from './webpay-transaction';
import { refused, texts, WebpayRefusal } from './webpay-wire.errors';

/** The card is not (any more) with this mall. https://www.transbankdevelopers.cl/producto/webpay#codigos-de-respuesta-de-autorizacion */
const NO_CARD = -96;
const INSCRIPTION_CODE = '1213';

/** Oneclick Mall: cards that stay, and payments with them. A payment is known by its buy order; there is no token. */
export class OneclickOperations {
  constructor(
    private readonly store: WebpayStore,
    private readonly behaviour: () => WebpayBehaviour,
  ) {}

  async start(commerceCode: string, body: Buffer, base: string): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['username', 'email', 'response_url']);
    const token = newToken();
    const inscription: Inscription = {
      token,
      commerceCode,
      username: read.text(fields, 'username', 40),
      email: read.text(fields, 'email', 100),
      responseUrl: read.returnUrl(fields, 'response_url'),
      createdAt: this.store.nowMs(),
      tbkUser: randomUUID(),
      state: 'created',
    };
    const effect = { effect: 'inscription', token, commerceCode, username: inscription.username };
    await this.store.add('inscription', token, inscription, [{ operation: 'oneclick-start', effect }]);
    return { token, url_webpay: `${base}/webpayserver/bp_multicode_inscription.cgi` };
  }

  /** Puts the card on file when the payer agreed. Later than a minute after their return there is nothing to finish. */
  async finish(commerceCode: string, token: string): Promise<JsonObject> {
    const { answer, card } = await this.store.change('inscription', token, (found) =>
      this.finishFound(ownInscription(found, commerceCode)),
    );
    if (card) await this.store.add('card', card.tbkUser, card);
    return answer;
  }

  async remove(commerceCode: string, body: Buffer): Promise<void> {
    const fields = read.fieldsOf(body, ['tbk_user', 'username']);
    const tbkUser = read.text(fields, 'tbk_user', 40);
    const username = read.text(fields, 'username', 40);
    const card = await this.store.find('card', tbkUser);
    const effect = { effect: 'card removed', tbkUser, username, commerceCode };
    const removed =
      isOf(card, commerceCode, username) &&
      (await this.store.remove('card', tbkUser, [{ operation: 'oneclick-delete', effect }]));
    if (!removed) throw new WebpayRefusal(404, texts.notFound);
  }

  async authorize(commerceCode: string, body: Buffer): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['username', 'tbk_user', 'buy_order', 'details']);
    const username = read.text(fields, 'username', 40);
    const buyOrder = read.buyOrder(fields);
    const card = await this.store.find('card', read.text(fields, 'tbk_user', 40));
    const onFile = isOf(card, commerceCode, username) ? card : undefined;
    const { deferredCommerces, rejectedBuyOrders } = this.behaviour();
    const now = this.store.nowMs();
    const charges = read.details(fields).map((one): Charge => {
      const deferred = isDeferred(one.commerceCode, deferredCommerces);
      const charge: Charge = { ...one, status: 'INITIALIZED', deferred };
      const payment = { ...noCard, ...onFile?.payment, installmentsNumber: one.installmentsNumber };
      settleCharge(charge, payment, payment.approved && !rejectedBuyOrders.includes(one.buyOrder), now);
      if (!onFile) charge.responseCode = NO_CARD;
      return charge;
    });
    const transaction = { commerceCode, buyOrder, createdAt: now, payment: onFile?.payment ?? noCard, charges };
    const effects = charges.map((charge) =>
      effectOf(buyOrder, 'authorize', charge, {
        effect: charge.status === 'AUTHORIZED' ? 'charge' : 'rejection',
        amount: charge.amount,
      }),
    );
    if (!(await this.store.add('oneclick', idOf(commerceCode, buyOrder), transaction, effects)))
      throw refused(texts.usedBuyOrder);
    return oneclickView(transaction);
  }

  async status(commerceCode: string, buyOrder: string): Promise<JsonObject> {
    const found = await this.store.find('oneclick', idOf(commerceCode, buyOrder));
    if (!found) throw refused(texts.badParameter('transaction not found'));
    return oneclickView(found);
  }

  refund(commerceCode: string, parent: string, body: Buffer): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['commerce_code', 'detail_buy_order', 'amount']);
    return this.store.change('oneclick', idOf(commerceCode, parent), (found): Changed<JsonObject> => {
      const charge = chargeOf(found, fields['commerce_code'], fields['detail_buy_order']);
      const amount = read.amount(fields);
      const refund = refundCharge(charge, amount, this.store.nowMs());
      const effect = refund.type === 'REVERSED' ? 'reversal' : 'nullification';
      return { answer: refund, effects: [effectOf(parent, 'refund', charge, { effect, amount })] };
    });
  }

  /** The request names the child alone: the parent is whoever has it. */
  async capture(commerceCode: string, body: Buffer): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['commerce_code', 'buy_order', 'capture_amount', 'authorization_code']);
    const buyOrder = read.buyOrder(fields);
    const all = await this.store.list('oneclick');
    const parent = all.find(
      (one) => one.commerceCode === commerceCode && one.charges.some((charge) => charge.buyOrder === buyOrder),
    );
    return this.store.change('oneclick', idOf(commerceCode, parent?.buyOrder ?? ''), (found): Changed<JsonObject> => {
      const charge = chargeOf(found, fields['commerce_code'], buyOrder);
      const amount = read.amount(fields, 'capture_amount');
      const authorizationCode = read.text(fields, 'authorization_code', 6);
      const answer = captureCharge(charge, { buyOrder, authorizationCode, amount }, this.store.nowMs());
      return { answer, effects: [effectOf(parent?.buyOrder ?? '', 'capture', charge, { effect: 'capture', amount })] };
    });
  }

  async binInfo(body: Buffer): Promise<JsonObject> {
    const fields = read.fieldsOf(body, ['tbk_user']);
    const card = await this.store.find('card', read.text(fields, 'tbk_user', 40));
    if (!card) throw refused(texts.badParameter('tbk_user'));
    const { paymentTypeCode, brand } = card.payment;
    const kind = paymentTypeCode === 'VD' ? 'Debit' : paymentTypeCode === 'VP' ? 'Prepaid' : 'Credit';
    return { bin_issuer: 'TEST COMMERCE BANK', bin_payment_type: kind, bin_brand: brand };
  }

  private finishFound(inscription: Inscription): Changed<{ answer: JsonObject; card?: CardOnFile }> {
    const { commerceCode, username, tbkUser, payment } = inscription;
    const state = inscriptionState(inscription, this.behaviour(), this.store.nowMs());
    if (state === 'aborted' || state === 'form_timeout' || state === 'expired')
      return { answer: { answer: { response_code: NO_CARD } } };
    if (state === 'committed' && this.behaviour().secondCommit === '422') throw refused(texts.finishedState(''));
    if (!payment || !['approved_wait', 'rejected_wait', 'committed'].includes(state))
      throw refused(texts.unfinishedCommit('0'));
    if (inscription.state === 'rejected_wait' || !payment.approved) {
      inscription.state = 'rejected_wait';
      return { answer: { answer: { response_code: -1 } } };
    }
    const answer = {
      response_code: 0,
      tbk_user: tbkUser,
      authorization_code: INSCRIPTION_CODE,
      card_type: payment.brand,
      card_number: `XXXXXXXXXXXX${payment.lastDigits}`,
    };
    if (state === 'committed') return { answer: { answer } };
    inscription.state = 'committed';
    const effect = { effect: 'card', token: inscription.token, commerceCode, username, tbkUser };
    const card = { tbkUser, username, commerceCode, payment };
    return { answer: { answer, card }, effects: [{ operation: 'oneclick-finish', effect }] };
  }
}

const noCard = { lastDigits: '0000', brand: '', paymentTypeCode: 'VN', installmentsNumber: 0, approved: false };

function idOf(commerceCode: string, buyOrder: string): string {
  return `${commerceCode}/${buyOrder}`;
}

function isOf(card: CardOnFile | undefined, commerceCode: string, username: string): card is CardOnFile {
  return card?.commerceCode === commerceCode && card.username === username;
}

function ownInscription(inscription: Inscription | undefined, commerceCode: string): Inscription {
  if (!inscription) throw refused(texts.badParameter('transaction not found'));
  if (inscription.commerceCode !== commerceCode) throw refused(texts.badParameter('token'));
  return inscription;
}

function chargeOf(transaction: OneclickTransaction | undefined, commerceCode: unknown, buyOrder: unknown): Charge {
  if (!transaction) throw refused(texts.badParameter('transaction not found'));
  const charge = transaction.charges.find((one) => one.commerceCode === commerceCode && one.buyOrder === buyOrder);
  if (!charge) throw refused(texts.noDetail);
  return charge;
}

function effectOf(parentBuyOrder: string, operation: string, charge: Charge, effect: JsonObject): WebpayEffect {
  const { commerceCode, buyOrder, authorizationCode = '' } = charge;
  return {
    operation: `oneclick-${operation}`,
    effect: { ...effect, commerceCode, buyOrder, parentBuyOrder, authorizationCode },
  };
}
