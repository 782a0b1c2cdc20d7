import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { RequestDecisions } from './request-decisions';
import { RequestDecidedError } from './purchases.errors';
import { lockRequest } from './request-rows';

/** What became of a payment, as far as a request has to know. */
export interface RequestPaymentOutcome {
  readonly paymentId: string;
  /** The request. */
  readonly reference: string;
  readonly state: string;
}

/**
 * Told in the transaction in which a payment ends: the request ends with it, or neither does.
 *
 * Only the payment that the request knows rejects it: an attempt that was given up for a newer one says nothing. Any that
 * was paid accepts it, if it still waits for that.
 */
@Injectable()
export class RequestOutcomes {
  constructor(private readonly decisions: RequestDecisions) {}

  /** Whether a request still waits for money from Webpay. What is no request's is somebody else's to judge. */
  async isWanted(tx: TenantTransaction, requestId: string): Promise<boolean> {
    const request = await lockRequest(tx, requestId);
    return request === undefined || (!request.wallet && request.status !== 'accepted' && request.status !== 'rejected');
  }

  async paymentEnded(tx: TenantTransaction, outcome: RequestPaymentOutcome): Promise<void> {
    const { paymentId, reference: requestId, state } = outcome;
    const request = await lockRequest(tx, requestId);
    if (request === undefined) return; // no request's: somebody else's payment
    if (state === 'paid') {
      await this.decisions.decide(tx, { requestId, valid: true, by: 'payment' });
      return;
    }
    const isOver = state === 'rejected' || state === 'cancelled' || state === 'expired';
    if (isOver && request.paymentId === paymentId)
      await this.refused(tx, requestId, state === 'rejected' ? 'rejected' : 'cancelled');
  }

  private async refused(tx: TenantTransaction, requestId: string, told: 'rejected' | 'cancelled'): Promise<void> {
    try {
      await this.decisions.decide(tx, { requestId, valid: false, by: 'payment', told });
    } catch (error) {
      if (!(error instanceof RequestDecidedError)) throw error; // another word came first
    }
  }
}
