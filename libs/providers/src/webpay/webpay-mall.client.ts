import type { Reconciliation } from '@puente/kernel';
import { TransactionDetail, WebpayPlus } from 'transbank-sdk';
import { captured, mallCommitted, refunded } from './reconciliation';
import { isFinal } from './transaction-verdict';
import { answerOf, WireCreated, WireMallTransaction } from './webpay-wire.schemas';
import type { WebpayCall, WebpayConnection } from './webpay-connection';
import { captureOf, commitOrAsk, pageOf, refundOf } from './webpay-plus.client';
import { WebpayRefusedError } from './webpay.errors';
import type {
  Captured,
  CaptureMallTransaction,
  ChildCharge,
  Created,
  CreateMallTransaction,
  MallTransaction,
  Refunded,
  RefundMallTransaction,
  TokenRef,
} from './webpay.schemas';

/** Webpay Plus Mall: one payer, several shops, each with its own verdict, balance and refunds. */
export class WebpayMallClient {
  constructor(private readonly connection: WebpayConnection) {}

  async create(input: CreateMallTransaction, call: WebpayCall): Promise<Created> {
    const { buyOrder, sessionId, returnUrl, details } = input;
    const sdk = this.sdk(call);
    this.connection.requireReturn(returnUrl);
    this.connection.requireChildren(details.map(({ commerceCode }) => commerceCode));
    const children = details.map((child) => new TransactionDetail(child.amount, child.commerceCode, child.buyOrder));
    return pageOf(this.connection, answerOf(WireCreated, await sdk.create(buyOrder, sessionId, returnUrl, children)));
  }

  /** Asks for the status as well, as Webpay Plus does. */
  async commit({ token }: TokenRef, call: WebpayCall): Promise<MallTransaction> {
    const sdk = this.sdk(call);
    return commitOrAsk(
      async () => answerOf(WireMallTransaction, await sdk.commit(token)),
      async () => answerOf(WireMallTransaction, await sdk.status(token)),
      ({ details }) => details.every(({ status }) => isFinal(status)),
    );
  }

  async status({ token }: TokenRef, call: WebpayCall): Promise<MallTransaction> {
    return answerOf(WireMallTransaction, await this.sdk(call).status(token));
  }

  async refund(input: RefundMallTransaction, call: WebpayCall): Promise<Refunded> {
    const { token, childBuyOrder, childCommerceCode, amount } = input;
    this.connection.requireChildren([childCommerceCode]);
    return refundOf(amount, await this.sdk(call).refund(token, childBuyOrder, childCommerceCode, amount));
  }

  async capture(input: CaptureMallTransaction, call: WebpayCall): Promise<Captured> {
    const { token, childBuyOrder, childCommerceCode, authorizationCode, amount } = input;
    this.connection.requireChildren([childCommerceCode]);
    const sdk = this.sdk(call);
    // In another order than everywhere else.
    return captureOf(amount, await sdk.capture(childCommerceCode, token, childBuyOrder, authorizationCode, amount));
  }

  async committed(input: TokenRef, call: WebpayCall): Promise<Reconciliation> {
    return mallCommitted(await this.status(input, call));
  }

  async refunded(input: RefundMallTransaction, call: WebpayCall): Promise<Reconciliation> {
    return refunded(childOf(await this.status(input, call), input), input);
  }

  async captured(input: CaptureMallTransaction, call: WebpayCall): Promise<Reconciliation> {
    return captured(childOf(await this.status(input, call), input), input);
  }

  private sdk(call: WebpayCall) {
    return new WebpayPlus.MallTransaction(this.connection.options('mall', call));
  }
}

export interface ChildRef {
  readonly childCommerceCode: string;
  readonly childBuyOrder: string;
}

/** @throws {WebpayRefusedError} NOT_FOUND: the transaction has no such shop */
export function childOf({ details }: Pick<MallTransaction, 'details'>, ref: ChildRef): ChildCharge {
  const found = details.find(
    ({ commerceCode, buyOrder }) => commerceCode === ref.childCommerceCode && buyOrder === ref.childBuyOrder,
  );
  if (found) return found;
  throw new WebpayRefusedError('NOT_FOUND', `There is no charge ${ref.childBuyOrder} of ${ref.childCommerceCode}.`);
}
