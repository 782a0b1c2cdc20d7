import { setTimeout as sleep } from 'node:timers/promises';
import { WebpayPayer } from '@puente/providers/webpay/testing';
import type { Answer, Headers } from '../../support/sandbox-client';
import type { RequestView, ShopTenant } from '../../support/shop-tenant';
import { SeededRandom } from '../seeded-random';

export interface BuyerPlan {
  readonly seed: number;
  readonly buyers: number;
}

const DOES = ['approve', 'approve', 'approve', 'reject', 'abort', 'leave'] as const;
const MOST_UNITS = 3;
/** Longer than a lane is closed after failures in a row: whoever wants to buy presses the button again that long. */
const INSIST_MS = 100_000;
const RETRY_MS = 400;

/** What one of them is about to do. */
export interface Buyer {
  readonly id: number;
  readonly quantity: number;
  readonly wallet: boolean;
  /** At Webpay. */
  readonly does: (typeof DOES)[number];
  /** What the other groups say of it, of those that a wallet pays. */
  readonly valid: boolean;
  /** How often the browser comes back, or the word about it is said: at once. */
  readonly times: number;
}

/** CLP that every wallet begins with: not enough for the most expensive purchase. */
export const MONEY = 2_500;

/** People who buy at the same time, and ask again when the shop's server gets no answer that says anything. */
export class Buyers {
  readonly ids: readonly number[];
  /** Requests that were made, by buyer. */
  readonly requests = new Map<number, string>();
  /** Who was told so to the end, and how many units they wanted. */
  soldOut: readonly Buyer[] = [];
  readonly tooPoor: number[] = [];
  readonly surprises: string[] = [];
  private readonly plan: readonly Buyer[];
  /** Who has units just now: some of them give theirs back. */
  private holding = 0;
  private readonly payer: WebpayPayer;

  constructor(
    private readonly shop: ShopTenant,
    { seed, buyers }: BuyerPlan,
  ) {
    const random = new SeededRandom(seed);
    this.payer = new WebpayPayer(shop.control.baseUrl);
    this.plan = Array.from({ length: buyers }, (_, n) => ({
      ...{ id: n + 1, quantity: random.whole(1, MOST_UNITS), wallet: random.next() < 0.5 },
      ...{ does: DOES[random.whole(0, DOES.length - 1)] ?? 'leave', valid: random.next() < 0.7 },
      times: random.whole(1, 3),
    }));
    this.ids = this.plan.map(({ id }) => id);
  }

  async run(): Promise<void> {
    await this.all(this.plan);
  }

  /** Those for whom there was nothing left: units have come back. @returns whether anybody wants as few as there are */
  async again(unitsLeft: number): Promise<boolean> {
    const late = this.soldOut.filter(({ quantity }) => quantity <= unitsLeft);
    this.soldOut = this.soldOut.filter((buyer) => !late.includes(buyer));
    await this.all(late);
    return late.length > 0;
  }

  private async all(buyers: readonly Buyer[]): Promise<void> {
    await Promise.all(buyers.map((buyer) => this.buy(buyer)));
  }

  private async buy(buyer: Buyer): Promise<void> {
    try {
      while (await this.isSoldOut(buyer)) {
        if (this.holding === 0) {
          this.soldOut = [...this.soldOut, buyer];
          return;
        }
        await sleep(RETRY_MS);
      }
    } catch (error) {
      this.surprises.push(`buyer ${String(buyer.id)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Buys, unless there is too little left just now. */
  private async isSoldOut(buyer: Buyer): Promise<boolean> {
    const request = await this.ask(buyer);
    if (request === undefined || request === 'sold out') return request === 'sold out';
    this.requests.set(buyer.id, request.request_id);
    this.holding += 1;
    try {
      await (buyer.wallet ? this.word(buyer, request) : this.pay(buyer, request));
      return false;
    } finally {
      this.holding -= 1;
    }
  }

  private async ask({ id, quantity, wallet }: Buyer): Promise<RequestView | 'sold out' | undefined> {
    const body = { group_id: '15', fixture_id: 1, user_id: id, quantity, wallet };
    const answer = await this.insist('/v1/requests', body, { 'idempotency-key': `buyer-${String(id)}` });
    const { code } = answer.body as { code?: string };
    if (code === 'FIXTURE_UNAVAILABLE') return 'sold out';
    if (code === 'WALLET_INSUFFICIENT') this.tooPoor.push(id);
    else if (answer.status === 201) return (answer.body as { request: RequestView }).request;
    else this.surprises.push(`buyer ${String(id)}: ${answer.text.slice(0, 300)}`);
    return undefined;
  }

  /** Another system's: by REST, and by MQTT as well. */
  private async word({ valid, times }: Buyer, { request_id }: RequestView): Promise<void> {
    const word = { request_id, group_id: '15', seller: 0, valid };
    const said = Array.from({ length: times }, (_, n) =>
      n === 1 ? this.shop.publish('validation', word) : this.shop.client.patch('/v1/requests/validate', word),
    );
    await Promise.all(said);
  }

  private async pay({ id, does, times }: Buyer, { request_id, quantity }: RequestView): Promise<void> {
    const opened = await this.insist('/v1/webpay/create', { request_id, quantity });
    if (opened.status !== 201) {
      this.surprises.push(`buyer ${String(id)} got no form: ${String(opened.status)} ${opened.text.slice(0, 300)}`);
      return;
    }
    const { token } = opened.body as { token: string };
    if (does === 'leave') {
      await this.insist('/v1/webpay/commit', { request_id });
      return;
    }
    const back = await this.payer[does](token);
    await Promise.all(Array.from({ length: times }, () => this.shop.comeBack(back)));
  }

  /** A request may be made again as it was: it is the same one. */
  private async insist(path: string, body: object, headers: Headers = {}): Promise<Answer> {
    const giveUpAt = performance.now() + INSIST_MS;
    for (;;) {
      const answer = await this.shop.client.post(path, body, headers);
      const says = answer.status < 500 && answer.status !== 429 && (answer.status !== 202 || path.endsWith('commit'));
      if (says || performance.now() > giveUpAt) return answer;
      await sleep(RETRY_MS);
    }
  }
}
