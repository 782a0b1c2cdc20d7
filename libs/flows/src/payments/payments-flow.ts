import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { isUuid } from '@puente/kernel';
import { type PaymentView, viewOf } from './payment';
import { PaymentChecks } from './payment-checks';
import { PaymentMoves } from './payment-moves';
import { PaymentReturns } from './payment-returns';
import { findByToken, findPayment } from './payment-rows';
import { PaymentStart, type StartPayment } from './payment-start';
import { PaymentNotFoundError, PaymentReturnInvalidError } from './payments.errors';
import { type ReturnParams, WEBPAY_TOKEN } from './return-params';

/** What a payer needs to get to the form. */
export interface StartedPayment extends PaymentView {
  /** Webpay's page: a browser posts the token there as `token_ws`. */
  readonly url: string;
  readonly token: string;
  /** The same in one address, for a redirect. */
  readonly redirectUrl: string;
  readonly formExpiresAt: Date;
  /** An earlier press of the button began it. */
  readonly reused: boolean;
}

/** Where a payer who came back is sent. */
export interface ReturnedPayment extends PaymentView {
  readonly resultUrl: string | null;
}

/**
 * Payments with Webpay, for clients and for other flows, which reach it through a port of their own: start one, take the
 * payer back, ask. What follows from the end of a payment hangs on {@link PaymentListener}, never on these answers.
 */
@Injectable()
export class PaymentsFlow {
  constructor(
    private readonly database: TenantDatabase,
    private readonly starts: PaymentStart,
    private readonly returns: PaymentReturns,
    private readonly checks: PaymentChecks,
    private readonly moves: PaymentMoves,
  ) {}

  /**
   * The intent is committed before Webpay is called. The same order and amount within minutes gives the same form.
   *
   * @throws {PaymentAlreadyPaidError} {@link PaymentNotOpenedError} what `IntegrationGateway.call` throws
   */
  async start(tenantId: string, wanted: StartPayment): Promise<StartedPayment> {
    const { row, reused } = await this.starts.start(tenantId, wanted);
    const { token, formUrl, formExpiresAt } = row;
    if (token === null || formUrl === null || formExpiresAt === null)
      throw new Error(`Payment ${row.id} was opened without a form`);
    const redirect = new URL(formUrl);
    redirect.searchParams.set('token_ws', token);
    return { ...viewOf(row), url: formUrl, token, redirectUrl: redirect.href, formExpiresAt, reused };
  }

  /**
   * A payer is back at an address of another flow: what the browser brought, as it came. Commits, or asks for the status;
   * safe to repeat, from any process.
   *
   * @throws {PaymentReturnInvalidError} they belong to no payment of this tenant; nobody was called
   */
  async commitReturn(tenantId: string, params: ReturnParams): Promise<ReturnedPayment> {
    const row = await this.returns.ofTenant(tenantId, params);
    return { ...viewOf(row), resultUrl: row.resultUrl };
  }

  /** The same at our own return address, whose secret names tenant and payment. @throws {PaymentNotFoundError} as well */
  async returnedTo(secret: string, params: ReturnParams): Promise<ReturnedPayment> {
    const row = await this.returns.atAddress(secret, params);
    return { ...viewOf(row), resultUrl: row.resultUrl };
  }

  /**
   * Gives a payment up that nobody wants any more. Webpay is asked first: one that was charged stays what it is.
   *
   * @throws {PaymentNotFoundError}
   */
  async cancel(tenantId: string, paymentId: string, reason = 'cancelled_by_merchant'): Promise<PaymentView> {
    if (!isUuid(paymentId)) throw new PaymentNotFoundError(paymentId);
    const row = await this.checks.ask(tenantId, paymentId, async (tx, { row: now, answer }) =>
      (answer === 'unfinished' || answer === 'no_token') && (now.state === 'pending' || now.state === 'created')
        ? this.moves.move(tx, now, { event: 'abandoned', reason })
        : now,
    );
    if (!row) throw new PaymentNotFoundError(paymentId);
    return viewOf(row);
  }

  /** As it is known here; nobody is called. @throws {PaymentNotFoundError} */
  async statusOf(tenantId: string, paymentId: string): Promise<PaymentView> {
    const row = isUuid(paymentId) && (await this.database.run(tenantId, (tx) => findPayment(tx, paymentId)));
    if (!row) throw new PaymentNotFoundError(paymentId);
    return viewOf(row);
  }

  /** Whose Webpay token it is. @throws {PaymentReturnInvalidError} nobody's */
  async withToken(tenantId: string, token: string): Promise<PaymentView> {
    const row = WEBPAY_TOKEN.test(token) && (await this.database.run(tenantId, (tx) => findByToken(tx, token)));
    if (!row) throw new PaymentReturnInvalidError();
    return viewOf(row);
  }
}
