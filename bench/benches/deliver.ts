import type { BenchResult, Context } from '../harness/context';
import { atLeast, median, round, type Verdict } from '../harness/figures';
import { Product } from '../harness/product';
import {
  bullMqSystem,
  directSystem,
  type Drained,
  drained,
  graphileSystem,
  pgBossSystem,
  type System,
} from '../peers/systems';
import { acceptOrder } from './accept';

/** How many are sent per measurement: a second or two of work for the fastest. */
const COUNT = { immediate: 20_000, slow: 6_000 } as const;
const DELAY_MS = { immediate: 0, slow: 20 } as const;
type Sink = keyof typeof COUNT;

/** One HTTP POST per operation, fifty at a time, by us and by those who do the like; a backlog is there when it begins. */
export async function deliver(context: Context): Promise<BenchResult> {
  const systems: System[] = [];
  try {
    await startAll(context, systems);
    const runs = new Map(systems.map(({ name }) => [name, { immediate: [] as Drained[], slow: [] as Drained[] }]));
    await warmUp(context, systems);
    for (let at = 0; at < context.rounds; at++) {
      for (const sink of ['immediate', 'slow'] as const) {
        for (const system of systems) {
          const measured = await drained(context, system, context.scaled(COUNT[sink]), { delayMs: DELAY_MS[sink] });
          runs.get(system.name)?.[sink].push(measured);
          context.say(
            `${system.name}, ${sink} sink: ${String(measured.perSecond)}/s, ${String(measured.cpuMicros)} µs CPU`,
          );
        }
      }
    }
    const rate = (name: string, sink: Sink): number =>
      median((runs.get(name)?.[sink] ?? []).map(({ perSecond }) => perSecond));
    return { verdicts: verdicts(rate), rates: rates(systems, rate), runs: Object.fromEntries(runs) };
  } finally {
    for (const system of systems) await system.stop();
  }
}

function verdicts(rate: (name: string, sink: Sink) => number): Verdict[] {
  const times = (peer: string, sink: Sink): number => rate('puente', sink) / rate(peer, sink);
  return [
    atLeast('delivery, immediate sink ÷ BullMQ 6 (AOF everysec)', 1.2, times('bullmq everysec', 'immediate')),
    atLeast('delivery, immediate sink ÷ pg-boss 10 (fetch loop)', 1.7, times('pg-boss', 'immediate')),
    atLeast('delivery, immediate sink ÷ graphile-worker 0.16', 3.5, times('graphile-worker', 'immediate')),
    atLeast('delivery, 20 ms sink ÷ direct undici', 0.96, times('direct', 'slow')),
  ].filter(({ measured }) => !Number.isNaN(measured));
}

function rates(systems: readonly System[], rate: (name: string, sink: Sink) => number): unknown {
  return Object.fromEntries(
    systems.map(({ name }) => [
      name,
      {
        ...{ immediate: Math.round(rate(name, 'immediate')), slow: Math.round(rate(name, 'slow')) },
        ofOurs: round(rate('puente', 'immediate') / rate(name, 'immediate'), 2),
      },
    ]),
  );
}

async function warmUp(context: Context, systems: readonly System[]): Promise<void> {
  for (const system of systems) {
    await context.sink.ask('reset', { delayMs: 0 });
    const count = context.scaled(COUNT.slow);
    await system.fill(count);
    await system.drain(count);
  }
}

async function startAll(context: Context, systems: System[]): Promise<void> {
  systems.push(await puente(context));
  systems.push(await directSystem(context));
  for (const appendfsync of ['everysec', 'always'] as const) {
    const bullMq = await bullMqSystem(context, appendfsync, 'message');
    if (bullMq) systems.push(bullMq);
  }
  systems.push(await pgBossSystem(context, 'message'));
  systems.push(await graphileSystem(context));
  context.say(`sink at ${context.sinkUrl}`);
}

/**
 * Ours: the api accepts the backlog while the worker is frozen, so that the worker, like everybody else, is warm and has
 * all of it before it begins.
 */
async function puente(context: Context): Promise<System> {
  const { postgres, sinkUrl, load } = context;
  const urls = await postgres.puente('bench_deliver');
  const product = Product.on({ urls, sinkUrl, env: { LEASE_MS: '60000' } });
  await product.startApi();
  const [tenant] = await product.tenants(1);
  const worker = await product.startWorker({}, context.profile('worker'));
  const order = { ...acceptOrder(product.apiUrl, tenant!), connections: 100 };
  return {
    ...{ name: 'puente', pids: [worker.pid, postgres.pid] },
    fill: async (count) => {
      worker.signal('SIGSTOP');
      await load.ask('load', { ...order, amount: count });
    },
    drain: async () => {
      worker.signal('SIGCONT');
      await postgres.untilSettled('bench_deliver');
    },
    stop: async () => {
      worker.signal('SIGCONT');
      await product.stop();
      await postgres.drop('bench_deliver');
    },
  };
}
