import { randomUUID } from 'node:crypto';
import type { SandboxPart, StandInReply, StandInRequest } from '@puente/integrations/testing';
import { ApiRefusedError, PuenteApi, SandboxNotReadyError } from './puente-api';
import { goTo, homePage, messagePage, orderPage } from './shop-pages';
import * as shapes from './shop-shapes.schemas';
import { DEMO_GROUP, DEMO_USER, ShopShelf, TOP_UP } from './shop-shelf';

const HOME = '/_sandbox/shop';

type Fields = Readonly<Record<string, string>>;

/**
 * A small shop at `/_sandbox/shop` that buys through Puente as a marketplace's back end does (SYSTEMS S2): requests,
 * wallet, Webpay and its return. It keeps nothing: everything it shows is read from the API.
 */
export class DemoShop implements SandboxPart {
  readonly id = 'shop';
  private readonly api: PuenteApi;
  private readonly shelf: ShopShelf;

  constructor(sandboxFile: string) {
    this.api = new PuenteApi(sandboxFile);
    this.shelf = new ShopShelf(this.api);
  }

  async serve(request: StandInRequest): Promise<StandInReply> {
    try {
      await this.shelf.fill();
      return await this.answer(request);
    } catch (error) {
      if (error instanceof SandboxNotReadyError)
        return messagePage(503, 'La tienda todavía está abriendo', error.message);
      if (error instanceof ApiRefusedError) return refusalPage(error);
      throw error;
    }
  }

  private async answer(request: StandInRequest): Promise<StandInReply> {
    const path = request.path.slice(HOME.length).replace(/\/$/, '');
    const fields = fieldsOf(request);
    const [, orderId] = /^\/orders\/([\w.:-]{1,64})$/.exec(path) ?? [];
    if (orderId !== undefined && request.method === 'GET') return this.order(orderId);
    switch (`${request.method} ${path}`) {
      case 'GET ':
        return this.home();
      case 'POST /buy':
        return this.buy(fields);
      case 'POST /topup':
        return this.topUp(fields);
      case 'POST /validate':
        return this.validate(fields);
      case 'GET /return':
      case 'POST /return':
        return this.cameBack(fields);
      default:
        return messagePage(404, 'No existe', 'Esta página no existe.');
    }
  }

  private async home(): Promise<StandInReply> {
    const [{ items }, { billetera }, { requests }] = await Promise.all([
      this.api.call({ method: 'GET', path: '/v1/fixtures' }, shapes.Fixtures),
      this.api.call({ method: 'GET', path: `/v1/users/wallet?id=${DEMO_USER.id}` }, shapes.Wallet),
      this.api.call({ method: 'GET', path: `/v1/requests?user_id=${DEMO_USER.id}&count=10` }, shapes.Orders),
    ]);
    return homePage({
      user: DEMO_USER.name,
      fixtures: items,
      wallet: billetera,
      orders: requests,
      topUp: TOP_UP,
      newKey: randomUUID,
    });
  }

  /** The page's own key makes a second press of the button the same order. */
  private async buy({ fixture_id = '', quantity = '', pay, key = randomUUID() }: Fields): Promise<StandInReply> {
    const { items } = await this.api.call({ method: 'GET', path: '/v1/fixtures' }, shapes.Fixtures);
    const fixture = items.find((one) => one.fixture_id === fixture_id);
    if (!fixture) return messagePage(404, 'No existe', 'Ese partido no está a la venta.');
    const wallet = pay === 'wallet';
    const { league_name, round, date } = fixture;
    const body = {
      ...{ group_id: DEMO_GROUP, user_id: DEMO_USER.id, fixture_id, league_name, round, date },
      ...{ quantity: Number(quantity), wallet },
    };
    const created = await this.api.call(
      { method: 'POST', path: '/v1/requests', body, idempotencyKey: key },
      shapes.CreatedOrder,
    );
    const { request_id } = created.request;
    if (wallet || created.request.status === 'accepted') return goTo(orderUrl(request_id));
    const form = await this.api.call(
      { method: 'POST', path: '/v1/webpay/create', body: { request_id, quantity: created.request.quantity } },
      shapes.Form,
    );
    return goTo(`${form.url}?token_ws=${form.token}`);
  }

  private async topUp({ key = randomUUID() }: Fields): Promise<StandInReply> {
    const body = { user_id: DEMO_USER.id, amount: TOP_UP };
    await this.api.call({ method: 'PUT', path: '/v1/users/wallet', body, idempotencyKey: key }, shapes.Anything);
    return goTo(HOME);
  }

  /** What the system of all groups would say over MQTT. */
  private async validate({ request_id = '', valid }: Fields): Promise<StandInReply> {
    const body = { request_id, group_id: DEMO_GROUP, valid: valid === 'true' };
    await this.api.call({ method: 'PATCH', path: '/v1/requests/validate', body }, shapes.Anything);
    return goTo(orderUrl(request_id));
  }

  /** The payer is back from Webpay. The parameters go on as they came; Puente trusts none of them. */
  private async cameBack(fields: Fields): Promise<StandInReply> {
    const named = ['TBK_TOKEN', 'TBK_ORDEN_COMPRA', 'TBK_ID_SESION'].flatMap((name) =>
      fields[name] === undefined ? [] : [[name, fields[name]]],
    );
    const token = fields['token_ws'] === undefined ? {} : { token: fields['token_ws'] };
    const body = { ...token, ...(Object.fromEntries(named) as Fields) };
    if (Object.keys(body).length === 0)
      return messagePage(400, 'Retorno desconocido', 'Falta decir de qué pago se trata.');
    const call = { method: 'POST', path: '/v1/webpay/commit', body } as const;
    const { request_id } = await this.api.call(call, shapes.Committed);
    return goTo(orderUrl(request_id));
  }

  private async order(requestId: string): Promise<StandInReply> {
    const reference = encodeURIComponent(requestId);
    const order = await this.api.call({ method: 'GET', path: `/v1/requests/${reference}` }, shapes.Order);
    const payments = order.wallet
      ? undefined
      : await this.api.find({ method: 'GET', path: `/v1/payments?reference=${reference}` }, shapes.Payments);
    return orderPage(order, payments?.items[0]);
  }
}

function orderUrl(requestId: string): string {
  return `${HOME}/orders/${encodeURIComponent(requestId)}`;
}

/** What the API refuses the shop says in its own words. */
function refusalPage({ status, problem, message }: ApiRefusedError): StandInReply {
  if (status === 404) return messagePage(404, 'No disponible', 'No hay tal pedido, o no quedan suficientes unidades.');
  if (/WALLET|FUNDS|BALANCE/.test(problem))
    return messagePage(409, 'Saldo insuficiente', 'La billetera no alcanza para esta compra.');
  return messagePage(status >= 500 ? 502 : 409, 'No se pudo', message);
}

function fieldsOf({ query, body, headers }: StandInRequest): Fields {
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  return Object.fromEntries([...query, ...new URLSearchParams(isForm ? body.toString('utf8') : '')]);
}
