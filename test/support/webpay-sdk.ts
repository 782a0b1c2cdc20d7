import { IntegrationApiKeys, IntegrationCommerceCodes, Options, WebpayPlus } from 'transbank-sdk';
import { WebpayPayer, WebpayStandIn } from '../../libs/providers/src/webpay/testing';
import type { TestStandIns } from './test-stand-ins';
import { startTestStandIns } from './test-stand-ins';

export type Answer = Record<string, unknown>;

export const KEY = IntegrationApiKeys.WEBPAY;
export const RETURN_URL = 'http://127.0.0.1:9/back?shop=1';
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export let standIns: TestStandIns;
export let payer: WebpayPayer;
let orders = 0;

/** For a spec that drives the stand-in with the SDK: one stand-in for all its tests, emptied before each. */
export function useWebpayStandIn(): void {
  beforeAll(async () => {
    standIns = await startTestStandIns(() => [new WebpayStandIn()]);
    payer = new WebpayPayer(standIns.url);
  });
  afterAll(() => standIns.stop());
  beforeEach(() => standIns.host.reset());
}

export const options = (commerceCode: string, timeoutMs = 5_000) =>
  new Options(commerceCode, KEY, `${standIns.url}/webpay`, timeoutMs);
export const plus = (commerceCode: string = IntegrationCommerceCodes.WEBPAY_PLUS) =>
  new WebpayPlus.Transaction(options(commerceCode));
export const newOrder = (): string => `order-${String((orders += 1))}`;
/** The buy order of the transaction made last. */
export const lastOrder = (): string => `order-${String(orders)}`;

export async function created(amount = 10_000, sdk = plus(), buyOrder = newOrder()): Promise<string> {
  const { token } = (await sdk.create(buyOrder, 'session-1', amount, RETURN_URL)) as { token: string };
  return token;
}
export async function paid(amount = 10_000, sdk = plus(), card = {}): Promise<string> {
  const token = await created(amount, sdk);
  await payer.approve(token, card);
  await sdk.commit(token);
  return token;
}
/** What the SDK says: the status stands in the first line, Transbank's text in the second. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error('it went well'),
    (reason: unknown) => reason as Error,
  );
  const [, status = ''] = /status code (\d{3})/.exec(error.message) ?? [];
  return `${status} ${error.message.split('\n')[1] ?? ''}`.trim();
}
export const effects = async (): Promise<unknown[]> =>
  (await standIns.received('webpay')).map(({ operation, effect, amount }) =>
    [operation, effect, amount].filter(Boolean).join(' '),
  );
export const later = (advanceMs: number) => standIns.order('webpay/clock', { advanceMs });
export const configure = (config: object) => standIns.order('webpay/config', config);
export const fault = (order: object) => standIns.order('webpay/faults', order);
