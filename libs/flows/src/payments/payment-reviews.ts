import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { AuditLog, type Origin } from '@puente/tenancy';
import type { PaymentRow } from './payment';
import { recordEvent } from './payment-history';
import { PaymentMoves, targetOf } from './payment-moves';
import { findPaid, lockOrder, lockPayment, savePayment } from './payment-rows';
import { transition } from './payment-states';
import { PaymentAlreadyPaidError, PaymentNotFoundError, PaymentStateConflictError } from './payments.errors';
import type { ResolvePaymentBody } from './payments.schemas';

/** What a person found out about a payment that could not be decided. */
@Injectable()
export class PaymentReviews {
  constructor(
    private readonly database: TenantDatabase,
    private readonly moves: PaymentMoves,
    private readonly audit: AuditLog,
  ) {}

  /**
   * @throws {PaymentNotFoundError} {@link PaymentStateConflictError} there is nothing to resolve
   * @throws {PaymentAlreadyPaidError} it cannot count as paid: the order is, by another payment
   */
  resolve(tenantId: string, id: string, { outcome, note }: ResolvePaymentBody, origin: Origin): Promise<PaymentRow> {
    return this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, id);
      if (!row) throw new PaymentNotFoundError(id);
      const resolved = outcome === 'seen' ? await this.seen(tx, row) : await this.decided(tx, row, outcome, note);
      const detail = { outcome, before: row.state, review: row.review, ...(note === undefined ? {} : { note }) };
      await this.audit.record(tx, {
        ...origin,
        action: 'payment.resolved',
        target: targetOf(id),
        outcome: 'done',
        detail,
      });
      return resolved;
    });
  }

  private async decided(
    tx: TenantTransaction,
    row: PaymentRow,
    outcome: 'paid' | 'closed',
    note: string | undefined,
  ): Promise<PaymentRow> {
    const event = outcome === 'paid' ? 'person_accepts' : 'person_closes';
    const waits = row.state === 'needs_review' || row.review !== null;
    if (!waits || transition(row.state, event) === undefined)
      throw new PaymentStateConflictError(row.id, row.state, 'it does not wait for a decision.');
    if (outcome === 'paid') {
      await lockOrder(tx, row.reference);
      const paid = await findPaid(tx, row.reference, row.id);
      if (paid) throw new PaymentAlreadyPaidError(row.reference, paid.id);
    }
    const patch = outcome === 'paid' ? { approvedAmount: row.approvedAmount ?? row.amount } : {};
    const data = note === undefined ? {} : { note };
    return this.moves.move(tx, row, { event, reason: `resolved_${outcome}`, patch, data });
  }

  /** What was flagged is dealt with, and the payment is what it is. */
  private async seen(tx: TenantTransaction, row: PaymentRow): Promise<PaymentRow> {
    if (row.review === null || row.state === 'needs_review')
      throw new PaymentStateConflictError(row.id, row.state, 'there is no flag that could be taken away.');
    await recordEvent(tx, row.id, { type: 'payment.flag_removed', data: { review: row.review } });
    return savePayment(tx, row.id, { review: null });
  }
}
