import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationView } from '@puente/ledger';
import { z } from 'zod';
import { codesOf } from './create-outcomes';
import { balanceOf, type PaymentRow } from './payment';
import { recordEvent } from './payment-history';
import { PaymentMetrics } from './payment-metrics';
import { PaymentMoves } from './payment-moves';
import { lockPayment } from './payment-rows';
import { findRefund, type RefundPatch, type RefundRow, saveRefund } from './refund-rows';

const Refunded = z.object({
  type: z.enum(['REVERSED', 'NULLIFIED']),
  authorizationCode: z.string().nullish(),
  nullifiedAmount: z.number().int().nullish(),
  responseCode: z.number().int().nullish(),
});

/**
 * What became of a refund. It is not idempotent at Webpay, and a reversal has no id: so one at a time, and a lost answer is
 * found again by the balance before and after, or by a person. Never by asking twice for the money.
 */
@Injectable()
export class RefundOutcomes {
  constructor(
    private readonly moves: PaymentMoves,
    private readonly metrics: PaymentMetrics,
  ) {}

  async settled(tx: TenantTransaction, operation: OperationView): Promise<RefundRow | undefined> {
    const found = await findRefund(tx, operation);
    const payment = found && (await lockPayment(tx, found.paymentId));
    // Again: somebody else may have applied it while we waited for the payment.
    const refund = payment && (await findRefund(tx, operation));
    if (!payment || !refund || refund.state === 'done') return refund;
    switch (operation.state) {
      case 'succeeded':
        return this.applied(tx, payment, refund, Refunded.safeParse(operation.output).data);
      case 'rejected':
      case 'exhausted':
      case 'cancelled':
        return this.refused(tx, refund, operation.providerCode ?? operation.failure ?? operation.state);
      case 'unknown':
      case 'needs_review':
      case 'dropped':
        return this.unclear(tx, payment, refund, operation);
      case 'queued':
      case 'running':
        return refund;
    }
  }

  /** Nothing was given back. */
  async refused(tx: TenantTransaction, refund: RefundRow, problem: string): Promise<RefundRow> {
    if (refund.state === 'refused') return refund;
    return this.save(tx, refund, { state: 'refused', problem });
  }

  private async applied(
    tx: TenantTransaction,
    payment: PaymentRow,
    refund: RefundRow,
    output: z.output<typeof Refunded> | undefined,
  ): Promise<RefundRow> {
    // Closed by a person as applied: the amount is what was asked for.
    const {
      type: kind,
      responseCode = null,
      authorizationCode = null,
      nullifiedAmount,
    } = output ?? { type: 'NULLIFIED' as const };
    if (kind === 'NULLIFIED' && responseCode !== null && responseCode !== 0)
      return this.save(tx, refund, {
        state: 'refused',
        responseCode,
        problem: `response code ${String(responseCode)}`,
      });
    const saved = await this.save(tx, refund, { state: 'done', kind, responseCode, authorizationCode });
    const amount = kind === 'REVERSED' ? refund.amount : (nullifiedAmount ?? refund.amount);
    const refundedAmount = payment.refundedAmount + amount;
    const left = (balanceOf(payment) ?? 0) - amount;
    const event = left > 0 ? 'part_refunded' : kind === 'REVERSED' ? 'all_reversed' : 'all_refunded';
    await this.moves.move(tx, payment, {
      ...{ event, patch: { refundedAmount }, data: { refundId: refund.id, kind, amount } },
      ...(event === 'part_refunded' && payment.state === 'needs_review' && payment.review !== null
        ? { reason: payment.review }
        : {}),
    });
    return saved;
  }

  private async unclear(
    tx: TenantTransaction,
    payment: PaymentRow,
    refund: RefundRow,
    operation: OperationView,
  ): Promise<RefundRow> {
    if (operation.state === 'needs_review')
      await this.moves.flag(tx, payment, 'refund_unclear', { refundId: refund.id });
    if (refund.state === 'unknown') return refund;
    return this.save(tx, refund, { state: 'unknown', problem: JSON.stringify(codesOf(operation)) });
  }

  private async save(tx: TenantTransaction, refund: RefundRow, patch: RefundPatch): Promise<RefundRow> {
    const { state, kind = null, responseCode = null, problem = null } = patch;
    const data = { refundId: refund.id, amount: refund.amount, state, kind, responseCode, problem };
    await recordEvent(tx, refund.paymentId, { type: 'refund.answered', data });
    tx.afterCommit(() => this.metrics.refund(state));
    return saveRefund(tx, refund.id, patch);
  }
}
