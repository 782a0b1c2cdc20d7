import type { BenchResult, Context } from '../harness/context';
import { atLeast, median, type Percentiles, percentiles, round } from '../harness/figures';
import { MESSAGE } from '../harness/message';
import { Product } from '../harness/product';
import { bodyOf } from '../../test/support/sandbox-client';
import { bullMqSystem, type Drained, drained, type FlowingSystem, pgBossSystem } from '../peers/systems';
import type { OpenLoopResult } from '../processes/open-loop.main';

const BACKLOG = 10_000;
const PER_SECOND = 200;
const EVENT = JSON.stringify({ type: 'bench.sent', payload: MESSAGE });

interface Measured extends Drained {
  readonly lost: number;
  readonly doubled: number;
  readonly publishToReceipt: Percentiles;
}

/** The same event, signed and sent by us and by workers that one would write on BullMQ or pg-boss. */
export async function webhooks(context: Context): Promise<BenchResult> {
  const systems: FlowingSystem[] = [];
  const runs: Record<string, Measured[]> = {};
  try {
    await startAll(context, systems);
    for (const system of systems) await measure(context, system, context.scaled(BACKLOG / 5));
    for (let at = 0; at < context.rounds; at++) {
      for (const system of systems) {
        const measured = await measure(context, system, context.scaled(BACKLOG));
        (runs[system.name] ??= []).push(measured);
        context.say(said(system.name, measured));
      }
    }
  } finally {
    for (const system of systems) await system.stop();
  }
  const sum = (of: (run: Measured) => number): Record<string, number> =>
    each(runs, (all) => all.reduce((n, run) => n + of(run), 0));
  const rates = each(runs, (all) => Math.round(median(all.map(({ perSecond }) => perSecond))));
  const p99Ms = each(runs, (all) => round(median(all.map(({ publishToReceipt }) => publishToReceipt.p99Ms)), 1));
  const ratio = (rates['puente'] ?? NaN) / (rates['bullmq everysec'] ?? NaN);
  return {
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    verdicts: [atLeast('signed deliveries per second ÷ BullMQ 6 (AOF everysec)', 1.3, ratio)].filter(
      ({ measured }) => !Number.isNaN(measured),
    ),
    rates,
    p99Ms,
    runs,
  };
}

function said(name: string, { lost, doubled, perSecond, cpuMicros, publishToReceipt }: Measured): string {
  const counted = `${String(lost)} lost, ${String(doubled)} doubled`;
  return `${name}: ${counted}, ${String(perSecond)}/s, ${String(cpuMicros)} µs CPU, publish → receipt p99 ${String(publishToReceipt.p99Ms)} ms`;
}

function each<T, R>(of: Readonly<Record<string, T>>, make: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, make(value)]));
}

/** The backlog first, then a quiet stream of events. */
async function measure(context: Context, system: FlowingSystem, count: number): Promise<Measured> {
  const { sink } = context;
  const speed = await drained(context, system, count, { delayMs: 0, record: true });
  const backlog = await arrivals(sink);
  await sink.ask('reset', { delayMs: 0, record: true });
  const flowing = Math.max(100, Math.round(count / 10));
  const published = await system.flow(flowing, PER_SECOND);
  await sink.ask('until', flowing);
  const stream = await arrivals(sink);
  const waits = published.flatMap(([id, at]) => {
    const received = stream.first.get(id);
    return received === undefined ? [] : [received - at];
  });
  return {
    lost: count - backlog.first.size + (flowing - waits.length),
    doubled: backlog.count - backlog.first.size + (stream.count - stream.first.size),
    ...speed,
    publishToReceipt: percentiles(waits),
  };
}

async function arrivals(sink: Context['sink']): Promise<{ first: Map<string, number>; count: number }> {
  const all = await sink.ask<[string, number][]>('arrivals', undefined);
  const first = new Map<string, number>();
  for (const [id, at] of all) if (!first.has(id)) first.set(id, at);
  return { first, count: all.length };
}

async function startAll(context: Context, systems: FlowingSystem[]): Promise<void> {
  systems.push(await puente(context));
  const bullMq = await bullMqSystem(context, 'everysec', 'webhook');
  if (bullMq) systems.push(bullMq);
  systems.push(await pgBossSystem(context, 'webhook'));
}

/** Ours over REST: events are published while the worker is frozen, so that it has all of them before it begins. */
async function puente(context: Context): Promise<FlowingSystem> {
  const { postgres, sink, sinkUrl, load } = context;
  const urls = await postgres.puente('bench_hooks');
  const env = { LEASE_MS: '60000', EGRESS_ALLOWED_CIDRS: '127.0.0.1/32' };
  const product = Product.on({ urls, sinkUrl, env });
  await product.startApi(context.profile('api-hooks'));
  const [tenant] = await product.tenants(1);
  const client = product.clientOf(tenant!);
  bodyOf(await client.post('/v1/webhook-endpoints', { url: `${sinkUrl}/hooks`, eventTypes: ['bench.*'] }), 201);
  const worker = await product.startWorker({}, context.profile('worker-hooks'));
  const publisher = await context.startProcess('open-loop');
  const authorization = `Bearer ${tenant!.clientKey}`;
  const headers = { 'content-type': 'application/json' };
  const order = { url: `${product.apiUrl}/v1/events`, method: 'POST', body: EVENT, connections: 100 };
  return {
    ...{ name: 'puente', pids: [worker.pid, postgres.pid] },
    fill: async (count) => {
      worker.signal('SIGSTOP');
      await load.ask('load', { ...order, headers: { ...headers, authorization }, amount: count });
    },
    drain: async (count) => {
      worker.signal('SIGCONT');
      await sink.ask('until', count);
      await postgres.untilSettled('bench_hooks');
    },
    flow: async (count, perSecond) => {
      const { sent } = await publisher.ask<OpenLoopResult>('run', {
        ...{ origin: product.apiUrl, path: '/v1/events', body: EVENT, headers, authorizations: [authorization] },
        ...{ perSecond, seconds: count / perSecond, id: 'id' },
      });
      return sent.map(([id, at]) => [`msg_${id}`, at]);
    },
    stop: async () => {
      worker.signal('SIGCONT');
      await publisher.stop();
      await product.stop();
      await postgres.drop('bench_hooks');
    },
  };
}
