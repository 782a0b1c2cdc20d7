import { type WithCpu, withCpu } from '../harness/cpu-time';
import type { BenchResult, Context } from '../harness/context';
import { atLeast, median, round } from '../harness/figures';
import { MESSAGE } from '../harness/message';
import { type BenchTenant, Product } from '../harness/product';
import type { LoadOrder, LoadResult } from '../processes/load.main';
import type { InsertResult } from '../processes/raw-inserts.main';

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
    const [inserts, accepts, empties]: [WithCpu<InsertResult>[], WithCpu<LoadResult>[], LoadResult[]] = [[], [], []];
    for (let at = 0; at < rounds; at++) {
      await postgres.settle();
      const insert = { url: rawUrl, connections: RAW_CONNECTIONS, seconds };
      inserts.push(
        await withCpu({ client: raw.pid, postgres: postgres.pid }, () => raw.ask<InsertResult>('insert', insert)),
      );
      const pids = { api: api.pid, postgres: postgres.pid, load: context.load.pid };
      accepts.push(
        await withCpu(pids, () =>
          context.load.ask<LoadResult>('load', { ...order, connections: CONNECTIONS, seconds }),
        ),
      );
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
      cpuMicros: { accept: cpuOf(accepts), rawInserts: cpuOf(inserts) },
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

function cpuOf(runs: readonly WithCpu<object>[]): Readonly<Record<string, number>> {
  const names = Object.keys(runs[0]?.cpuMicros ?? {});
  return Object.fromEntries(
    names.map((name) => [name, round(median(runs.map((run) => run.cpuMicros[name] ?? NaN)), 1)]),
  );
}
