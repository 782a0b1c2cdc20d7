import type { RevocableKeys, StandInReply, StandInRequest } from '@puente/integrations/testing';
import type { OneclickOperations } from './oneclick-operations';
import type { TransactionOperations } from './transaction-operations';
import * as read from './webpay-requests.schemas';
import type { WebpayRoute } from './webpay-routes';
import { routeOf, WEBPAY_PREFIX } from './webpay-routes';
import { refused, texts, WebpayRefusal } from './webpay-wire.errors';

export interface WebpayApiParts {
  readonly keys: RevocableKeys;
  readonly transactions: TransactionOperations;
  readonly oneclick: OneclickOperations;
}

/** REST 1.2 of Webpay and Oneclick, as `transbank-sdk` speaks it. https://www.transbankdevelopers.cl/referencia/webpay */
export class WebpayApi {
  constructor(private readonly parts: WebpayApiParts) {}

  async handle(request: StandInRequest): Promise<StandInReply> {
    try {
      const commerceCode = this.commerceOf(request);
      const route = routeOf(request);
      if (route === undefined) throw new WebpayRefusal(404, 'Not Found');
      if (route === 'method') throw new WebpayRefusal(405, 'Method Not Allowed');
      assertMedia(request);
      if (route.version !== '1.2') throw refused(texts.otherVersion);
      const answer = await this.run(route, commerceCode, request);
      return answer === undefined ? { status: 204 } : wireReply(200, answer);
    } catch (error) {
      if (error instanceof WebpayRefusal) return errorReply(error.status, error.message);
      throw error;
    }
  }

  /** Any key opens any commerce until it is revoked: commerces are kept apart by their codes. */
  private commerceOf({ headers }: StandInRequest): string {
    const [code, key] = [headers['tbk-api-key-id'], headers['tbk-api-key-secret']];
    if (typeof code !== 'string' || !/^\d{12}$/.test(code) || typeof key !== 'string' || !this.parts.keys.opens(key))
      throw new WebpayRefusal(401, texts.notAuthorized);
    return code;
  }

  private run(route: WebpayRoute, commerceCode: string, request: StandInRequest): Promise<unknown> {
    const { transactions, oneclick } = this.parts;
    const { body } = request;
    const base = `http://${request.host}${WEBPAY_PREFIX}`;
    switch (route.action) {
      case 'create':
        return transactions.create(commerceCode, body, base);
      case 'commit':
        return transactions.commit(commerceCode, read.token(route.id));
      case 'status':
        return transactions.status(commerceCode, read.token(route.id));
      case 'refund':
        return transactions.refund(commerceCode, read.token(route.id), body);
      case 'capture':
        return transactions.capture(commerceCode, read.token(route.id), body);
      case 'oneclick-start':
        return oneclick.start(commerceCode, body, base);
      case 'oneclick-finish':
        return oneclick.finish(commerceCode, read.token(route.id));
      case 'oneclick-delete':
        return oneclick.remove(commerceCode, body);
      case 'oneclick-authorize':
        return oneclick.authorize(commerceCode, body);
      case 'oneclick-status':
        return oneclick.status(commerceCode, route.id);
      case 'oneclick-refund':
        return oneclick.refund(commerceCode, route.id, body);
      case 'oneclick-capture':
        return oneclick.capture(commerceCode, body);
      case 'oneclick-bin':
        return oneclick.binInfo(body);
    }
  }
}

export function errorReply(status: number, message: string): StandInReply {
  return wireReply(status, { error_message: message });
}

function wireReply(status: number, body: unknown): StandInReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function assertMedia({ headers, body }: StandInRequest): void {
  const accept = headers.accept ?? '*/*';
  if (!/\*\/\*|application\/(\*|json)/.test(accept)) throw new WebpayRefusal(406, 'Not Acceptable');
  const type = headers['content-type'] ?? '';
  if (body.length > 0 && !/^application\/json\b/i.test(type)) throw new WebpayRefusal(415, 'Unsupported Media Type');
}
