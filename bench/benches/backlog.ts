import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchResult, Context } from '../harness/context';
import { atLeast, atMost, median, round } from '../harness/figures';
import { Product } from '../harness/product';
import { acceptOrder } from './accept';

/** Enough for the measurement on a fast machine; each can be opened, the million beside them need not be. */
const DUE = 60_000;
const MILLION = 1_000_000;
const ALARM_WITHIN_MS = 90_000;

const ORIGIN = 'bench_backlog_origin';
const COPY = 'bench_backlog';

interface Beside {
  readonly state: string;
  readonly dueIn: string;
  readonly ended: string;
}

/** What else lies in the table while the sixty thousand are worked off. */
const BESIDE: Readonly<Record<string, Beside | undefined>> = {
  'nothing else': undefined,
  'a million due': { state: 'queued', dueIn: '-1 minute', ended: 'NULL' },
  'a million scheduled': { state: 'queued', dueIn: '1 day', ended: 'NULL' },
  'a million finished': { state: 'succeeded', dueIn: '-1 day', ended: 'now()' },
};

/** Claims and settles without a provider, in a table that is small and in one that is not. */
export async function backlog(context: Context): Promise<BenchResult> {
  const rates: Record<string, number> = {};
  const due = context.scaled(DUE);
  let alarmMs = NaN;
  const filled = await accepted(context, due);
  for (const [name, beside] of Object.entries(BESIDE)) {
    const product = filled.onCopy(await context.postgres.copyOf(ORIGIN, COPY));
    try {
      if (beside) await context.postgres.ask(COPY, millionSql(beside, context.scaled(MILLION)));
      await context.postgres.ask(COPY, 'VACUUM ANALYZE operations');
      await context.postgres.settle();
      await product.startWorker();
      rates[name] = await settledPerSecond(product, context.seconds, due);
      context.say(`${name}: ${String(rates[name])} claimed and settled per second`);
      if (!beside) alarmMs = await untilAlarm(context, COPY, product);
    } finally {
      await product.stop();
      await context.postgres.drop(COPY);
    }
  }
  await context.postgres.drop(ORIGIN);
  const { 'nothing else': alone = NaN, ...others } = rates;
  const ratios = Object.fromEntries(Object.entries(others).map(([name, rate]) => [name, round(rate / alone, 3)]));
  return {
    verdicts: [
      ...Object.entries(ratios).map(([name, ratio]) =>
        atLeast(`claim and settle beside ${name} ÷ 60,000 rows`, 0.95, ratio),
      ),
      atMost('a snapshot held open raises an alarm within, s', 60, round(alarmMs / 1_000, 1)),
    ],
    rates,
  };
}

/** Through the API, so that each can be opened; once, since that takes longer than all that is measured. */
async function accepted({ postgres, load, sinkUrl }: Context, due: number): Promise<Product> {
  const urls = await postgres.puente(ORIGIN);
  const product = Product.on({ urls, sinkUrl, env: { LEASE_MS: '60000' } });
  await product.startApi();
  const [tenant] = await product.tenants(1);
  await load.ask('load', { ...acceptOrder(product.apiUrl, tenant!, 'nothing'), connections: 100, amount: due });
  await product.stop();
  await postgres.ask(ORIGIN, `UPDATE operations SET next_attempt_at = next_attempt_at - interval '1 hour'`);
  return product;
}

/** Copies of one operation under ids of their own. */
function millionSql({ state, dueIn, ended }: Beside, copies: number): string {
  const own: Readonly<Record<string, string>> = {
    id: 'gen_random_uuid()',
    state: `'${state}'`,
    next_attempt_at: `now() + interval '${dueIn}'`,
    settled_at: ended,
  };
  const copied = ['tenant_id', 'provider', 'operation', 'integration', 'lane_key', 'effect', 'on_unknown', 'policy'];
  const same = [...copied, 'priority', 'request_hash', 'input', 'created_at', 'updated_at'];
  return `INSERT INTO operations (${[...Object.keys(own), ...same].join(', ')})
    SELECT ${[...Object.values(own), ...same.map((column) => `o.${column}`)].join(', ')}
    FROM (SELECT * FROM operations LIMIT 1) o CROSS JOIN generate_series(1, ${String(copies)})`;
}

async function settledPerSecond(product: Product, seconds: number, due: number): Promise<number> {
  const settled = async (): Promise<number> => (await product.workerMetric('puente_operations_settled_total')) ?? 0;
  while ((await settled()) < due / 12) await sleep(20);
  const samples: number[] = [];
  for (let left = seconds * 2; left > 0; left--) {
    const [before, fromMs] = [await settled(), performance.now()];
    await sleep(250);
    const done = (await settled()) - before;
    if (before + done >= due) break;
    samples.push((done / (performance.now() - fromMs)) * 1_000);
  }
  return Math.round(median(samples));
}

/** @returns how long a transaction held a snapshot before the worker raised its alarm */
async function untilAlarm({ postgres }: Context, database: string, product: Product): Promise<number> {
  await postgres.ask(database, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
  await postgres.ask(database, 'SELECT count(*) FROM tenants');
  const startedMs = performance.now();
  const before = await product.workerLogged('snapshot.old');
  try {
    while (performance.now() - startedMs < ALARM_WITHIN_MS) {
      if ((await product.workerLogged('snapshot.old')) > before) return performance.now() - startedMs;
      await sleep(500);
    }
    return Infinity;
  } finally {
    await postgres.ask(database, 'ROLLBACK');
  }
}
