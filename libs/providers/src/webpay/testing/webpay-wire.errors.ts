import { AppError } from '@puente/kernel';

/** A refusal as Transbank answers it: a status and `{"error_message": …}`. */
export class WebpayRefusal extends AppError {
  readonly code = 'WEBPAY_REFUSED';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Business logic and validation share 422. */
export function refused(message: string): WebpayRefusal {
  return new WebpayRefusal(422, message);
}

/**
 * The texts that were published, word for word, typing errors included: a client has nothing else to go by. Where none
 * was published the text is ours and marked so.
 */
export const texts = {
  notAuthorized: 'Not Authorized',
  unfinishedCommit: (status: string) =>
    `Invalid status '${status}' for transaction while authorizing. Commerce will be notified by webpay to authorize`,
  finishedState: (state: string) => `Transaction has an invalid finished state${state === '' ? '' : `: ${state}`}`,
  locked: 'Transaction already locked by another process',
  badParameter: (name: string) => `Invalid value for parameter: ${name}`,
  required: (name: string) => `${name} is required!`,
  badBuyOrder: (value: string) => `Parameter TBK_ORDEN_COMPRA rejected with value ${value}`,
  tooOld: `The transactions's date has passed max time (7 days) to recover the status`,
  otherVersion: 'Api mismatch error, required version is 1.2',
  unfinishedRefund: 'Transaction is unfinished, it is not possible to refund it yet',
  tooMuch: 'Amount to refund is bigger than authorized',
  fullyRefunded: 'Transaction already fully refunded',
  rejectedRefund: 'Transaction has an invalid state (8) to reverse',
  noDetail: 'Transaction detail was not found',
  debitPartial: 'Debit or prepaid transactions only allow reverses, not nullifications.',
  notFound: 'Transaction not found',
  notAllowed: 'Operation not allowed',
  /** Ours. */
  instalmentsPartial: 'Transactions with installments do not allow partial nullifications',
  /** Ours. */
  refundTooLate: 'Transaction has exceeded the time limit (90 days) to be nullified',
  /** Ours. */
  captureTooLate: 'Transaction has exceeded the time limit (7 days) to be captured',
  /** Ours. */
  captured: 'Transaction already captured',
  /** Ours. */
  usedBuyOrder: 'Transaction with this buy_order already exists',
} as const;
