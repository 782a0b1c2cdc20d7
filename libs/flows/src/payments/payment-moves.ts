import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { JsonObject } from '@puente/kernel';
import { OperatorEvents } from '@puente/tenancy';
import type { PaymentRow } from './payment';
import { recordEvent } from './payment-history';
import { PaymentListener } from './payment-listener.port';
import { PaymentLog } from './payment-log';
import { PaymentMetrics } from './payment-metrics';
import { type PaymentPatch, savePayment } from './payment-rows';
import { PaymentSettings } from './payment-settings';
import { isOpen, type PaymentEvent, type PaymentState, transition } from './payment-states';

export interface Move {
  readonly event: PaymentEvent;
  /** `payer_left`, `late_approval` …; left out: the state says it all. */
  readonly reason?: string | undefined;
  readonly patch?: PaymentPatch | undefined;
  /** For the history. */
  readonly data?: JsonObject | undefined;
}

/** A commit that nobody told us about for so long is looked after: its process may have died before it was written down. */
const WATCH_COMMIT_MS = 60_000;

/**
 * The only way a payment changes its state: by the table, with its history, its listener and its operator event in one
 * transaction. The row is locked by the caller.
 */
@Injectable()
export class PaymentMoves {
  constructor(
    private readonly listener: PaymentListener,
    private readonly operators: OperatorEvents,
    private readonly settings: PaymentSettings,
    private readonly log: PaymentLog,
    private readonly metrics: PaymentMetrics,
  ) {}

  /** @returns the row as it is now; as it was, when the table leads nowhere from there */
  async move(tx: TenantTransaction, row: PaymentRow, { event, reason, patch, data = {} }: Move): Promise<PaymentRow> {
    const to = transition(row.state, event);
    if (to === undefined) return row;
    const review = to === 'needs_review' ? (reason ?? event) : null;
    const moved = await savePayment(tx, row.id, {
      ...{ state: to, reason: reason ?? null, review },
      // What the policy gives back without asking is due at once.
      nextCheckAt: review !== null && this.settings.autoRefund.includes(review) ? row.now : this.nextCheck(row, to),
      ...patch,
    });
    const said = reason === undefined ? data : { ...data, reason };
    await recordEvent(tx, row.id, { type: 'payment.state_changed', from: row.state, to, data: { event, ...said } });
    if (!isOpen(to)) await this.tellListener(tx, moved, row.state);
    if (to === 'needs_review') await this.tellOperators(tx, moved, 'payment.needs_review', said);
    tx.afterCommit(() => {
      this.metrics.became(to);
      this.log.stateChanged(tx.tenantId, row.id, row.state, to, moved.reason);
    });
    return moved;
  }

  /** Something a person has to look at, although the payment stays in its state. Told once for each reason. */
  async flag(tx: TenantTransaction, row: PaymentRow, review: string, data: JsonObject = {}): Promise<PaymentRow> {
    if (row.review === review) return row;
    await recordEvent(tx, row.id, { type: 'payment.flagged', data: { review, ...data } });
    const flagged = await savePayment(tx, row.id, { review });
    await this.tellOperators(tx, flagged, `payment.${review}`, data);
    return flagged;
  }

  /** When Webpay is asked next about a payment in this state; null: not any more. */
  nextCheck(row: PaymentRow, state: PaymentState): Date | null {
    const now = row.now.getTime();
    if (state === 'committing') return new Date(now + WATCH_COMMIT_MS);
    const over = state === 'cancelled' || state === 'expired';
    if (!isOpen(state) && !over) return null;
    if (over && row.token === null) return null;
    const at = now + this.settings.checkWaitMs(row.checks);
    const until = row.createdAt.getTime() + this.settings.statusMs;
    if (state === 'unknown') return new Date(at);
    if (over) return at > until ? null : new Date(at);
    return new Date(Math.max(now, Math.min(at, row.expiresAt.getTime())));
  }

  private async tellListener(tx: TenantTransaction, row: PaymentRow, before: PaymentState): Promise<void> {
    const { id: paymentId, reference, buyOrder, amount, refundedAmount, state, reason } = row;
    await this.listener.paymentEnded(tx, {
      ...{ paymentId, reference, buyOrder, amount, refundedAmount },
      ...{ state, before, reason },
    });
  }

  private async tellOperators(tx: TenantTransaction, row: PaymentRow, type: string, data: JsonObject): Promise<void> {
    const { tenantId } = tx;
    const facts = { ...data, state: row.state, amount: row.amount, buyOrder: row.buyOrder };
    const occasion = `${row.id}/${row.review ?? ''}`;
    tx.afterCommit(
      await this.operators.record(tx, { tenantId, type, subject: targetOf(row.id), data: facts, occasion }),
    );
  }
}

/** As the audit trail names it. */
export function targetOf(paymentId: string): string {
  return `payment:${paymentId}`;
}
