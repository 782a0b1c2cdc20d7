import { setTimeout as sleep } from 'node:timers/promises';
import type { PayerReturn } from '@puente/providers/webpay/testing';
import { type Answer, type Headers, JsonClient } from '../../support/sandbox-client';
import type { SandboxTenant } from '../../support/sandbox-tenant';
import { commitBody, type RequestView, type ShopTenant } from '../../support/shop-tenant';
import type { Payer } from './pay-plan';
import type { PayWorld } from './pay-world';

const INSIST_MS = 60_000;
const RETRY_MS = 300;
const UNIT_PRICE = 1_000;
/** CLP that each wallet begins with. */
export const MONEY = 2_500;

/** People who pay, or do not, while the processes that serve them die; they press the button again when nobody answers. */
export class Payers {
  readonly surprises: string[] = [];
  private asked = 0;

  constructor(
    private readonly world: PayWorld,
    private readonly shops: readonly SandboxTenant[],
    private readonly shop: ShopTenant,
  ) {}

  async run(payers: readonly Payer[]): Promise<void> {
    await Promise.all(payers.map((payer) => this.come(payer)));
  }

  private async come(payer: Payer): Promise<void> {
    await sleep(payer.atMs);
    try {
      if (payer.buys === 'payment') await this.pay(payer);
      else await this.buy(payer);
    } catch (error) {
      this.surprises.push(`payer ${String(payer.id)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** An order of somebody's own, with our return address. */
  private async pay(payer: Payer): Promise<void> {
    const { keys } = this.shops[payer.id % this.shops.length] ?? this.shop.tenant;
    const order = { reference: `chaos-${String(payer.id)}`, amount: 1_000 * payer.quantity };
    const body = { ...order, resultUrl: 'https://shop.example/back' };
    const opened = await this.insist(keys.client, 'POST', '/v1/payments', body);
    if (opened.status !== 201) throw new Error(`no form: ${opened.text.slice(0, 200)}`);
    const { id, token } = opened.body as { id: string; token: string };
    const back = await this.atWebpay(payer, token);
    if (!back) return;
    const told = await Promise.all(payer.backTo.map((api) => this.world.comeBack(api, back)));
    if (payer.restores) await this.world.comeBack(payer.id % 2, await this.world.payer.recoveredTab(token));
    if (told.includes('paid')) await this.refund(payer, keys.client, id, order.amount);
  }

  /** Two at a time, as two operators would, or one who asks until somebody answers. */
  private async refund({ refund, id: n }: Payer, key: string, id: string, amount: number): Promise<void> {
    if (refund === 'none') return;
    const wanted = refund === 'part' ? amount / 2 : refund === 'twice' ? amount * 0.6 : amount;
    const ask = (name: string): Promise<Answer> =>
      this.insist(key, 'POST', `/v1/payments/${id}/refunds`, { amount: wanted }, { 'idempotency-key': name });
    await Promise.all((refund === 'twice' ? ['ana', 'bea'] : ['ana']).map((who) => ask(`${who}-${String(n)}`)));
  }

  /** Units of the shop, by Webpay or from a wallet. */
  private async buy(payer: Payer): Promise<void> {
    const { id, buys, quantity, valid } = payer;
    const key = this.shop.tenant.keys.client;
    const wallet = buys === 'wallet';
    const body = { group_id: '15', fixture_id: 1, user_id: id, quantity, wallet };
    const made = await this.insist(key, 'POST', '/v1/requests', body, { 'idempotency-key': `payer-${String(id)}` });
    if (made.status !== 201) {
      const { code } = made.body as { code?: string };
      const isPoor = wallet && quantity * UNIT_PRICE > MONEY && code === 'WALLET_INSUFFICIENT';
      if (isPoor || code === 'FIXTURE_UNAVAILABLE') return;
      throw new Error(`no request: ${made.text.slice(0, 200)}`);
    }
    const { request_id } = (made.body as { request: RequestView }).request;
    if (wallet) {
      const word = { request_id, group_id: '15', seller: 0, valid };
      await Promise.all([0, 1].map(() => this.insist(key, 'PATCH', '/v1/requests/validate', word)));
      return;
    }
    const opened = await this.insist(key, 'POST', '/v1/webpay/create', { request_id, quantity });
    if (opened.status !== 201) throw new Error(`no form for a request: ${opened.text.slice(0, 200)}`);
    const back = await this.atWebpay(payer, (opened.body as { token: string }).token);
    const params = back && commitBody(back.params);
    if (params) await Promise.all(payer.backTo.map((api) => this.once(api, key, '/v1/webpay/commit', params)));
  }

  /** @returns undefined: the browser never comes back */
  private async atWebpay({ does }: Payer, token: string): Promise<PayerReturn | undefined> {
    return does === 'leave' ? undefined : this.world.payer[does](token);
  }

  /** Whatever comes of it. */
  private async once(api: number, key: string, path: string, body: object): Promise<void> {
    await new JsonClient(this.world.world.apiUrl(api), key).post(path, body).catch(() => undefined);
  }

  /** The same again, by turns at both apis, until an answer says something. */
  private async insist(
    key: string,
    method: 'POST' | 'PATCH',
    path: string,
    body: object,
    headers: Headers = {},
  ): Promise<Answer> {
    const giveUpAt = performance.now() + INSIST_MS;
    for (;;) {
      const api = (this.asked += 1) % 2;
      const answer = await new JsonClient(this.world.world.apiUrl(api), key)
        .send(method, path, body, headers)
        .catch(() => undefined);
      if (answer && answer.status < 500 && answer.status !== 429 && answer.status !== 202) return answer;
      if (performance.now() > giveUpAt) {
        if (answer) return answer;
        throw new Error(`nobody answers ${method} ${path}`);
      }
      await sleep(RETRY_MS);
    }
  }
}
