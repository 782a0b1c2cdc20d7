import { HttpUnansweredError } from '@puente/integrations';
import type { Reconciliation } from '@puente/kernel';
import { unknown } from '@puente/kernel';
import { Oneclick, TransactionDetail } from 'transbank-sdk';
import { captured, mallCommitted, refunded } from './reconciliation';
import { answerOf, WireInscribed, WireInscriptionStarted, WireMallTransaction } from './webpay-wire.schemas';
import { absenceOf, type WebpayCall, type WebpayConnection } from './webpay-connection';
import { childOf } from './webpay-mall.client';
import { captureOf, pageOf, refundOf } from './webpay-plus.client';
import type {
  AuthorizeCharge,
  Captured,
  CaptureCharge,
  ChargeRef,
  Created,
  DeleteInscription,
  Inscribed,
  MallTransaction,
  RefundCharge,
  Refunded,
  StartInscription,
  TokenRef,
} from './webpay.schemas';

/** Oneclick Mall: a card is inscribed once and charged without its payer. */
export class OneclickClient {
  constructor(private readonly connection: WebpayConnection) {}

  async start({ username, email, responseUrl }: StartInscription, call: WebpayCall): Promise<Created> {
    const sdk = this.inscriptions(call);
    this.connection.requireReturn(responseUrl);
    return pageOf(this.connection, answerOf(WireInscriptionStarted, await sdk.start(username, email, responseUrl)));
  }

  async finish({ token }: TokenRef, call: WebpayCall): Promise<Inscribed> {
    return answerOf(WireInscribed, await this.inscriptions(call).finish(token));
  }

  /** An inscription that is gone is gone: a repeat after a lost answer is no error. */
  async delete({ tbkUser, username }: DeleteInscription, call: WebpayCall): Promise<{ readonly deleted: boolean }> {
    const sdk = this.inscriptions(call);
    const refusal = await absenceOf(
      sdk.delete(tbkUser, username).then((answer: unknown) => {
        // 204 and nothing else.
        if (answer !== undefined) throw new HttpUnansweredError(unknown('bad_body', { code: 'ANSWER_MISMATCH' }));
      }),
    );
    return { deleted: refusal === undefined };
  }

  async authorize(input: AuthorizeCharge, call: WebpayCall): Promise<MallTransaction> {
    const { username, tbkUser, buyOrder, details } = input;
    const sdk = this.charges(call);
    this.connection.requireChildren(details.map(({ commerceCode }) => commerceCode));
    const children = details.map(
      (child) => new TransactionDetail(child.amount, child.commerceCode, child.buyOrder, child.installmentsNumber),
    );
    return answerOf(WireMallTransaction, await sdk.authorize(username, tbkUser, buyOrder, children));
  }

  async status({ buyOrder }: ChargeRef, call: WebpayCall): Promise<MallTransaction> {
    return answerOf(WireMallTransaction, await this.charges(call).status(buyOrder));
  }

  async refund(input: RefundCharge, call: WebpayCall): Promise<Refunded> {
    const { buyOrder, childCommerceCode, childBuyOrder, amount } = input;
    this.connection.requireChildren([childCommerceCode]);
    return refundOf(amount, await this.charges(call).refund(buyOrder, childCommerceCode, childBuyOrder, amount));
  }

  async capture(input: CaptureCharge, call: WebpayCall): Promise<Captured> {
    const { childCommerceCode, childBuyOrder, authorizationCode, amount } = input;
    this.connection.requireChildren([childCommerceCode]);
    const sdk = this.charges(call);
    return captureOf(amount, await sdk.capture(childCommerceCode, childBuyOrder, authorizationCode, amount));
  }

  /** A charge that Transbank does not know under its buy order was not made. */
  async authorized(input: AuthorizeCharge, call: WebpayCall): Promise<Reconciliation> {
    let found: MallTransaction | undefined;
    await absenceOf(
      this.status(input, call).then((transaction) => {
        found = transaction;
      }),
    );
    return found ? mallCommitted(found) : { kind: 'absent' };
  }

  async refunded(input: RefundCharge, call: WebpayCall): Promise<Reconciliation> {
    return refunded(childOf(await this.status(input, call), input), input);
  }

  async captured(input: CaptureCharge, call: WebpayCall): Promise<Reconciliation> {
    return captured(childOf(await this.status(input, call), input), input);
  }

  private inscriptions(call: WebpayCall) {
    return new Oneclick.MallInscription(this.connection.options('oneclick', call));
  }

  private charges(call: WebpayCall) {
    return new Oneclick.MallTransaction(this.connection.options('oneclick', call));
  }
}
