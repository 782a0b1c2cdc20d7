import type { TenantTransaction } from '@puente/database';
import type { PaymentState } from './payment-states';

/** What became of a payment, told in the transaction in which it became so. */
export interface PaymentOutcome {
  readonly paymentId: string;
  /** The order, in the words of whoever started the payment. */
  readonly reference: string;
  readonly buyOrder: string;
  /** Whole Chilean pesos. */
  readonly amount: number;
  readonly refundedAmount: number;
  /** Never an open one: paid, rejected, cancelled, expired, needs_review, captured, or given back in part or in whole. */
  readonly state: PaymentState;
  readonly before: PaymentState;
  /** Why, where the state alone does not say: `double_payment`, `late_approval`, `payer_left` … */
  readonly reason: string | null;
}

/**
 * Hears what becomes of payments, for flows that hang their own effects on one. What it writes and that the payment is in
 * its new state are one commit, so an effect happens exactly once; when it throws, both are undone and it is told again.
 *
 * `paid` is told at most once of an order. `cancelled` and `expired` mean that nobody was charged, as far as Webpay says;
 * should it say otherwise later, `needs_review` follows, and a person decides. The app binds it.
 */
export abstract class PaymentListener {
  /**
   * Asked before an approval counts, with the payment's row locked: whether the order is still there to be paid. Money for
   * one that is over is a late approval.
   */
  abstract isWanted(tx: TenantTransaction, reference: string): Promise<boolean>;

  abstract paymentEnded(tx: TenantTransaction, outcome: PaymentOutcome): Promise<void>;
}

/** Where no other flow hangs anything on payments. */
export class NoPaymentListener extends PaymentListener {
  override isWanted(): Promise<boolean> {
    return Promise.resolve(true);
  }

  override async paymentEnded(): Promise<void> {
    // nobody listens
  }
}
