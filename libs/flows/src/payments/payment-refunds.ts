import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { IdempotencyKeyReusedError, OperationLedger, OperationNotFoundError } from '@puente/ledger';
import type { Origin } from '@puente/tenancy';
import { balanceOf, type PaymentRow } from './payment';
import { recordEvent } from './payment-history';
import { targetOf } from './payment-moves';
import { PaymentOperations } from './payment-operations';
import { findPayment, lockPayment, savePayment } from './payment-rows';
import { PaymentNotFoundError, PaymentRefundOpenError, PaymentRefundRefusedError } from './payments.errors';
import { RefundOutcomes } from './refund-outcomes';
import { findRefund, insertRefund, type RefundRow, refundsOf } from './refund-rows';
import { RefundSupport } from './refund-support';
import { refundProblem } from './refund-rules';

const WAIT_MS = 25_000;
/** A refund that nobody told us about for so long is looked after. */
export const WATCH_REFUND_MS = 60_000;

export interface WantedRefund {
  /** Left out: all that is left. */
  readonly amount?: number | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** Gives money back: an intent with the balance it is measured against, then the call, one at a time for each payment. */
@Injectable()
export class PaymentRefunds {
  constructor(
    private readonly database: TenantDatabase,
    private readonly operations: PaymentOperations,
    private readonly outcomes: RefundOutcomes,
    private readonly support: RefundSupport,
    private readonly ledger: OperationLedger,
  ) {}

  /**
   * @returns the refund as it is now: `done`, `refused` by Webpay, or `unknown`, which the ledger finds out
   * @throws {PaymentNotFoundError} {@link PaymentRefundOpenError}
   * @throws {PaymentRefundRefusedError} by our own rules: nobody was called
   * @throws {IdempotencyKeyReusedError} the key came before with another amount
   */
  async request(tenantId: string, paymentId: string, wanted: WantedRefund, origin: Origin): Promise<RefundRow> {
    const { payment, refund, replayed } = await this.database.run(tenantId, (tx) =>
      this.intent(tx, paymentId, wanted, origin),
    );
    if (replayed || payment.token === null) return refund;
    const { id: refundId, amount, balanceBefore } = refund;
    const step = { refundId, token: payment.token, amount, balanceBefore };
    const problem = await this.operations.refund(payment, step, WAIT_MS).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
    );
    return this.catchUp(tenantId, refund, problem);
  }

  /** @throws {PaymentNotFoundError} */
  list(tenantId: string, paymentId: string): Promise<RefundRow[]> {
    return this.database.run(tenantId, async (tx) => {
      if (!(await findPayment(tx, paymentId))) throw new PaymentNotFoundError(paymentId);
      return refundsOf(tx, paymentId);
    });
  }

  /** Whatever the ledger knows of it by now; one that was never written down there was never made. */
  async catchUp(tenantId: string, refund: RefundRow, problem = 'never_made'): Promise<RefundRow> {
    return this.database.run(tenantId, async (tx) => {
      try {
        return (await this.outcomes.settled(tx, await this.ledger.get(tx, refund.operationId))) ?? refund;
      } catch (error) {
        if (!(error instanceof OperationNotFoundError)) throw error;
        await lockPayment(tx, refund.paymentId);
        const now = await findRefund(tx, { id: refund.id, replayOf: null });
        return now ? this.outcomes.refused(tx, now, problem) : refund;
      }
    });
  }

  private async intent(
    tx: TenantTransaction,
    paymentId: string,
    { amount: wanted, idempotencyKey }: WantedRefund,
    origin: Origin,
  ): Promise<{ readonly payment: PaymentRow; readonly refund: RefundRow; readonly replayed: boolean }> {
    const payment = await lockPayment(tx, paymentId);
    if (!payment) throw new PaymentNotFoundError(paymentId);
    const refunds = await refundsOf(tx, paymentId);
    const same = refunds.find((one) => idempotencyKey !== undefined && one.idempotencyKey === idempotencyKey);
    if (same) {
      if (wanted !== undefined && same.amount !== wanted)
        throw new IdempotencyKeyReusedError(same.idempotencyKey ?? '');
      return { payment, refund: same, replayed: true };
    }
    const open = refunds.find(({ state }) => state === 'requested' || state === 'unknown');
    if (open) throw new PaymentRefundOpenError(paymentId, open.id);
    const balanceBefore = balanceOf(payment) ?? 0;
    const amount = wanted ?? balanceBefore;
    const problem = refundProblem(payment, amount, this.support.settings);
    if (problem) throw new PaymentRefundRefusedError(problem.rule, problem.why);
    const intent = { id: uuidv7(), paymentId, amount, balanceBefore, idempotencyKey: idempotencyKey ?? null };
    const refund = await insertRefund(tx, { ...intent, actor: origin.actor });
    await recordEvent(tx, paymentId, {
      type: 'refund.requested',
      data: { refundId: refund.id, amount, balanceBefore },
    });
    await savePayment(tx, paymentId, { nextCheckAt: new Date(payment.now.getTime() + WATCH_REFUND_MS) });
    const detail = { refundId: refund.id, amount };
    await this.support.audit.record(tx, { ...origin, action: 'payment.refund_requested', target: targetOf(paymentId), outcome: 'done', detail }); // prettier-ignore
    return { payment, refund, replayed: false };
  }
}
