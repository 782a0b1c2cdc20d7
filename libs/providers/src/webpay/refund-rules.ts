import { DOCUMENTED_WINDOWS, type PaymentWindows } from './payment-windows';
import { isDebitOrPrepaid, isInstalments } from './payment-types';

/** What is known of a paid charge: of a mall, of one shop's. */
export interface PaidCharge {
  /** What was taken: of a captured one, what was captured. Chilean pesos. */
  readonly amount: number;
  /** What has not been given back yet. */
  readonly balance: number;
  /** When we committed: Webpay's own date is that of the creation. */
  readonly committedAt: Date;
  readonly paymentTypeCode: string | undefined;
  /** Of a deferred commerce, whether it has been captured; left out: it is charged at once. */
  readonly captured?: boolean | undefined;
}

export type RefundRefusal =
  | 'AMOUNT_INVALID'
  | 'AMOUNT_OVER_BALANCE'
  | 'ALREADY_REFUNDED'
  | 'REFUND_WINDOW_CLOSED'
  | 'PARTIAL_NOT_ALLOWED'
  | 'PARTIAL_NOT_ALLOWED_WITH_INSTALMENTS'
  | 'UNCAPTURED_ONLY_WHOLE';

export type RefundRuling =
  | {
      readonly allowed: true;
      /** Likely, never certain: the answer's `type` is the truth. */ readonly expected: 'REVERSED' | 'NULLIFIED';
    }
  | { readonly allowed: false; readonly code: RefundRefusal; readonly reason: string };

/**
 * Whether Webpay would take a refund, so that it is refused before anything is sent, with a reason (T29 to T31, T35).
 *
 * - any amount up to the balance, for 90 days;   - debit and prepaid: the whole, at once;
 * - bought in instalments: the whole, at once;   - reserved and not captured: exactly what was reserved.
 *
 * https://www.transbankdevelopers.cl/producto/webpay#anulaciones-y-reversas
 */
export function refundRuling(
  charge: PaidCharge,
  amount: number,
  now: Date,
  windows: PaymentWindows = DOCUMENTED_WINDOWS,
): RefundRuling {
  const isWhole = amount === charge.amount && charge.balance === charge.amount;
  const age = now.getTime() - charge.committedAt.getTime();
  const refusal = amountRefusal(charge, amount) ?? (isWhole ? undefined : partialRefusal(charge));
  if (refusal) return { allowed: false, ...refusal };
  if (age > windows.nullificationMs) {
    return refused(
      'REFUND_WINDOW_CLOSED',
      `Webpay takes refunds for ${days(windows.nullificationMs)} days after the sale.`,
    );
  }
  const isReversal = isWhole && (charge.captured === false || age <= windows.reversalMs);
  return { allowed: true, expected: isReversal ? 'REVERSED' : 'NULLIFIED' };
}

export type CaptureRefusal =
  | 'AMOUNT_INVALID'
  | 'AMOUNT_OVER_AUTHORIZED'
  | 'ALREADY_CAPTURED'
  | 'CAPTURE_WINDOW_CLOSED'
  | 'CAPTURE_NOT_ALLOWED_FOR_CARD';

export type CaptureRuling =
  { readonly allowed: true } | { readonly allowed: false; readonly code: CaptureRefusal; readonly reason: string };

/** Whether Webpay would take a capture: once, credit without instalments, at most what was authorized, 7 days (T37). */
export function captureRuling(
  charge: Pick<PaidCharge, 'amount' | 'committedAt' | 'paymentTypeCode' | 'captured'>,
  amount: number,
  now: Date,
  windows: PaymentWindows = DOCUMENTED_WINDOWS,
): CaptureRuling {
  const { paymentTypeCode } = charge;
  if (!isAmount(amount)) return notCaptured('AMOUNT_INVALID', 'Chilean pesos are whole, and at least one.');
  if (charge.captured === true) return notCaptured('ALREADY_CAPTURED', 'It has been captured, which can be done once.');
  if (isDebitOrPrepaid(paymentTypeCode) || isInstalments(paymentTypeCode))
    return notCaptured('CAPTURE_NOT_ALLOWED_FOR_CARD', 'Only credit without instalments can be captured.');
  if (amount > charge.amount) return notCaptured('AMOUNT_OVER_AUTHORIZED', `${String(charge.amount)} were authorized.`);
  if (now.getTime() - charge.committedAt.getTime() > windows.captureMs)
    return notCaptured('CAPTURE_WINDOW_CLOSED', `Webpay takes captures for ${days(windows.captureMs)} days.`);
  return { allowed: true };
}

interface Refusal {
  readonly code: RefundRefusal;
  readonly reason: string;
}

function amountRefusal({ balance }: PaidCharge, amount: number): Refusal | undefined {
  if (!isAmount(amount)) return { code: 'AMOUNT_INVALID', reason: 'Chilean pesos are whole, and at least one.' };
  if (balance <= 0) return { code: 'ALREADY_REFUNDED', reason: 'All of it has been given back.' };
  if (amount > balance) return { code: 'AMOUNT_OVER_BALANCE', reason: `${String(balance)} are left to give back.` };
  return undefined;
}

function partialRefusal({ paymentTypeCode, captured }: PaidCharge): Refusal | undefined {
  if (captured === false)
    return { code: 'UNCAPTURED_ONLY_WHOLE', reason: 'What is only reserved is given back whole.' };
  if (isDebitOrPrepaid(paymentTypeCode))
    return { code: 'PARTIAL_NOT_ALLOWED', reason: 'Debit and prepaid cards are refunded whole, at once.' };
  if (isInstalments(paymentTypeCode))
    return {
      code: 'PARTIAL_NOT_ALLOWED_WITH_INSTALMENTS',
      reason: 'What was bought in instalments is refunded whole, at once.',
    };
  return undefined;
}

function isAmount(amount: number): boolean {
  return Number.isSafeInteger(amount) && amount > 0;
}

function refused(code: RefundRefusal, reason: string): RefundRuling {
  return { allowed: false, code, reason };
}

function notCaptured(code: CaptureRefusal, reason: string): CaptureRuling {
  return { allowed: false, code, reason };
}

function days(ms: number): string {
  return String(Math.round(ms / 86_400_000));
}
