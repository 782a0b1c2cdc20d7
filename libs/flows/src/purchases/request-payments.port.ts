/** A form at Webpay that a payer can be sent to. */
export interface OpenedPayment {
  readonly paymentId: string;
  /** Where the browser goes, with `token_ws`. */
  readonly url: string;
  readonly token: string;
}

export interface PaymentOrder {
  readonly requestId: string;
  /** CLP. */
  readonly amount: number;
  /** The tenant's webpay account. */
  readonly integration: string;
  /** Where Webpay sends the payer back to. */
  readonly returnUrl: string;
}

/** As the payer came back with them; nothing of it is trusted. */
export interface PayerReturn {
  readonly token_ws?: string | undefined;
  readonly TBK_TOKEN?: string | undefined;
  readonly TBK_ORDEN_COMPRA?: string | undefined;
  readonly TBK_ID_SESION?: string | undefined;
}

export interface ReturnedRequest {
  readonly requestId: string;
  /** `open`: nobody knows yet, and the reconciler asks on. `in_review`: a person decides. */
  readonly state: 'paid' | 'rejected' | 'cancelled' | 'open' | 'in_review';
}

/**
 * How requests are paid by Webpay, by another flow: flows do not know each other, and the app binds this to the one that
 * handles payments. What became of a payment comes back through {@link RequestOutcomes}.
 */
export abstract class RequestPayments {
  /** Opens a form, or gives the one that was opened a moment ago. */
  abstract start(tenantId: string, order: PaymentOrder): Promise<OpenedPayment>;

  /** The payer is back. @returns undefined when no payment of the tenant's is named */
  abstract returned(tenantId: string, params: PayerReturn): Promise<ReturnedRequest | undefined>;

  /** The payer left, as the shop says: asked of Webpay before it is believed. @returns undefined without such a payment */
  abstract left(tenantId: string, paymentId: string): Promise<ReturnedRequest | undefined>;
}
