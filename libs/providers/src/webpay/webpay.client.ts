import { Oneclick, WebpayPlus } from 'transbank-sdk';
import { OneclickClient } from './webpay-oneclick.client';
import { absenceOf, type WebpayCall, type WebpayConnection } from './webpay-connection';
import { WebpayMallClient } from './webpay-mall.client';
import { WebpayPlusClient } from './webpay-plus.client';

const NO_TOKEN = '0'.repeat(64);
const NO_BUY_ORDER = 'puente-access-check';

/** Transbank's products over one account. An account is of one product; the operations of others are refused unsent. */
export class WebpayClient {
  readonly plus: WebpayPlusClient;
  readonly mall: WebpayMallClient;
  readonly oneclick: OneclickClient;

  constructor(private readonly connection: WebpayConnection) {
    this.plus = new WebpayPlusClient(connection);
    this.mall = new WebpayMallClient(connection);
    this.oneclick = new OneclickClient(connection);
  }

  close(): void {
    this.connection.close();
  }

  /**
   * Asks for a transaction that nobody has made: who has the right key is told that there is none, who has not gets 401.
   * A page that is not Webpay's proves nothing.
   */
  async checkAccess(call: WebpayCall): Promise<{ readonly answer: string }> {
    const refusal = await absenceOf(this.askForNothing(call));
    return { answer: refusal?.fault.message ?? 'found' };
  }

  private askForNothing(call: WebpayCall): Promise<unknown> {
    const { product } = this.connection;
    const options = this.connection.options(product, call);
    if (product === 'oneclick') return new Oneclick.MallTransaction(options).status(NO_BUY_ORDER);
    return new WebpayPlus.Transaction(options).status(NO_TOKEN);
  }
}
