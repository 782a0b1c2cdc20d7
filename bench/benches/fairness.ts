import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchResult, Context } from '../harness/context';
import { atLeast, atMost, median, round } from '../harness/figures';
import { Product } from '../harness/product';
import type { OpenLoopOrder } from '../processes/open-loop.main';
import { acceptOrder } from './accept';
import { type Journeys, journeys } from './journeys';

const QUIET_TENANTS = 40;
const QUIET_PER_SECOND = 200;
const NOISY_OPERATIONS = 60_000;
const PROVIDER_MS = 20;

interface Round {
  readonly alone: Journeys;
  readonly beside: Journeys;
  readonly capacityPerSecond: number;
  readonly noisyPerSecond: number;
}

/** Forty tenants who send now and then, beside one with sixty thousand operations due. */
export async function fairness(context: Context): Promise<BenchResult> {
  const { postgres, sinkUrl, load } = context;
  const caller = await context.startProcess('open-loop');
  const urls = await postgres.puente('bench_fairness');
  const product = Product.on({ urls, sinkUrl, env: { LEASE_MS: '60000' } });
  try {
    await product.startApi();
    const tenants = await product.tenants(QUIET_TENANTS + 1);
    const [noisy, ...quiet] = tenants;
    const worker = await product.startWorker();
    const { url, headers = {}, body = '' } = acceptOrder(product.apiUrl, noisy!);
    const { origin, pathname } = new URL(url);
    const order: OpenLoopOrder = {
      ...{ origin, path: pathname, body, headers, perSecond: QUIET_PER_SECOND, seconds: context.seconds },
      authorizations: quiet.map(({ clientKey }) => `Bearer ${clientKey}`),
    };
    await journeys(context, caller, order, PROVIDER_MS);
    const runs: Round[] = [];
    for (let at = 0; at < Math.min(2, context.rounds); at++) {
      const alone = await journeys(context, caller, order, PROVIDER_MS);
      worker.signal('SIGSTOP');
      await load.ask('load', {
        ...acceptOrder(product.apiUrl, noisy!),
        connections: 100,
        amount: context.scaled(NOISY_OPERATIONS),
      });
      await context.sink.ask('reset', { delayMs: PROVIDER_MS });
      worker.signal('SIGCONT');
      const capacityPerSecond = await rateOver(context, 1_000, 3_000);
      const beside = await journeys(context, caller, order, PROVIDER_MS);
      const noisyPerSecond = (beside.arrived / beside.tookMs) * 1_000 - QUIET_PER_SECOND;
      runs.push({ alone, beside, capacityPerSecond, noisyPerSecond });
      context.say(`quiet p99 ${String(alone.latency.p99Ms)} ms alone, ${String(beside.latency.p99Ms)} ms beside`);
      await drained(context);
    }
    return {
      verdicts: [
        atMost(
          'quiet tenants’ p99 beside 60,000 noisy ÷ alone',
          1.3,
          median(runs.map(({ alone, beside }) => beside.latency.p99Ms / alone.latency.p99Ms)),
        ),
        atLeast('noisy tenant’s part of what the others leave', 0.85, median(runs.map(shareOf))),
      ],
      runs,
    };
  } finally {
    await caller.stop();
    await product.stop();
    await postgres.drop('bench_fairness');
  }
}

function shareOf({ capacityPerSecond, noisyPerSecond }: Round): number {
  return round(noisyPerSecond / (capacityPerSecond - QUIET_PER_SECOND), 3);
}

async function rateOver({ sink }: Context, afterMs: number, ms: number): Promise<number> {
  await sleep(afterMs);
  const [before, fromMs] = [await sink.ask<number>('received'), performance.now()];
  await sleep(ms);
  return Math.round((((await sink.ask<number>('received')) - before) / (performance.now() - fromMs)) * 1_000);
}

/** What is left of the noise is done quickly, so that the next round begins in quiet. */
async function drained({ sink, postgres }: Context): Promise<void> {
  await sink.ask('reset', { delayMs: 0 });
  const left = `SELECT EXISTS (SELECT FROM operations WHERE state IN ('queued', 'unknown') AND NOT blocked)
    OR EXISTS (SELECT FROM operations WHERE state = 'running') AS left`;
  while ((await postgres.ask<{ left: boolean }>('bench_fairness', left))[0]?.left === true) await sleep(200);
}
