import { cpuSeconds } from '../harness/cpu-time';
import type { BenchProcess } from '../harness/bench-process';
import type { BenchResult, Context } from '../harness/context';
import { atLeast, median, round } from '../harness/figures';
import { MESSAGE } from '../harness/message';
import { type BenchTenant, Product } from '../harness/product';
import type { LoadOrder, LoadResult } from '../processes/load.main';

const CONNECTIONS = 200;
const RAW_CONNECTIONS = 32;

/** The order for durable accepts through the generic route, each with an idempotency key of its own. */
export function acceptOrder(apiUrl: string, tenant: BenchTenant, operation = 'send'): Omit<LoadOrder, 'connections'> {
  return {
    url: `${apiUrl}/v1/integrations/bench/operations/${operation}`,
    method: 'POST',
    headers: {
      authorization: `Bearer ${tenant.clientKey}`,
      'content-type': 'application/json',
      prefer: 'respond-async',
      'idempotency-key': '[<id>]',
    },
    body: JSON.stringify(MESSAGE),
  };
}

interface Round extends LoadResult {
  /** CPU microseconds per accept, by who used them. */
  readonly cpuMicros: Readonly<Record<string, number>>;
}

/** Durable accepts over HTTP beside raw inserts of single rows, and beside a route that does nothing. */
export async function accept(context: Context): Promise<BenchResult> {
  const { postgres, rounds, seconds, say } = context;
  const urls = await postgres.puente('bench_accept');
  const rawUrl = await postgres.empty('bench_raw');
  const raw = await context.startProcess('raw-inserts');
  const product = Product.on({ urls, sinkUrl: context.sinkUrl });
  try {
    const api = await product.startApi(context.profile('api'));
    const [tenant] = await product.tenants(1);
    const order = acceptOrder(product.apiUrl, tenant!);
    await context.load.ask('load', { ...order, connections: CONNECTIONS, seconds: 3 });
    await postgres.analyze('bench_accept');
    const [inserts, accepts, empties]: [{ perSecond: number }[], Round[], LoadResult[]] = [[], [], []];
    for (let at = 0; at < rounds; at++) {
      await postgres.settle();
      inserts.push(await raw.ask('insert', { url: rawUrl, connections: RAW_CONNECTIONS, seconds }));
      accepts.push(await measured(context, api, { ...order, connections: CONNECTIONS, seconds }));
      const empty = { url: `${product.apiUrl}/health/live`, method: 'GET' as const };
      empties.push(await context.load.ask('load', { ...empty, connections: CONNECTIONS, seconds: seconds / 2 }));
      say(`accept ${String(accepts.at(-1)?.perSecond)}/s, raw inserts ${String(inserts.at(-1)?.perSecond)}/s`);
    }
    const perSecond = (results: readonly { perSecond: number }[]): number =>
      median(results.map((result) => result.perSecond));
    const ratio = perSecond(accepts) / perSecond(inserts);
    return {
      verdicts: [atLeast('durable accept ÷ raw single-row inserts', 0.8, ratio)],
      acceptPerSecond: perSecond(accepts),
      rawInsertsPerSecond: perSecond(inserts),
      emptyRoutePerSecond: perSecond(empties),
      acceptOfEmptyRoute: round(perSecond(accepts) / perSecond(empties), 3),
      runs: { accepts, inserts, empties },
    };
  } finally {
    await product.stop();
    await raw.stop();
    await postgres.drop('bench_accept');
    await postgres.drop('bench_raw');
  }
}

async function measured({ postgres, load }: Context, api: BenchProcess, order: LoadOrder): Promise<Round> {
  const pids = { api: api.pid, postgres: postgres.pid, load: load.pid };
  const before = used(pids);
  const result = await load.ask<LoadResult>('load', order);
  const after = used(pids);
  const cpuMicros = Object.fromEntries(
    Object.entries(after).map(([name, value]) => [
      name,
      round(((value - (before[name] ?? 0)) * 1e6) / result.answers, 1),
    ]),
  );
  return { ...result, cpuMicros };
}

function used(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
}
