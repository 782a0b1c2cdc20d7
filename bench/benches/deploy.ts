import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchResult, Context } from '../harness/context';
import { atMost } from '../harness/figures';
import { Product } from '../harness/product';
import { acceptOrder } from './accept';

const OPERATIONS = 6_000;
const DEPLOYS = 4;
const PROVIDER_MS = 50;

/** Workers are exchanged again and again under load, as deploys do it: SIGTERM, and another one takes over. */
export async function deploy(context: Context): Promise<BenchResult> {
  const { postgres, sink, sinkUrl, load } = context;
  const operations = context.scaled(OPERATIONS);
  const urls = await postgres.puente('bench_deploy');
  const product = Product.on({ urls, sinkUrl });
  try {
    await product.startApi();
    const [tenant] = await product.tenants(1);
    await sink.ask('reset', { delayMs: PROVIDER_MS });
    // Reconcilable: what was sent and whose answer is missing would have to become unknown.
    await load.ask('load', { ...acceptOrder(product.apiUrl, tenant!, 'pay'), connections: 100, amount: operations });
    const stops: number[] = [];
    for (let at = 0; at < DEPLOYS; at++) {
      const worker = await product.startWorker();
      await sleep(700);
      const startedMs = performance.now();
      await worker.stop();
      stops.push(Math.round(performance.now() - startedMs));
    }
    await product.startWorker();
    const ended = await untilEnded(context);
    const [counted] = await postgres.ask<{ unknown: number; repeated: number }>(
      'bench_deploy',
      `SELECT (SELECT count(DISTINCT operation_id)::int FROM attempts WHERE outcome LIKE 'unknown%') AS unknown,
         (SELECT count(*)::int FROM operations WHERE crashes > 0 OR attempt > 1) AS repeated`,
    );
    return {
      verdicts: [
        atMost('operations unknown because of SIGTERM', 0, (counted?.unknown ?? NaN) + (counted?.repeated ?? NaN)),
      ],
      ...{ operations, deploys: DEPLOYS, ended, ...counted, stopMs: stops },
      received: await sink.ask('received'),
    };
  } finally {
    await product.stop();
    await postgres.drop('bench_deploy');
  }
}

async function untilEnded({ postgres }: Context): Promise<Readonly<Record<string, number>>> {
  for (let left = 1_200; ; left--) {
    const rows = await postgres.ask<{ state: string; n: number }>(
      'bench_deploy',
      'SELECT state, count(*)::int AS n FROM operations GROUP BY 1',
    );
    const live = rows.filter(({ state }) => ['queued', 'running', 'unknown'].includes(state));
    if (live.length === 0 || left === 0) return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
    await sleep(100);
  }
}
