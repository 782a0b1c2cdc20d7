const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How long Webpay allows what. Documented, and yet different from place to place and from year to year: configuration. */
export interface PaymentWindows {
  /** A whole refund is a reversal for as long as this after the commit. Webpay decides; this is only what to expect. */
  readonly reversalMs: number;
  /** Refunds are accepted for as long as this after the sale. */
  readonly nullificationMs: number;
  /** A deferred charge can be captured for as long as this after the commit. */
  readonly captureMs: number;
  /** `status` answers for as long as this after the creation. */
  readonly statusMs: number;
}

/** https://www.transbankdevelopers.cl/producto/webpay */
export const DOCUMENTED_WINDOWS: PaymentWindows = {
  reversalMs: 3 * HOUR,
  nullificationMs: 90 * DAY,
  captureMs: 7 * DAY,
  statusMs: 7 * DAY,
};

/**
 * Whether `status` can still tell what became of a transaction. Afterwards nothing is concluded from its silence: such
 * a payment goes on a list for people (T36).
 */
export function isQueryable(createdAt: Date, now: Date, { statusMs }: PaymentWindows = DOCUMENTED_WINDOWS): boolean {
  return now.getTime() - createdAt.getTime() <= statusMs;
}
