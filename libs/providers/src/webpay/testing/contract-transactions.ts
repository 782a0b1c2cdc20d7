import { createHash } from 'node:crypto';
import { WebpayPayer } from './webpay-payer';

const WEBPAY = '/webpay/rswebpaytransaction/api/webpay/v1.2/transactions';
const ONECLICK = '/webpay/rswebpaytransaction/api/oneclick/v1.2';
const RETURN_URL = 'https://shop.example.cl/back?order=1';
/** As many as a sample of the contract suite has cases, and some. */
const EACH = 20;
const AT_ONCE = 12;

export const AMOUNT = 1_000;
export const commerce = {
  plus: '597055555532',
  deferred: '597055555540',
  mall: '597055555535',
  mallChild: '597055555536',
  mallDeferredChild: '597055555582',
  oneclick: '597055555541',
  oneclickChild: '597055555542',
  oneclickDeferredChild: '597055555548',
} as const;

interface Paid {
  readonly token: string;
  readonly buyOrder: string;
}
interface Child {
  readonly childCommerceCode: string;
  readonly childBuyOrder: string;
}
interface Card {
  readonly username: string;
  readonly tbkUser: string;
}

/** What the cases need to find: the input of a commit names a transaction that somebody has already paid. */
interface Stock {
  readonly plusApproved: string;
  readonly plusPaid: Paid;
  readonly deferredPaid: Paid;
  readonly mallApproved: string;
  readonly mallPaid: Child & { readonly token: string };
  readonly mallDeferredPaid: Child & { readonly token: string };
  readonly inscribed: string;
  readonly card: Card;
  readonly charged: Child & { readonly buyOrder: string };
  readonly deferredCharged: Child & { readonly buyOrder: string };
}
type Kind = keyof Stock;

/** Made before the cases run, because a case cannot wait for its input; each case takes one of its own. */
export class ContractTransactions {
  private readonly stock = new Map<Kind, unknown[]>();
  private readonly taken = new Map<string, unknown>();
  private made = 0;

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  /** A buy order of its own for each case. */
  static order(unique: string): string {
    return createHash('sha256').update(unique).digest('hex').slice(0, 24);
  }

  async prepare(): Promise<void> {
    const makers: readonly (readonly [Kind, () => Promise<unknown>])[] = [
      ['plusApproved', () => this.approved(commerce.plus)],
      ['plusPaid', () => this.paid(commerce.plus)],
      ['deferredPaid', () => this.paid(commerce.deferred)],
      ['mallApproved', () => this.approved(commerce.mall, commerce.mallChild)],
      ['mallPaid', () => this.paidMall(commerce.mallChild)],
      ['mallDeferredPaid', () => this.paidMall(commerce.mallDeferredChild)],
      ['inscribed', () => this.inscription()],
      ['card', () => this.card()],
      ['charged', () => this.charge(commerce.oneclickChild)],
      ['deferredCharged', () => this.charge(commerce.oneclickDeferredChild)],
    ];
    const wanted = Array.from({ length: EACH }, () => makers).flat();
    const queue = wanted.values();
    const work = async (): Promise<void> => {
      for (const [kind, make] of queue) {
        const one = await make();
        this.stock.set(kind, [...(this.stock.get(kind) ?? []), one]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** The same for the same case, however often it asks. */
  take<K extends Kind>(kind: K, unique: string): Stock[K] {
    const key = `${kind} ${unique}`;
    const one = this.taken.get(key) ?? this.stock.get(kind)?.pop();
    if (one === undefined) throw new TypeError(`There is no ${kind} left: raise EACH.`);
    this.taken.set(key, one);
    return one as Stock[K];
  }

  private async approved(code: string, child?: string, buyOrder = this.nextOrder()): Promise<string> {
    const details = [{ amount: AMOUNT, commerce_code: child, buy_order: `${buyOrder}a` }];
    const sum = child === undefined ? { amount: AMOUNT } : { details };
    const body = { buy_order: buyOrder, session_id: 'session', return_url: RETURN_URL, ...sum };
    const { token } = (await this.ask('POST', WEBPAY, code, body)) as { token: string };
    await new WebpayPayer(this.url).approve(token);
    return token;
  }

  private async paid(code: string): Promise<Paid> {
    const buyOrder = this.nextOrder();
    const token = await this.approved(code, undefined, buyOrder);
    await this.ask('PUT', `${WEBPAY}/${token}`, code, {});
    return { token, buyOrder };
  }

  private async paidMall(childCommerceCode: string): Promise<Stock['mallPaid']> {
    const buyOrder = this.nextOrder();
    const token = await this.approved(commerce.mall, childCommerceCode, buyOrder);
    await this.ask('PUT', `${WEBPAY}/${token}`, commerce.mall, {});
    return { token, childCommerceCode, childBuyOrder: `${buyOrder}a` };
  }

  private async inscription(username = this.nextOrder()): Promise<string> {
    const body = { username, email: 'maria@example.cl', response_url: RETURN_URL };
    const started = await this.ask('POST', `${ONECLICK}/inscriptions`, commerce.oneclick, body);
    const { token } = started as { token: string };
    await new WebpayPayer(this.url).approve(token);
    return token;
  }

  private async card(): Promise<Card> {
    const username = this.nextOrder();
    const token = await this.inscription(username);
    const finished = await this.ask('PUT', `${ONECLICK}/inscriptions/${token}`, commerce.oneclick, {});
    return { username, tbkUser: (finished as { tbk_user: string }).tbk_user };
  }

  private async charge(childCommerceCode: string): Promise<Stock['charged']> {
    const { username, tbkUser } = await this.card();
    const buyOrder = this.nextOrder();
    const childBuyOrder = `${buyOrder}a`;
    const details = [{ commerce_code: childCommerceCode, buy_order: childBuyOrder, amount: AMOUNT }];
    const body = { username, tbk_user: tbkUser, buy_order: buyOrder, details };
    await this.ask('POST', `${ONECLICK}/transactions`, commerce.oneclick, body);
    return { buyOrder, childCommerceCode, childBuyOrder };
  }

  private nextOrder(): string {
    this.made += 1;
    return `made-${String(this.made)}`;
  }

  private async ask(method: string, path: string, code: string, body: object): Promise<unknown> {
    const headers = {
      'tbk-api-key-id': code,
      'tbk-api-key-secret': this.apiKey,
      'content-type': 'application/json',
    };
    const answer = await fetch(this.url + path, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
    return JSON.parse(text);
  }
}
