import type { PaymentRow } from './payment';
import { balanceOf } from './payment';
import type { PaymentState } from './payment-states';

/** What Webpay would refuse, and so we do before asking. */
export const REFUND_RULES = ['NOTHING_CHARGED', 'OVER_BALANCE', 'TOO_LATE', 'PARTIAL_OF_DEBIT', 'PARTIAL_OF_INSTALMENTS'] as const; // prettier-ignore

export interface RefundProblem {
  readonly rule: (typeof REFUND_RULES)[number];
  readonly why: string;
}

const REFUNDABLE: readonly PaymentState[] = ['paid', 'captured', 'partially_refunded', 'needs_review'];
/** Debit and prepaid. */
const NOT_CREDIT = ['VD', 'VP'];
/** Instalments of the issuer, three or two without interest, and any number without interest. */
const INSTALMENTS = ['VC', 'SI', 'S2', 'NC'];

type Charged = Pick<
  PaymentRow,
  | 'state'
  | 'paymentType'
  | 'installments'
  | 'approvedAmount'
  | 'capturedAmount'
  | 'refundedAmount'
  | 'committedAt'
  | 'now'
>;

/**
 * Whether an amount can be given back. All of it always can, for 90 days, and whether that is a reversal or an annulment is
 * for Webpay to say; a part only of credit without instalments.
 *
 * @see https://www.transbankdevelopers.cl/producto/webpay#reversas-y-anulaciones
 */
export function refundProblem(payment: Charged, amount: number, refundMs: number): RefundProblem | undefined {
  const balance = balanceOf(payment);
  if (balance === null || !REFUNDABLE.includes(payment.state))
    return { rule: 'NOTHING_CHARGED', why: `the payment is ${payment.state}, and nothing of it can be given back` };
  if (amount > balance)
    return { rule: 'OVER_BALANCE', why: `${String(amount)} is more than the ${String(balance)} that are left` };
  if (payment.committedAt !== null && payment.now.getTime() - payment.committedAt.getTime() > refundMs)
    return { rule: 'TOO_LATE', why: 'Webpay gives money back for 90 days only; use another way' };
  if (amount === balance && payment.refundedAmount === 0) return undefined;
  if (NOT_CREDIT.includes(payment.paymentType ?? ''))
    return { rule: 'PARTIAL_OF_DEBIT', why: 'of debit and prepaid only the whole can be given back' };
  if (INSTALMENTS.includes(payment.paymentType ?? '') || (payment.installments ?? 0) > 1)
    return { rule: 'PARTIAL_OF_INSTALMENTS', why: 'of instalments only the whole can be given back' };
  return undefined;
}

export interface CaptureProblem {
  readonly rule: 'NOT_AUTHORISED' | 'CAPTURED_ALREADY' | 'OVER_AUTHORISED' | 'TOO_LATE' | 'NOT_CREDIT';
  readonly why: string;
}

/** A deferred payment is captured once, for at most what was authorised, within 7 days, and only of credit. */
export function captureProblem(
  payment: Charged & Pick<PaymentRow, 'captureOperationId' | 'authorizationCode'>,
  amount: number,
  captureMs: number,
): CaptureProblem | undefined {
  if (payment.captureOperationId !== null)
    return { rule: 'CAPTURED_ALREADY', why: 'it is captured, or its capture is under way: once is all there is' };
  if (payment.state !== 'paid' || payment.approvedAmount === null || payment.authorizationCode === null)
    return { rule: 'NOT_AUTHORISED', why: `the payment is ${payment.state}` };
  if (amount > payment.approvedAmount)
    return { rule: 'OVER_AUTHORISED', why: `only ${String(payment.approvedAmount)} were authorised` };
  if (payment.committedAt !== null && payment.now.getTime() - payment.committedAt.getTime() > captureMs)
    return { rule: 'TOO_LATE', why: 'the time for it is over; the authorisation has lapsed' };
  if (NOT_CREDIT.includes(payment.paymentType ?? ''))
    return { rule: 'NOT_CREDIT', why: 'only credit can be captured later' };
  return undefined;
}
