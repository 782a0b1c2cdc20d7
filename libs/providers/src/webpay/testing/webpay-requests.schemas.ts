import { z } from 'zod';
import { refused, texts, WebpayRefusal } from './webpay-wire.errors';

/** https://www.transbankdevelopers.cl/referencia/webpay#limites: letters, digits and these. */
const BUY_ORDER = /^[\w|=&%.,~:/?[+!@()>-]{1,26}$/;
const TOKEN = /^[0-9a-f]{64}$/;
/** Seventeen digits. */
const MOST_AMOUNT = 10 ** 17 - 1;

export type Fields = Readonly<Record<string, unknown>>;

/** The JSON object of a request. @throws WebpayRefusal 400 for anything else and for fields the operation does not know */
export function fieldsOf(body: Buffer, known: readonly string[]): Fields {
  let parsed: unknown;
  try {
    parsed = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new WebpayRefusal(400, 'Malformed JSON');
  }
  const fields = z.record(z.string(), z.unknown()).safeParse(parsed);
  if (!fields.success) throw new WebpayRefusal(400, 'Malformed JSON');
  const stranger = Object.keys(fields.data).find((name) => !known.includes(name));
  if (stranger !== undefined) throw new WebpayRefusal(400, `Unrecognized field "${stranger}"`);
  return fields.data;
}

export function buyOrder(fields: Fields, name = 'buy_order'): string {
  const value = text(fields, name, 26);
  if (!BUY_ORDER.test(value)) throw refused(texts.badBuyOrder(value));
  return value;
}

/** A text that must be there and must not be longer. */
export function text(fields: Fields, name: string, most: number): string {
  const value = fields[name];
  if (value === undefined || value === null || value === '') throw refused(texts.required(name));
  if (typeof value !== 'string' || value.length > most) throw refused(texts.badParameter(name));
  return value;
}

/** Its absence alone is a 400. */
export function returnUrl(fields: Fields, name = 'return_url'): string {
  const value = fields[name];
  if (value === undefined || value === null || value === '') throw new WebpayRefusal(400, `${name} is required`);
  if (typeof value !== 'string' || value.length > 256 || !/^https?:$/.test(protocolOf(value)))
    throw refused(texts.badParameter(name));
  return value;
}

/** Pesos have no decimals. */
export function amount(fields: Fields, name = 'amount', most = MOST_AMOUNT): number {
  const value = fields[name];
  if (value === undefined) throw refused(texts.required(name));
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0 || value > most)
    throw refused(texts.badParameter(name));
  return value;
}

export function token(value: string): string {
  if (!TOKEN.test(value)) throw refused(texts.badParameter('token'));
  return value;
}

export interface RequestedDetail {
  readonly commerceCode: string;
  readonly buyOrder: string;
  readonly amount: number;
  readonly installmentsNumber: number;
}

const DETAIL_AMOUNT = 9_999_999_999;

export function details(fields: Fields): RequestedDetail[] {
  const list = fields['details'];
  if (list === undefined) throw refused(texts.required('details'));
  const parsed = z.array(z.record(z.string(), z.unknown())).min(1).safeParse(list);
  if (!parsed.success) throw refused(texts.badParameter('details'));
  const all = parsed.data.map((detail) => ({
    commerceCode: text(detail, 'commerce_code', 12),
    buyOrder: buyOrder(detail),
    amount: amount(detail, 'amount', DETAIL_AMOUNT),
    installmentsNumber: installments(detail['installments_number']),
  }));
  if (new Set(all.map((detail) => detail.buyOrder)).size < all.length) throw refused(texts.badParameter('buy_order'));
  return all;
}

function installments(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 99)
    throw refused(texts.badParameter('installments_number'));
  return value;
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}
