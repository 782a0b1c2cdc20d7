import type { PaymentState } from './payment-states';

/** A payment as its row holds it. Amounts are whole Chilean pesos. */
export interface PaymentRow {
  readonly id: string;
  readonly tenantId: string;
  readonly reference: string;
  readonly integration: string;
  readonly buyOrder: string;
  readonly sessionId: string;
  readonly amount: number;
  readonly state: PaymentState;
  readonly reason: string | null;
  readonly review: string | null;
  readonly resultUrl: string | null;
  readonly token: string | null;
  readonly formUrl: string | null;
  readonly formExpiresAt: Date | null;
  readonly expiresAt: Date;
  readonly commits: number;
  readonly commitOperationId: string | null;
  readonly commitBegunAt: Date | null;
  readonly committedAt: Date | null;
  readonly responseCode: number | null;
  readonly authorizationCode: string | null;
  readonly paymentType: string | null;
  readonly cardLast4: string | null;
  readonly installments: number | null;
  readonly vci: string | null;
  readonly accountingDate: string | null;
  readonly transactionDate: string | null;
  readonly approvedAmount: number | null;
  readonly refundedAmount: number;
  readonly capturedAmount: number | null;
  readonly captureOperationId: string | null;
  readonly nextCheckAt: Date | null;
  readonly checks: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** The database's clock when the row was read: all windows are measured with it. */
  readonly now: Date;
}

/** A payment as clients see it: no token, no address of a form. */
export interface PaymentView {
  readonly id: string;
  readonly reference: string;
  readonly buyOrder: string;
  readonly amount: number;
  readonly currency: 'CLP';
  readonly state: PaymentState;
  /** Why, where the state alone does not say. */
  readonly reason: string | null;
  /** What a person has to look at; null: nothing. */
  readonly review: string | null;
  readonly authorizationCode: string | null;
  readonly paymentType: string | null;
  readonly cardLast4: string | null;
  readonly installments: number | null;
  readonly responseCode: number | null;
  readonly refundedAmount: number;
  readonly capturedAmount: number | null;
  readonly integration: string;
  /** When its approval or refusal reached us: Webpay's own date is that of the form. */
  readonly committedAt: Date | null;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export function viewOf(row: PaymentRow): PaymentView {
  const { id, reference, buyOrder, amount, state, reason, review, integration } = row;
  const { authorizationCode, paymentType, cardLast4, installments, responseCode } = row;
  const { refundedAmount, capturedAmount, committedAt, expiresAt, createdAt, updatedAt } = row;
  return {
    ...{ id, reference, buyOrder, amount, currency: 'CLP', state, reason, review },
    ...{ authorizationCode, paymentType, cardLast4, installments, responseCode },
    ...{ refundedAmount, capturedAmount, integration, committedAt, expiresAt, createdAt, updatedAt },
  };
}

/** What was charged and not given back; null: nothing was charged. */
export function balanceOf(
  row: Pick<PaymentRow, 'approvedAmount' | 'capturedAmount' | 'refundedAmount'>,
): number | null {
  const charged = row.capturedAmount ?? row.approvedAmount;
  return charged === null ? null : charged - row.refundedAmount;
}
