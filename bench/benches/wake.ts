import type { BenchResult, Context } from '../harness/context';
import { atMost, median, type Percentiles } from '../harness/figures';
import { Product } from '../harness/product';
import type { OpenLoopOrder } from '../processes/open-loop.main';
import { journeys } from './journeys';
import { acceptOrder } from './accept';

/** Slow enough that each finds an idle system, and no divisor of the poll's interval. */
const PER_SECOND = 9;
const POLL_MS = 500;

/** From the moment a client sends an accept to the moment the provider has the call, with nothing else going on. */
export async function wake(context: Context): Promise<BenchResult> {
  const { postgres, rounds, startProcess } = context;
  const proxy = await startProcess('deaf-proxy');
  const caller = await startProcess('open-loop');
  const urls = await postgres.puente('bench_wake');
  const product = Product.on({ urls, sinkUrl: context.sinkUrl });
  try {
    await product.startApi();
    const [tenant] = await product.tenants(1);
    const { url, headers = {}, body = '' } = acceptOrder(product.apiUrl, tenant!);
    const { authorization = '', ...rest } = headers;
    const { origin, pathname } = new URL(url);
    const order: OpenLoopOrder = {
      ...{ origin, path: pathname, body, headers: rest, authorizations: [authorization] },
      ...{ perSecond: PER_SECOND, seconds: 2 * context.seconds },
    };
    const deafUrl = new URL(urls.dispatch);
    deafUrl.port = String((await proxy.ask<{ port: number }>('start', { port: Number(deafUrl.port) })).port);
    const workers = {
      heard: { POLL_MS: String(POLL_MS) },
      lost: { POLL_MS: String(POLL_MS), DATABASE_DISPATCH_URL: deafUrl.toString() },
    };
    const runs: Record<keyof typeof workers, Percentiles[]> = { heard: [], lost: [] };
    for (const [name, env] of Object.entries(workers) as [keyof typeof workers, Record<string, string>][]) {
      const worker = await product.startWorker(env);
      await journeys(context, caller, order);
      for (let at = 0; at < rounds; at++) {
        const { latency } = await journeys(context, caller, order);
        runs[name].push(latency);
        context.say(`wake-ups ${name}: p50 ${String(latency.p50Ms)} ms, p99 ${String(latency.p99Ms)} ms`);
      }
      await worker.stop();
    }
    const p99 = (name: keyof typeof runs): number => median(runs[name].map((run) => run.p99Ms));
    return {
      verdicts: [
        atMost('accept to provider, idle, p99 in ms', 30, p99('heard')),
        atMost(`the same with every wake-up lost (poll ${String(POLL_MS)} ms), p99 in ms`, POLL_MS + 100, p99('lost')),
      ],
      runs,
    };
  } finally {
    await product.stop();
    await Promise.all([caller.stop(), proxy.stop()]);
    await postgres.drop('bench_wake');
  }
}
