import { Injectable, Logger } from '@nestjs/common';
import type { PaymentState } from './payment-states';

/** Every line about payments. Ids, states and codes; never a token, a card or an address. */
@Injectable()
export class PaymentLog {
  private readonly log = new Logger('Payments');

  stateChanged(tenantId: string, paymentId: string, from: PaymentState, to: PaymentState, reason: string | null): void {
    const fields = { event: 'payment.state_changed', tenantId, paymentId, from, to, reason };
    if (to === 'needs_review') this.log.warn(fields, 'A payment needs a person');
    else this.log.log(fields, 'A payment is in another state');
  }

  returned(tenantId: string, paymentId: string, kind: string, state: PaymentState): void {
    this.log.log({ event: 'payment.returned', tenantId, paymentId, kind, state }, 'A payer came back from the form');
  }

  commitUnclear(tenantId: string, paymentId: string, why: string): void {
    this.log.warn(
      { event: 'payment.commit_unclear', tenantId, paymentId, why },
      'The answer of a commit is not known; Webpay will be asked for its status',
    );
  }

  statusUnread(tenantId: string, paymentId: string, why: string): void {
    this.log.warn(
      { event: 'payment.status_unread', tenantId, paymentId, why },
      'Webpay could not be asked about a payment; it is asked again later',
    );
  }

  passFailed(what: string, error: unknown): void {
    this.log.error(
      { event: 'payment_upkeep.failed', what, error: said(error) },
      'Upkeep of payments failed; it is tried again',
    );
  }
}

function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
