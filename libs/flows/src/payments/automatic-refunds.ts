import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import type { PaymentRow } from './payment';
import { PaymentCaptures } from './payment-captures';
import { PaymentRefunds, WATCH_REFUND_MS } from './payment-refunds';
import { lockPayment, savePayment } from './payment-rows';
import { PaymentSettings } from './payment-settings';
import { refundsOf } from './refund-rows';

const SYSTEM = { actor: 'system:payments' };
/** Whoever asks again gets the first one. */
const KEY = 'automatic';

/** Money that moved, or is to move, without anybody waiting for it: lost refunds and captures, and the policy of reviews. */
@Injectable()
export class AutomaticRefunds {
  constructor(
    private readonly database: TenantDatabase,
    private readonly refunds: PaymentRefunds,
    private readonly captures: PaymentCaptures,
    private readonly settings: PaymentSettings,
  ) {}

  /** Of a payment that was charged. */
  async of(row: PaymentRow): Promise<void> {
    const { tenantId, id, captureOperationId, capturedAmount } = row;
    if (captureOperationId !== null && capturedAmount === null) await this.captures.catchUp(row);
    const refunds = await this.database.run(tenantId, (tx) => refundsOf(tx, id));
    const open = refunds.find(({ state }) => state === 'requested' || state === 'unknown');
    if (open) await this.refunds.catchUp(tenantId, open);
    else if (this.isDue(row) && refunds.length === 0)
      await this.refunds.request(tenantId, id, { idempotencyKey: KEY }, SYSTEM);
    await this.lookAgain(row);
  }

  /** Only by explicit policy of the installation: a review is otherwise a person's. */
  private isDue({ state, review, approvedAmount }: PaymentRow): boolean {
    return state === 'needs_review' && approvedAmount !== null && this.settings.autoRefund.includes(review ?? '');
  }

  /** As long as something is under way. */
  private async lookAgain({ tenantId, id }: PaymentRow): Promise<void> {
    await this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, id);
      if (!row) return;
      const refunds = await refundsOf(tx, id);
      const isOpen =
        refunds.some(({ state }) => state === 'requested' || state === 'unknown') ||
        (row.captureOperationId !== null && row.capturedAmount === null && row.state === 'paid');
      if (isOpen) await savePayment(tx, id, { nextCheckAt: new Date(row.now.getTime() + WATCH_REFUND_MS) });
    });
  }
}
