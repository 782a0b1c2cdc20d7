import { AppError } from '@puente/kernel';

/** There is no such payment, or it is another tenant's. HTTP 404. */
export class PaymentNotFoundError extends AppError {
  readonly code = 'PAYMENT_NOT_FOUND';

  constructor(given: string) {
    super(`There is no payment ${JSON.stringify(given.slice(0, 64))}.`);
  }
}

/** What came with a returning payer fits no payment of this address; nothing was asked, and nothing changed. HTTP 400. */
export class PaymentReturnInvalidError extends AppError {
  readonly code = 'PAYMENT_RETURN_INVALID';

  constructor() {
    super('The parameters of this return belong to no payment. Nothing was charged or changed by them.');
  }
}

/** The order is paid. HTTP 409. */
export class PaymentAlreadyPaidError extends AppError {
  readonly code = 'PAYMENT_ALREADY_PAID';

  constructor(
    readonly reference: string,
    readonly paymentId: string,
  ) {
    super(`The order ${JSON.stringify(reference)} is paid, by payment ${paymentId}.`);
  }
}

/** Its state does not allow it. HTTP 409. */
export class PaymentStateConflictError extends AppError {
  readonly code = 'PAYMENT_STATE_CONFLICT';

  constructor(paymentId: string, state: string, what: string) {
    super(`Payment ${paymentId} is ${state}: ${what}`);
  }
}

/** Another refund of this payment is under way, or its answer was lost: one at a time. HTTP 409. */
export class PaymentRefundOpenError extends AppError {
  readonly code = 'PAYMENT_REFUND_OPEN';

  constructor(
    readonly paymentId: string,
    readonly refundId: string,
  ) {
    super(
      `Refund ${refundId} of payment ${paymentId} is not decided yet. Wait for it: a second one could give the money back twice.`,
    );
  }
}

/** Webpay would refuse it, or has; or it is more than there is. Nothing was given back. HTTP 422. */
export class PaymentRefundRefusedError extends AppError {
  readonly code = 'PAYMENT_REFUND_REFUSED';

  constructor(
    /** Which rule: `AMOUNT_OVER_BALANCE`, `PARTIAL_NOT_ALLOWED`, `REFUND_WINDOW_CLOSED` … */
    readonly rule: string,
    why: string,
  ) {
    super(`The refund is refused (${rule}): ${why}`);
  }
}

/** Webpay would refuse it, or has. Nothing was captured. HTTP 422. */
export class PaymentCaptureRefusedError extends AppError {
  readonly code = 'PAYMENT_CAPTURE_REFUSED';

  constructor(
    readonly rule: string,
    why: string,
  ) {
    super(`The capture is refused (${rule}): ${why}`);
  }
}

/** Webpay could not be asked for a form. Nobody was charged; the same request may be made again. HTTP 502. */
export class PaymentNotOpenedError extends AppError {
  readonly code = 'PAYMENT_NOT_OPENED';

  constructor(
    readonly paymentId: string,
    reason: string,
  ) {
    super(`Webpay gave no payment page (${reason}). Nobody was charged. Ask again: it becomes a new attempt.`);
  }
}
