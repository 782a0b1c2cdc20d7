export type ChargeStatus =
  'INITIALIZED' | 'AUTHORIZED' | 'FAILED' | 'REVERSED' | 'NULLIFIED' | 'PARTIALLY_NULLIFIED' | 'CAPTURED';

/** What one commerce charges: the whole of a Webpay Plus transaction, one detail of a mall's. */
export interface Charge {
  readonly commerceCode: string;
  readonly buyOrder: string;
  readonly amount: number;
  readonly deferred: boolean;
  status: ChargeStatus;
  responseCode?: number;
  authorizationCode?: string;
  paymentTypeCode?: string;
  installmentsNumber: number;
  installmentsAmount?: number;
  /** What a nullification left over; absent before the first one. */
  balance?: number;
  capturedAmount?: number;
  /** Begin of the windows of refund and capture. */
  confirmedAt?: number;
  capturedAt?: number;
}

/** How the payer paid, known once the bank let them in. */
export interface CardPayment {
  readonly lastDigits: string;
  readonly brand: string;
  readonly paymentTypeCode: string;
  readonly installmentsNumber: number;
  /** Whether the issuer would charge it; the payer's own refusal comes on top. */
  readonly approved: boolean;
}

/**
 * - `created` → `form` (opened) → `bank` (card given) → `approved_wait` or `rejected_wait` → `committed`
 * - side exits: `aborted` by the payer, `form_timeout`, `error` (wrong password: no way back), `expired` (never opened in time)
 */
export type JourneyState =
  | 'created'
  | 'form'
  | 'bank'
  | 'approved_wait'
  | 'rejected_wait'
  | 'committed'
  | 'aborted'
  | 'form_timeout'
  | 'error'
  | 'expired';

/** A transaction of Webpay Plus or of its mall, by its token. */
export interface WebpayTransaction {
  readonly token: string;
  readonly mall: boolean;
  readonly commerceCode: string;
  readonly buyOrder: string;
  readonly sessionId: string;
  readonly returnUrl: string;
  readonly createdAt: number;
  readonly charges: Charge[];
  state: JourneyState;
  openedAt?: number;
  decidedAt?: number;
  /** Whether the bank knows who pays. */
  loggedIn?: boolean;
  payment?: CardPayment;
  vci?: string;
  /** What commit and status show instead of the truth, by order of the control plane. */
  forced?: Record<string, unknown>;
}

/** A stay of a card with a mall: `tbk_user`. */
export interface CardOnFile {
  readonly tbkUser: string;
  readonly username: string;
  readonly commerceCode: string;
  readonly payment: CardPayment;
}

export interface Inscription {
  readonly token: string;
  readonly commerceCode: string;
  readonly username: string;
  readonly email: string;
  readonly responseUrl: string;
  readonly createdAt: number;
  readonly tbkUser: string;
  state: JourneyState;
  openedAt?: number;
  decidedAt?: number;
  loggedIn?: boolean;
  payment?: CardPayment;
}

/** A payment with a card on file. */
export interface OneclickTransaction {
  readonly commerceCode: string;
  readonly buyOrder: string;
  readonly createdAt: number;
  readonly payment: CardPayment;
  readonly charges: Charge[];
}

/** The sum, as the form shows it. */
export function amountOf({ charges }: Pick<WebpayTransaction, 'charges'>): number {
  return charges.reduce((sum, { amount }) => sum + amount, 0);
}
