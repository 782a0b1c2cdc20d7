import type { JsonObject } from '@puente/kernel';
import { windows } from './webpay-behaviour.config';
import type { CardPayment, Charge } from './webpay-transaction';
import { refused, texts, WebpayRefusal } from './webpay-wire.errors';

/** Deferred sales answer with a longer code; both are those of the integration environment. */
const AUTHORIZATION = { simultaneous: '1213', deferred: '123456', none: '000000' } as const;

/** The moment of truth: the charge is made, or the issuer refuses it. */
export function settleCharge(charge: Charge, payment: CardPayment, approved: boolean, now: number): void {
  charge.paymentTypeCode = payment.paymentTypeCode;
  charge.installmentsNumber = payment.installmentsNumber;
  charge.confirmedAt = now;
  if (!approved) {
    Object.assign(charge, { status: 'FAILED', responseCode: -1, authorizationCode: AUTHORIZATION.none });
    return;
  }
  const authorizationCode = charge.deferred ? AUTHORIZATION.deferred : AUTHORIZATION.simultaneous;
  Object.assign(charge, { status: 'AUTHORIZED', responseCode: 0, authorizationCode });
  if (['S2', 'SI', 'NC'].includes(payment.paymentTypeCode))
    charge.installmentsAmount = Math.floor(charge.amount / payment.installmentsNumber);
}

/** What a refund answers; `REVERSED` says nothing but its type, as the real one. */
export type Refund = { readonly type: 'REVERSED' } | ({ readonly type: 'NULLIFIED' } & JsonObject);

/**
 * Gives money back: the whole within three hours as a reversal, everything else within 90 days as a nullification.
 *
 * @throws WebpayRefusal when there is nothing to give back, or not so much, or not in parts
 */
export function refundCharge(charge: Charge, amount: number, now: number): Refund {
  assertRefundable(charge);
  if (charge.deferred && charge.capturedAmount === undefined) {
    if (amount !== charge.amount) throw new WebpayRefusal(400, texts.notFound);
    return reverse(charge);
  }
  const sold = charge.capturedAmount ?? charge.amount;
  if (amount > (charge.balance ?? sold)) throw refused(texts.tooMuch);
  const age = now - (charge.capturedAt ?? charge.confirmedAt ?? now);
  const whole = amount === sold;
  if (whole && age < windows.reversalMs) return reverse(charge);
  if (age > windows.nullificationMs) throw refused(texts.refundTooLate);
  if (!whole) assertDivisible(charge);
  return nullify(charge, amount, (charge.balance ?? sold) - amount, now);
}

function assertRefundable({ status }: Charge): void {
  if (status === 'INITIALIZED') throw refused(texts.unfinishedRefund);
  if (status === 'FAILED') throw refused(texts.rejectedRefund);
  if (status === 'REVERSED' || status === 'NULLIFIED') throw refused(texts.fullyRefunded);
}

function assertDivisible({ paymentTypeCode = '' }: Charge): void {
  if (paymentTypeCode === 'VD' || paymentTypeCode === 'VP') throw refused(texts.debitPartial);
  if (paymentTypeCode !== 'VN') throw refused(texts.instalmentsPartial);
}

function reverse(charge: Charge): Refund {
  charge.status = 'REVERSED';
  return { type: 'REVERSED' };
}

function nullify(charge: Charge, amount: number, balance: number, now: number): Refund {
  charge.balance = balance;
  charge.status = balance === 0 ? 'NULLIFIED' : 'PARTIALLY_NULLIFIED';
  return {
    type: 'NULLIFIED',
    authorization_code: charge.authorizationCode ?? '',
    authorization_date: new Date(now).toISOString(),
    nullified_amount: amount,
    balance,
    response_code: 0,
  };
}

export interface Capture {
  readonly buyOrder: string;
  readonly authorizationCode: string;
  readonly amount: number;
}

/** Takes a reserved amount, or less of it, once. @throws WebpayRefusal */
export function captureCharge(charge: Charge, capture: Capture, now: number): JsonObject {
  if (!charge.deferred) throw refused(texts.notAllowed);
  if (charge.status === 'CAPTURED' || charge.capturedAmount !== undefined) throw refused(texts.captured);
  const fits =
    charge.status === 'AUTHORIZED' &&
    capture.buyOrder === charge.buyOrder &&
    capture.authorizationCode === charge.authorizationCode &&
    capture.amount <= charge.amount;
  if (!fits) throw new WebpayRefusal(400, texts.notFound);
  if (now - (charge.confirmedAt ?? now) > windows.captureMs) throw refused(texts.captureTooLate);
  Object.assign(charge, { status: 'CAPTURED', capturedAmount: capture.amount, capturedAt: now });
  return {
    authorization_code: charge.authorizationCode ?? '',
    authorization_date: new Date(now).toISOString(),
    captured_amount: capture.amount,
    response_code: 0,
  };
}
