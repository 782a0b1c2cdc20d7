import { Injectable } from '@nestjs/common';
import {
  PaymentNotFoundError,
  PaymentReturnInvalidError,
  PaymentsFlow,
  type PaymentState,
  type PaymentView,
} from '@puente/flows/payments';
import {
  type OpenedPayment,
  type PayerReturn,
  type PaymentOrder,
  RequestPayments,
  type ReturnedRequest,
} from '@puente/flows/purchases';

/** How long the part of a buy order is that says which request it is for. */
const RECOGNISED_BY = 8;

const STATES: Readonly<Record<PaymentState, ReturnedRequest['state']>> = {
  ...({ created: 'open', pending: 'open', committing: 'open', unknown: 'open' } as const),
  ...({ rejected: 'rejected', cancelled: 'cancelled', expired: 'cancelled', needs_review: 'in_review' } as const),
  ...({ paid: 'paid', captured: 'paid', partially_refunded: 'paid' } as const),
  ...({ refunded: 'cancelled', reversed: 'cancelled' } as const),
};

/** Requests are paid by the payments flow; the two do not know each other. */
@Injectable()
export class WebpayOfRequests extends RequestPayments {
  constructor(private readonly flow: PaymentsFlow) {
    super();
  }

  override async start(tenantId: string, order: PaymentOrder): Promise<OpenedPayment> {
    const { requestId: reference, amount, integration, returnUrl } = order;
    const buyOrderPrefix = reference.slice(-RECOGNISED_BY);
    const wanted = { reference, amount, integration, returnUrl, buyOrderPrefix };
    const { id: paymentId, url, token } = await this.flow.start(tenantId, wanted);
    return { paymentId, url, token };
  }

  override returned(tenantId: string, params: PayerReturn): Promise<ReturnedRequest | undefined> {
    return unlessUnknown(this.flow.commitReturn(tenantId, params));
  }

  override left(tenantId: string, paymentId: string): Promise<ReturnedRequest | undefined> {
    return unlessUnknown(this.flow.cancel(tenantId, paymentId, 'payer_left'));
  }
}

async function unlessUnknown(asked: Promise<PaymentView>): Promise<ReturnedRequest | undefined> {
  try {
    const { reference, state } = await asked;
    return { requestId: reference, state: STATES[state] };
  } catch (error) {
    if (error instanceof PaymentReturnInvalidError || error instanceof PaymentNotFoundError) return undefined;
    throw error;
  }
}
