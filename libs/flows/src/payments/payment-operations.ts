import { Injectable } from '@nestjs/common';
import type { CallResult } from '@puente/integrations';
import { Webpay } from '@puente/providers/webpay';
import type { PaymentRow } from './payment';

/** Whose step the settlement registry calls when the operation is settled. */
export const CREATE_SETTLED = 'payments.created';
export const COMMIT_SETTLED = 'payments.committed';
export const CAPTURE_SETTLED = 'payments.captured';
export const REFUND_SETTLED = 'payments.refunded';

/** The internal route of the idempotency keys of a payment's steps. */
const ROUTE = 'payments';

type Of = Pick<PaymentRow, 'id' | 'tenantId' | 'integration'>;

/**
 * The operations a payment consists of. Each has its id and its key before it is called, written down with the payment,
 * so that whoever comes after a crash finds it.
 */
@Injectable()
export class PaymentOperations {
  constructor(private readonly webpay: Webpay) {}

  create(
    payment: Of & Pick<PaymentRow, 'buyOrder' | 'sessionId' | 'amount'>,
    returnUrl: string,
    waitMs: number,
  ): Promise<CallResult> {
    const { buyOrder, sessionId, amount } = payment;
    const deadlineAt = new Date(Date.now() + waitMs);
    return this.webpay.call(
      'create',
      { buyOrder, sessionId, amount, returnUrl },
      { ...step(payment, 'create', payment.id, CREATE_SETTLED), deadlineMs: waitMs, deadlineAt },
    );
  }

  commit(payment: Of, { operationId, number, token }: CommitStep, waitMs: number): Promise<CallResult> {
    const options = step(payment, `commit:${String(number)}`, operationId, COMMIT_SETTLED);
    return this.webpay.call('commit', { token }, { ...options, deadlineMs: waitMs });
  }

  /** A read: it leaves no row. */
  status({ tenantId, integration }: Of, token: string, waitMs: number): Promise<CallResult> {
    return this.webpay.call('status', { token }, { tenantId, integration, deadlineMs: waitMs });
  }

  refund(payment: Of, { refundId, token, amount, balanceBefore }: RefundStep, waitMs: number): Promise<CallResult> {
    const options = step(payment, `refund:${refundId}`, refundId, REFUND_SETTLED);
    return this.webpay.call('refund', { token, amount, balanceBefore }, { ...options, deadlineMs: waitMs });
  }

  capture(
    payment: Of & Pick<PaymentRow, 'buyOrder'>,
    { operationId, token, authorizationCode, amount }: CaptureStep,
    waitMs: number,
  ): Promise<CallResult> {
    const options = step(payment, `capture:${operationId}`, operationId, CAPTURE_SETTLED);
    const { buyOrder } = payment;
    return this.webpay.call(
      'capture',
      { token, buyOrder, authorizationCode, amount },
      { ...options, deadlineMs: waitMs },
    );
  }
}

export interface CommitStep {
  readonly operationId: string;
  /** Which commit of this payment it is: another one is made only after one that had no effect. */
  readonly number: number;
  readonly token: string;
}

export interface RefundStep {
  readonly refundId: string;
  readonly token: string;
  readonly amount: number;
  readonly balanceBefore: number;
}

export interface CaptureStep {
  readonly operationId: string;
  readonly token: string;
  readonly authorizationCode: string;
  readonly amount: number;
}

function step({ id, tenantId, integration }: Of, key: string, operationId: string, subscriber: string) {
  const idempotency = { route: ROUTE, key: `${id}:${key}`, request: operationId };
  return { tenantId, integration, id: operationId, subscriber, idempotency };
}
