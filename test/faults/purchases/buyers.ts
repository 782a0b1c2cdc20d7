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
const TRIES = 40;
const RETRY_MS = 250;

/** What one of them is about to do. */
interface Buyer {
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
  readonly soldOut: number[] = [];
  readonly tooPoor: number[] = [];
  readonly surprises: string[] = [];
  private readonly plan: readonly Buyer[];
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
    await Promise.all(this.plan.map((buyer) => this.buy(buyer)));
  }

  private async buy(buyer: Buyer): Promise<void> {
    try {
      const request = await this.ask(buyer);
      if (!request) return;
      this.requests.set(buyer.id, request.request_id);
      await (buyer.wallet ? this.word(buyer, request) : this.pay(buyer, request));
    } catch (error) {
      this.surprises.push(`buyer ${String(buyer.id)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async ask({ id, quantity, wallet }: Buyer): Promise<RequestView | undefined> {
    const body = { group_id: '15', fixture_id: 1, user_id: id, quantity, wallet };
    const answer = await this.insist('/v1/requests', body, { 'idempotency-key': `buyer-${String(id)}` });
    const { code } = answer.body as { code?: string };
    if (code === 'FIXTURE_UNAVAILABLE') this.soldOut.push(id);
    else if (code === 'WALLET_INSUFFICIENT') this.tooPoor.push(id);
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
    for (let tries = 1; ; tries++) {
      const answer = await this.shop.client.post(path, body, headers);
      const says = answer.status < 500 && answer.status !== 429 && (answer.status !== 202 || path.endsWith('commit'));
      if (says || tries === TRIES) return answer;
      await sleep(RETRY_MS);
    }
  }
}
