import { SANDBOX_BROKER_LOGIN } from '@puente/providers/mqtt/testing';
import { SANDBOX_MAIL_LOGIN } from '@puente/providers/smtp/testing';
import { type Answer, bodyOf, type Headers, JsonClient } from './sandbox-client';
import type { SandboxFacts } from './sandbox-process';
import { SandboxTenant } from './sandbox-tenant';
import { takesPayments } from './webpay-account';

/** What of a request tests read. */
export interface RequestView {
  readonly request_id: string;
  readonly status: string;
  readonly deposit_token: string;
  readonly quantity: number;
  readonly amount: number;
  readonly user_id: string | null;
  readonly wallet: boolean;
}

/** One message at the broker, as the stand-in shows it. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
}

export interface ReceivedMail {
  readonly to: string;
  readonly subject: string;
}

/** What Webpay brings back as `token` when its parameter is `token_ws`. */
export function commitBody(params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { token_ws: token, ...others } = params;
  return { ...(token === undefined ? {} : { token }), ...others };
}

/**
 * A tenant that has a shop: accounts with the sandbox's broker, mail server and Webpay, and topics of its own. All of it
 * over HTTP, as a shop's operator does it.
 */
export class ShopTenant {
  private constructor(
    readonly tenant: SandboxTenant,
    private readonly facts: SandboxFacts,
  ) {}

  static async open(facts: SandboxFacts): Promise<ShopTenant> {
    const shop = new ShopTenant(await SandboxTenant.create(facts), facts);
    const { admin } = shop.tenant;
    await takesPayments(shop.tenant, facts);
    const broker = { secrets: SANDBOX_BROKER_LOGIN, config: { url: facts.mqtt?.url } };
    bodyOf(await admin.put('/v1/integrations/mqtt', broker));
    const mail = { host: '127.0.0.1', port: facts.smtp?.port, security: 'none', fromAddress: 'tienda@example.com' };
    bodyOf(await admin.put('/v1/integrations/smtp', { secrets: SANDBOX_MAIL_LOGIN, config: mail }));
    const settings = {
      ...{ request_topic: shop.topic('requests'), validation_topic: shop.topic('validation'), smtp: 'default' },
      redirect_url: 'https://shop.example/webpay',
    };
    bodyOf(await admin.put('/v1/purchases/settings', settings), 200);
    return shop;
  }

  get client(): JsonClient {
    return this.tenant.client;
  }

  topic(name: 'requests' | 'validation'): string {
    return `${this.tenant.name}/${name}`;
  }

  async sell(fixture: number, units: number, unit_price?: number): Promise<void> {
    const body = {
      league_name: 'Primera División',
      round: 'Fecha 10',
      date: '2027-03-06T20:00:00Z',
      units,
      unit_price,
    };
    bodyOf(await this.tenant.admin.put(`/v1/fixtures/${String(fixture)}`, body), 200);
  }

  async user(id: number, money = 0): Promise<void> {
    const person = { name: `Cliente ${String(id)}`, email: this.address(id) };
    bodyOf(await this.client.put(`/v1/users/${String(id)}`, person), 200);
    if (money > 0) bodyOf(await this.client.put('/v1/users/wallet', { user_id: id, amount: money }), 200);
  }

  address(user: number): string {
    return `${String(user)}@${this.tenant.name}.example`;
  }

  ask(body: object, headers: Headers = {}): Promise<Answer> {
    return this.client.post('/v1/requests', { group_id: '15', fixture_id: 1, quantity: 1, ...body }, headers);
  }

  async request(body: object): Promise<RequestView> {
    return bodyOf<{ request: RequestView }>(await this.ask(body), 201).request;
  }

  /** A request that is to be paid, and Webpay's form for it. */
  async form(body: object): Promise<{ readonly requestId: string; readonly token: string }> {
    const { request_id, quantity } = await this.request(body);
    const answer = await this.client.post('/v1/webpay/create', { request_id, quantity });
    return { requestId: request_id, token: bodyOf<{ token: string }>(answer, 201).token };
  }

  /** As the browser comes back: what it brings goes on to the API. */
  comeBack(back: { readonly params: Readonly<Record<string, string>> }): Promise<Answer> {
    return this.client.post('/v1/webpay/commit', commitBody(back.params));
  }

  async see(requestId: string): Promise<RequestView> {
    return bodyOf<RequestView>(await this.client.get(`/v1/requests/${requestId}`), 200);
  }

  async unitsLeft(fixture = 1): Promise<number> {
    const answer = await this.client.get(`/v1/fixtures/${String(fixture)}`);
    return bodyOf<{ units_left: number }>(answer, 200).units_left;
  }

  async wallet(user: number): Promise<number> {
    const answer = await this.client.get(`/v1/users/wallet?id=${String(user)}`);
    return bodyOf<{ billetera: number }>(answer, 200).billetera;
  }

  /** What another group says. */
  async publish(name: 'requests' | 'validation', payload: unknown): Promise<void> {
    bodyOf(await this.control.post('/_sandbox/mqtt/publish', { topic: this.topic(name), payload }), 201);
  }

  /** What the broker got on a topic of this shop, oldest first. */
  async heard(name: 'requests' | 'validation'): Promise<readonly BrokerMessage[]> {
    const all = bodyOf<BrokerMessage[]>(await this.control.get('/_sandbox/mqtt/received'), 200);
    return all.filter(({ topic }) => topic === this.topic(name));
  }

  /** The mails that a user of this shop got. */
  async mails(user: number): Promise<readonly ReceivedMail[]> {
    const all = bodyOf<ReceivedMail[]>(await this.control.get('/_sandbox/smtp/received'), 200);
    return all.filter(({ to }) => to === this.address(user));
  }

  get control(): JsonClient {
    return new JsonClient(this.facts.sandboxUrl);
  }
}
