import {
  type CaptureRefusal,
  captureRuling,
  DOCUMENTED_WINDOWS,
  type RefundRefusal,
  refundRuling,
} from '@puente/providers/webpay';
import { balanceOf, type PaymentRow } from './payment';
import type { PaymentState } from './payment-states';

export interface Problem<Rule extends string> {
  readonly rule: Rule;
  readonly why: string;
}

/** How long Webpay allows it, as the installation has set it. */
export interface Windows {
  readonly refundMs: number;
  readonly captureMs: number;
}

type Charged = Pick<
  PaymentRow,
  'state' | 'paymentType' | 'approvedAmount' | 'capturedAmount' | 'refundedAmount' | 'committedAt' | 'now'
>;

const REFUNDABLE: readonly PaymentState[] = ['paid', 'captured', 'partially_refunded', 'needs_review'];

/** Why an amount cannot be given back; undefined: Webpay would take it. Nobody is called for what it would refuse. */
export function refundProblem(
  payment: Charged,
  amount: number,
  windows: Windows,
): Problem<RefundRefusal | 'NOTHING_CHARGED'> | undefined {
  const charge = chargeOf(payment);
  if (!charge || !REFUNDABLE.includes(payment.state)) return { rule: 'NOTHING_CHARGED', why: notIn(payment.state) };
  const ruling = refundRuling(charge, amount, payment.now, known(windows));
  return ruling.allowed ? undefined : { rule: ruling.code, why: ruling.reason };
}

/** Why a deferred payment cannot be captured; undefined: it can. A capture under way counts: once is all there is. */
export function captureProblem(
  payment: Charged & Pick<PaymentRow, 'captureOperationId' | 'authorizationCode'>,
  amount: number,
  windows: Windows,
): Problem<CaptureRefusal | 'NOT_AUTHORISED'> | undefined {
  const charge = chargeOf(payment);
  const isAuthorised = payment.state === 'paid' && payment.authorizationCode !== null;
  const isCaptured = payment.captureOperationId !== null;
  if (!charge || (!isAuthorised && !isCaptured)) return { rule: 'NOT_AUTHORISED', why: notIn(payment.state) };
  const ruling = captureRuling({ ...charge, captured: isCaptured }, amount, payment.now, known(windows));
  return ruling.allowed ? undefined : { rule: ruling.code, why: ruling.reason };
}

function chargeOf(payment: Charged) {
  const { capturedAmount, approvedAmount, paymentType, committedAt, now } = payment;
  const [amount, balance] = [capturedAmount ?? approvedAmount, balanceOf(payment)];
  if (amount === null || balance === null) return undefined;
  const captured = capturedAmount === null ? undefined : true;
  return { amount, balance, committedAt: committedAt ?? now, paymentTypeCode: paymentType ?? undefined, captured };
}

function known({ refundMs, captureMs }: Windows) {
  return { ...DOCUMENTED_WINDOWS, nullificationMs: refundMs, captureMs };
}

function notIn(state: PaymentState): string {
  return `The payment is ${state}, and nothing was charged that this could be done with.`;
}
