import type { TenantTransaction } from '@puente/database';
import { type JsonObject, uuidv7 } from '@puente/kernel';
import type { PaymentState } from './payment-states';

/** Something that was learnt about a payment, or done with it: the evidence that Transbank and auditors ask for. */
export interface PaymentEventView {
  readonly id: string;
  readonly type: string;
  readonly from: PaymentState | null;
  readonly to: PaymentState | null;
  readonly data: JsonObject;
  readonly at: Date;
}

export interface NewPaymentEvent {
  readonly type: string;
  readonly from?: PaymentState;
  readonly to?: PaymentState;
  /** Codes, flows and amounts; no token, no card, no text that a browser sent. */
  readonly data?: JsonObject;
}

export async function recordEvent(tx: TenantTransaction, paymentId: string, event: NewPaymentEvent): Promise<void> {
  await tx.query(
    `INSERT INTO payment_events (id, tenant_id, payment_id, type, from_state, to_state, data, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, puente_now())`,
    [
      ...[uuidv7(), tx.tenantId, paymentId, event.type, event.from ?? null, event.to ?? null],
      JSON.stringify(event.data ?? {}),
    ],
  );
}

/** Oldest first. */
export function historyOf(tx: TenantTransaction, paymentIds: readonly string[]): Promise<PaymentHistoryRow[]> {
  return tx.query<PaymentHistoryRow>(
    `SELECT id, payment_id AS "paymentId", type, from_state AS "from", to_state AS "to", data, at FROM payment_events
     WHERE tenant_id = $1 AND payment_id = ANY ($2::uuid[]) ORDER BY payment_id, id`,
    [tx.tenantId, paymentIds],
  );
}

export interface PaymentHistoryRow extends PaymentEventView {
  readonly paymentId: string;
}
