import type { JsonObject } from '@puente/kernel';
import type { Charge, OneclickTransaction, WebpayTransaction } from './webpay-transaction';

const DATE = new Intl.DateTimeFormat('en-US', { timeZone: 'America/Santiago', month: '2-digit', day: '2-digit' });

/** What commit and status answer about a transaction, in the shapes that were seen (they differ by state). */
export function transactionView(transaction: WebpayTransaction): Record<string, unknown> {
  const { payment, vci, forced, mall, charges } = transaction;
  const dates = datesOf(transaction.createdAt);
  const known = {
    ...(vci === undefined ? {} : { vci }),
    buy_order: transaction.buyOrder,
    session_id: transaction.sessionId,
    ...(payment === undefined || vci === undefined ? {} : { card_detail: { card_number: payment.lastDigits } }),
    ...dates,
  };
  const [only] = charges;
  const own = mall || !only ? { details: charges.map((charge) => detailView(charge)) } : chargeView(only);
  const authenticated =
    vci === undefined || payment === undefined || mall ? {} : { payment_type_code: payment.paymentTypeCode };
  return present({ ...known, ...authenticated, ...own, ...forced });
}

/** A forced `null` takes a field away. */
function present(view: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== null));
}

export function oneclickView(transaction: OneclickTransaction): JsonObject {
  return {
    buy_order: transaction.buyOrder,
    card_detail: { card_number: transaction.payment.lastDigits },
    ...datesOf(transaction.createdAt),
    details: transaction.charges.map((charge) => detailView(charge)),
  };
}

/** The transaction's date is that of its creation, whenever it was paid: so it was observed. */
function datesOf(createdAt: number): { readonly accounting_date: string; readonly transaction_date: string } {
  return {
    accounting_date: DATE.format(createdAt).replace(/\D/g, ''),
    transaction_date: new Date(createdAt).toISOString(),
  };
}

function chargeView(charge: Charge): JsonObject {
  return {
    amount: charge.amount,
    status: charge.status,
    installments_number: charge.installmentsNumber,
    ...(charge.installmentsAmount === undefined ? {} : { installments_amount: charge.installmentsAmount }),
    ...(charge.authorizationCode === undefined ? {} : { authorization_code: charge.authorizationCode }),
    ...(charge.paymentTypeCode === undefined ? {} : { payment_type_code: charge.paymentTypeCode }),
    ...(charge.responseCode === undefined ? {} : { response_code: charge.responseCode }),
    ...(charge.balance === undefined ? {} : { balance: charge.balance }),
  };
}

function detailView(charge: Charge): JsonObject {
  return { ...chargeView(charge), commerce_code: charge.commerceCode, buy_order: charge.buyOrder };
}

/** Answers that were seen and cannot be reached by paying; `POST /_sandbox/webpay/force {token, view}`. */
export const forcedViews = {
  /** A cancelled payment that looks approved to whoever reads `response_code` alone. */
  aborted: { status: 'FAILED', vci: 'ABO', response_code: 0, authorization_code: '156520' },
  reversed: { status: 'REVERSED', vci: 'TSY', response_code: 0, authorization_code: '1213' },
  unpaid: {
    status: 'INITIALIZED',
    vci: null,
    response_code: null,
    authorization_code: null,
    card_detail: null,
    payment_type_code: null,
  },
  rejected: { status: 'FAILED', vci: 'TSN', response_code: -1, authorization_code: '000000' },
} as const satisfies Record<string, Readonly<Record<string, unknown>>>;
