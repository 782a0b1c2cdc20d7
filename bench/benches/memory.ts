import type { BenchResult, Context } from '../harness/context';
import { residentMb } from '../harness/cpu-time';
import { atMost, median, round } from '../harness/figures';
import { Product } from '../harness/product';
import { acceptOrder } from './accept';

const SAMPLE_MS = 250;
/** Long enough for the garbage collector to have reached its own idea of how much is enough. */
const LOADS = 4;

/** Memory of api and worker while both do all they can: accepts from 200 connections, deliveries as fast as they go. */
export async function memory(context: Context): Promise<BenchResult> {
  const { postgres, sink, sinkUrl, load, seconds } = context;
  const urls = await postgres.puente('bench_memory');
  const product = Product.on({ urls, sinkUrl });
  const samples: { readonly api: number; readonly worker: number }[] = [];
  try {
    const api = await product.startApi();
    const worker = await product.startWorker();
    const [tenant] = await product.tenants(1);
    await sink.ask('reset', { delayMs: 0 });
    const order = { ...acceptOrder(product.apiUrl, tenant!), connections: 200, seconds };
    const sampling = setInterval(
      () => samples.push({ api: residentMb(api.pid), worker: residentMb(worker.pid) }),
      SAMPLE_MS,
    );
    for (let at = 0; at < LOADS; at++) await load.ask('load', order);
    clearInterval(sampling);
  } finally {
    await product.stop();
    await postgres.drop('bench_memory');
  }
  const of = (name: 'api' | 'worker') => {
    const values = samples.map((sample) => sample[name]);
    const quarter = Math.floor(values.length / 4);
    const [second, last] = [median(values.slice(quarter, 2 * quarter)), median(values.slice(3 * quarter))];
    return { maxMb: Math.max(...values), growth: round(last / second, 2) };
  };
  const [api, worker] = [of('api'), of('worker')];
  return {
    verdicts: [
      atMost('memory of the api, MB', 300, api.maxMb),
      atMost('memory of the worker, MB', 300, worker.maxMb),
      atMost('last quarter ÷ second quarter, api', 1.15, api.growth),
      atMost('last quarter ÷ second quarter, worker', 1.15, worker.growth),
    ],
    ...{ api, worker },
  };
}
