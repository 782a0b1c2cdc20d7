import { bodyOf, JsonClient } from '../../test/support/sandbox-client';
import type { BenchProcess } from '../harness/bench-process';
import type { BenchResult, Context } from '../harness/context';
import { atMost, median, round } from '../harness/figures';
import { Product } from '../harness/product';
import type { OpenLoopOrder, OpenLoopResult } from '../processes/open-loop.main';

const PER_SECOND = 50;
/** Of Webpay itself, on top of what the stand-in needs. */
const WEBPAY_MS = 20;
const ALWAYS = 1_000_000_000;
const COMMERCE = '597055555532';
/** Public: of Transbank's integration environment. https://www.transbankdevelopers.cl/documentacion/como_empezar#ambiente-de-integracion */
const API_KEY = '579B532A7440BB0C9079DED94D31EA1615BACEB56610332264630D42D0A36B1C';
const TRANSACTIONS = '/webpay/rswebpaytransaction/api/webpay/v1.2/transactions';

type Requests = Pick<OpenLoopOrder, 'origin' | 'method' | 'headers' | 'each' | 'id'>;
type Result = Omit<OpenLoopResult, 'sent'>;

/** Where tokens come from, and how a payer comes back with one: by Puente, or by Webpay alone. */
interface Way {
  starts(count: number): Requests;
  returns(approved: readonly Approved[]): Requests;
}

interface Approved {
  readonly token: string;
  /** Where the browser comes back to. */
  readonly url: string;
}

/**
 * Fifty payments a second begin while fifty payers a second come back: what each of the two costs beyond Webpay's own
 * time, beside the same calls made to the stand-in directly.
 */
export async function pay(context: Context): Promise<BenchResult> {
  const { postgres, rounds, seconds } = context;
  const product = Product.on({ urls: await postgres.puente('bench_pay'), sinkUrl: context.sinkUrl });
  const webpay = await context.startProcess('webpay', { WEBPAY_DATABASE_URL: await postgres.empty('bench_webpay') });
  const callers = [await context.startProcess('open-loop'), await context.startProcess('open-loop')] as const;
  const webpayUrl = String(webpay.facts['url']);
  try {
    await product.startApi(context.profile('api-pay'));
    await product.startWorker();
    const ways = { direct: direct(webpayUrl), puente: await puente(product, webpayUrl) };
    const control = new JsonClient(webpayUrl);
    for (const operation of ['create', 'commit']) {
      const slow = { operation, delayMs: WEBPAY_MS, times: ALWAYS };
      bodyOf(await control.post('/_sandbox/webpay/faults', slow), 201);
    }
    const runs: Record<string, Result[]> = {};
    for (let at = 0; at <= rounds; at++) {
      for (const [name, way] of Object.entries(ways)) {
        const took = await oneRound(way, callers, control, PER_SECOND * seconds);
        if (at === 0) continue; // until the engine has compiled what is used
        for (const [step, result] of Object.entries(took)) {
          (runs[`${name} ${step}`] ??= []).push(result);
          context.say(`${name} ${step}: p50 ${String(result.p50Ms)} ms, p99 ${String(result.p99Ms)} ms, ${String(result.failed)} failed`); // prettier-ignore
        }
      }
    }
    const of = (name: string, figure: 'p50Ms' | 'p99Ms'): number =>
      median((runs[name] ?? []).map((run) => run[figure]));
    const added = (step: string, figure: 'p50Ms' | 'p99Ms'): number =>
      round(of(`puente ${step}`, figure) - of(`direct ${step}`, figure), 1);
    return {
      verdicts: [
        atMost('p99 added to the creation of a payment at 50/s, ms', 10, added('start', 'p99Ms')),
        atMost('p99 added to its commit, by the payer’s return at 50/s, ms', 10, added('return', 'p99Ms')),
      ],
      addedP50Ms: { start: added('start', 'p50Ms'), return: added('return', 'p50Ms') },
      runs,
    };
  } finally {
    await Promise.all([...callers, webpay].map((each) => each.stop()));
    await product.stop();
    await postgres.drop('bench_pay');
    await postgres.drop('bench_webpay');
  }
}

/** Those who come back have paid before; those who begin, begin meanwhile. */
async function oneRound(
  way: Way,
  [starting, returning]: readonly [BenchProcess, BenchProcess],
  control: JsonClient,
  count: number,
): Promise<Readonly<Record<'start' | 'return', Result>>> {
  const order = { body: '', authorizations: [''], perSecond: PER_SECOND, seconds: count / PER_SECOND };
  const before = await starting.ask<OpenLoopResult>('run', { ...order, ...way.starts(count) });
  const approved: Approved[] = [];
  for (const [token] of before.sent) {
    const back = bodyOf<{ url: string }>(await control.post('/_sandbox/webpay/payer', { token, does: 'approve' }), 200);
    approved.push({ token, url: back.url });
  }
  const [start, back] = await Promise.all([
    starting.ask<OpenLoopResult>('run', { ...order, ...way.starts(count) }),
    returning.ask<OpenLoopResult>('run', { ...order, ...way.returns(approved) }),
  ]);
  const [{ sent: _, ...started }, { sent: __, ...returned }] = [start, back];
  return { start: started, return: returned };
}

function direct(origin: string): Way {
  const headers = {
    ...{ 'content-type': 'application/json', 'tbk-api-key-id': COMMERCE, 'tbk-api-key-secret': API_KEY },
  };
  const body = { amount: 9_990, return_url: 'http://127.0.0.1:9/back' };
  let made = 0;
  return {
    starts: (count) => ({
      ...{ origin, headers, id: 'token' },
      each: Array.from({ length: count }, () => {
        made += 1;
        const order = { buy_order: `direct-${String(made)}`, session_id: String(made), ...body };
        return { path: TRANSACTIONS, body: JSON.stringify(order) };
      }),
    }),
    returns: (approved) => ({
      ...{ origin, headers, method: 'PUT' },
      each: approved.map(({ token }) => ({ path: `${TRANSACTIONS}/${token}`, body: '{}' })),
    }),
  };
}

async function puente(product: Product, webpayUrl: string): Promise<Way> {
  const [tenant] = await product.tenants(1);
  if (!tenant) throw new Error('There is no tenant');
  const config = { commerceCode: COMMERCE, environment: 'integration', host: `${webpayUrl}/webpay` };
  const account = { secrets: { apiKey: API_KEY }, config };
  bodyOf(await product.clientOf(tenant).put('/v1/integrations/webpay', account), 200);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${tenant.clientKey}` };
  const origin = product.apiUrl;
  let made = 0;
  return {
    starts: (count) => ({
      ...{ origin, headers, id: 'token' },
      each: Array.from({ length: count }, () => {
        made += 1;
        return { path: '/v1/payments', body: JSON.stringify({ reference: `bench-${String(made)}`, amount: 9_990 }) };
      }),
    }),
    returns: (approved) => ({
      ...{ origin, headers: {}, method: 'GET' },
      each: approved.map(({ url }) => ({ path: new URL(url).pathname + new URL(url).search })),
    }),
  };
}
