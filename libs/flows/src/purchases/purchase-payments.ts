import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { PurchaseSettings } from './purchase-settings';
import {
  QuantityMismatchError,
  RedirectUrlMissingError,
  RequestDecidedError,
  RequestNotFoundError,
  RequestNotPayableError,
} from './purchases.errors';
import { type OpenedPayment, type PayerReturn, RequestPayments, type ReturnedRequest } from './request-payments.port';
import { RequestDecisions } from './request-decisions';
import { findFirst, lockRequest, type PurchaseRequest, setStatus } from './request-rows';

/** Paying a request by Webpay (S2.6, S2.7): which request, for how much, and what is written down about it here. */
@Injectable()
export class PurchasePayments {
  constructor(
    private readonly database: TenantDatabase,
    private readonly settings: PurchaseSettings,
    private readonly decisions: RequestDecisions,
    private readonly payments: RequestPayments,
  ) {}

  /**
   * @throws {RequestNotFoundError} {@link RequestNotPayableError} {@link RequestDecidedError} {@link QuantityMismatchError}
   * @throws {RedirectUrlMissingError}
   */
  async create(tenantId: string, requestId: string, quantity: number): Promise<OpenedPayment> {
    const order = await this.database.run(tenantId, async (tx) => {
      const request = payable(await lockRequest(tx, requestId), requestId);
      if (request.quantity !== quantity) throw new QuantityMismatchError(requestId, quantity, request.quantity);
      const { redirectUrl, webpay: integration } = await this.settings.of(tx);
      if (redirectUrl === null) throw new RedirectUrlMissingError();
      return { requestId, amount: request.amount, integration, returnUrl: redirectUrl };
    });
    const opened = await this.payments.start(tenantId, order);
    const { paymentId, token: depositToken } = opened;
    await this.database.run(tenantId, async (tx) => {
      payable(await lockRequest(tx, requestId), requestId); // may have ended meanwhile: then nobody is sent to the form
      await setStatus(tx, requestId, { status: 'pending payment', paymentId, depositToken });
    });
    return opened;
  }

  /**
   * The payer is back at the shop, with the parameters Webpay gave or with none.
   *
   * @throws {RequestNotFoundError} nothing named is a payment of a request of the tenant's
   */
  async commit(
    tenantId: string,
    params: PayerReturn & { readonly requestId?: string | undefined },
  ): Promise<ReturnedRequest> {
    const { requestId, ...given } = params;
    const isNamed = Object.values(given).some((value) => value !== undefined && value !== '');
    const returned = isNamed
      ? await this.payments.returned(tenantId, given)
      : await this.left(tenantId, requestId ?? '');
    if (!returned) throw new RequestNotFoundError(given.token_ws ?? given.TBK_ORDEN_COMPRA ?? 'of this return');
    return returned.state === 'paid' ? this.checked(tenantId, returned) : returned;
  }

  /** The payer never came as far as Webpay, or turned round at its form. */
  private async left(tenantId: string, requestId: string): Promise<ReturnedRequest | undefined> {
    const paymentId = await this.database.run(tenantId, async (tx) => {
      const request = await lockRequest(tx, requestId);
      if (request?.origin !== 'internal') throw new RequestNotFoundError(requestId);
      if (request.paymentId === null && request.status !== 'rejected')
        await this.decisions.decide(tx, { requestId, valid: false, by: 'payment', told: 'cancelled' });
      return request.paymentId;
    });
    return paymentId === null ? { requestId, state: 'cancelled' } : this.payments.left(tenantId, paymentId);
  }

  /** Money that came for a request which had ended otherwise buys nothing: somebody looks at it. */
  private async checked(tenantId: string, returned: ReturnedRequest): Promise<ReturnedRequest> {
    const request = await this.database.run(tenantId, (tx) => findFirst(tx, { requestId: returned.requestId }));
    return request?.status === 'accepted' ? returned : { ...returned, state: 'in_review' };
  }
}

function payable(request: PurchaseRequest | undefined, requestId: string): PurchaseRequest {
  if (request?.origin !== 'internal') throw new RequestNotFoundError(requestId);
  if (request.status === 'accepted' || request.status === 'rejected')
    throw new RequestDecidedError(requestId, request.status);
  if (request.wallet) throw new RequestNotPayableError(requestId, 'its wallet pays for it');
  return request;
}
