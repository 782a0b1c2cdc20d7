import type { BenchResult, Context } from '../harness/context';
import { atMost, median, round } from '../harness/figures';
import { MESSAGE } from '../harness/message';
import { Product } from '../harness/product';
import type { OpenLoopOrder, OpenLoopResult } from '../processes/open-loop.main';

const PER_SECOND = 200;
const PROVIDER_MS = 20;
const WARM_UPS = 3;

/** What a durable synchronous call costs its caller beyond the provider's own time, at a rate that keeps nobody busy. */
export async function latency(context: Context): Promise<BenchResult> {
  const { postgres, sink, sinkUrl, rounds, seconds } = context;
  const urls = await postgres.puente('bench_latency');
  const product = Product.on({ urls, sinkUrl });
  const caller = await context.startProcess('open-loop');
  try {
    await product.startApi(context.profile('api-latency'));
    const [tenant] = await product.tenants(1);
    await sink.ask('reset', { delayMs: PROVIDER_MS });
    const common = {
      ...{ body: JSON.stringify(MESSAGE), headers: { 'content-type': 'application/json' } },
      ...{ authorizations: [`Bearer ${tenant!.clientKey}`], perSecond: PER_SECOND, seconds },
    };
    const paths: Readonly<Record<string, OpenLoopOrder>> = {
      direct: { ...common, origin: sinkUrl, path: '/messages' },
      idempotent: { ...common, origin: product.apiUrl, path: '/v1/integrations/bench/operations/send' },
      reconcilable: { ...common, origin: product.apiUrl, path: '/v1/integrations/bench/operations/pay' },
    };
    const runs: Record<string, Omit<OpenLoopResult, 'sent'>[]> = {};
    // Until the engine has compiled what is used; a thousand calls are few.
    for (let at = 0; at < WARM_UPS; at++) for (const order of Object.values(paths)) await caller.ask('run', order);
    for (let at = 0; at < rounds; at++) {
      for (const [name, order] of Object.entries(paths)) {
        const { sent: _, ...result } = await caller.ask<OpenLoopResult>('run', order);
        (runs[name] ??= []).push(result);
        context.say(`${name}: p50 ${String(result.p50Ms)} ms, p99 ${String(result.p99Ms)} ms`);
      }
    }
    const of = (name: string, figure: 'p50Ms' | 'p99Ms'): number =>
      median((runs[name] ?? []).map((run) => run[figure]));
    const added = (figure: 'p50Ms' | 'p99Ms'): number => round(of('reconcilable', figure) - of('direct', figure), 1);
    return {
      verdicts: [atMost('p99 added by a synchronous durable call at 200/s, ms', 5, added('p99Ms'))],
      addedP50Ms: added('p50Ms'),
      addedP99Ms: added('p99Ms'),
      runs,
    };
  } finally {
    await caller.stop();
    await product.stop();
    await postgres.drop('bench_latency');
  }
}
