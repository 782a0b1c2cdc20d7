import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { OperationLedger, OperationNotFoundError } from '@puente/ledger';
import type { Origin } from '@puente/tenancy';
import { CaptureOutcomes } from './capture-outcomes';
import type { PaymentRow } from './payment';
import { recordEvent } from './payment-history';
import { targetOf } from './payment-moves';
import { type CaptureStep, PaymentOperations } from './payment-operations';
import { WATCH_REFUND_MS } from './payment-refunds';
import { lockPayment, savePayment } from './payment-rows';
import { PaymentCaptureRefusedError, PaymentNotFoundError } from './payments.errors';
import { RefundSupport } from './refund-support';
import { captureProblem } from './refund-rules';

const WAIT_MS = 25_000;

/** Takes the money of a deferred payment: once. */
@Injectable()
export class PaymentCaptures {
  constructor(
    private readonly database: TenantDatabase,
    private readonly ledger: OperationLedger,
    private readonly operations: PaymentOperations,
    private readonly outcomes: CaptureOutcomes,
    private readonly support: RefundSupport,
  ) {}

  /**
   * @param wanted left out: all that was authorised
   * @throws {PaymentNotFoundError} {@link PaymentCaptureRefusedError}
   */
  async capture(tenantId: string, paymentId: string, wanted: number | undefined, origin: Origin): Promise<PaymentRow> {
    const { row, step } = await this.intent(tenantId, paymentId, wanted, origin);
    const problem = await this.operations.capture(row, step, WAIT_MS).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
    );
    const after = await this.catchUp({ ...row, captureOperationId: step.operationId }, problem);
    if (after.captureOperationId === null)
      throw new PaymentCaptureRefusedError(
        problem ?? 'PROVIDER_REJECTED',
        'Webpay did not capture it; its operation says why',
      );
    return after;
  }

  /** Whatever the ledger knows of it by now. */
  catchUp({ tenantId, id, captureOperationId }: PaymentRow, problem = 'never_made'): Promise<PaymentRow> {
    return this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, id);
      if (!row) throw new PaymentNotFoundError(id);
      if (captureOperationId === null || row.captureOperationId !== captureOperationId) return row;
      try {
        return (await this.outcomes.settled(tx, await this.ledger.get(tx, captureOperationId))) ?? row;
      } catch (error) {
        if (!(error instanceof OperationNotFoundError)) throw error;
        return this.outcomes.notMade(tx, row, { problem });
      }
    });
  }

  private intent(
    tenantId: string,
    paymentId: string,
    wanted: number | undefined,
    origin: Origin,
  ): Promise<{ readonly row: PaymentRow; readonly step: CaptureStep }> {
    return this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, paymentId);
      if (!row) throw new PaymentNotFoundError(paymentId);
      const amount = wanted ?? row.approvedAmount ?? 0;
      const problem = captureProblem(row, amount, this.support.settings);
      if (problem) throw new PaymentCaptureRefusedError(problem.rule, problem.why);
      const { token, authorizationCode } = row;
      if (token === null || authorizationCode === null)
        throw new PaymentCaptureRefusedError('NOT_AUTHORISED', `the payment is ${row.state}`);
      const operationId = uuidv7();
      const nextCheckAt = new Date(row.now.getTime() + WATCH_REFUND_MS);
      await savePayment(tx, paymentId, { captureOperationId: operationId, nextCheckAt });
      await recordEvent(tx, paymentId, { type: 'capture.requested', data: { amount } });
      const target = targetOf(paymentId);
      await this.support.audit.record(tx, { ...origin, action: 'payment.capture_requested', target, outcome: 'done', detail: { amount } }); // prettier-ignore
      return { row, step: { operationId, token, authorizationCode, amount } };
    });
  }
}
