import { cpuSeconds } from '../harness/cpu-time';
import type { Context } from '../harness/context';
import { round } from '../harness/figures';
import type { Sending } from '../processes/direct';
import { type AppendFsync, installRedis, startRedis } from './redis';

/** Ids as the receiver sees them, and when they were published. */
export type Published = readonly (readonly [id: string, at: number])[];

/** Somebody who sends: has jobs, then gets rid of them. */
export interface System {
  readonly name: string;
  /** Whose CPU time is counted. */
  readonly pids: readonly number[];
  fill(count: number): Promise<void>;
  /** Resolves when all are done and known to be. */
  drain(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** One that can also be given jobs at a rate while it sends. */
export interface FlowingSystem extends System {
  flow(count: number, perSecond: number): Promise<Published>;
}

export interface Drained {
  readonly perSecond: number;
  /** CPU microseconds per delivery: the sender and its store. */
  readonly cpuMicros: number;
}

/** How fast a backlog is gone: the rate at which the sink got it, after the first tenth; nobody's own clock or count. */
export async function drained(
  { sink, postgres }: Context,
  system: System,
  count: number,
  sinkOptions: { readonly delayMs: number; readonly record?: boolean },
): Promise<Drained> {
  await sink.ask('reset', sinkOptions);
  await system.fill(count);
  await postgres.settle();
  const cpu = (): number => system.pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const before = cpu();
  const marks = Promise.all([sink.ask<number>('until', count / 10), sink.ask<number>('until', count)]);
  await system.drain(count);
  const [from, to] = await marks;
  const perSecond = Math.round((count * 0.9) / ((to - from) / 1_000));
  return { perSecond, cpuMicros: round(((cpu() - before) * 1e6) / count, 1) };
}

/** Nothing but HTTP requests, without a store. */
export function directSystem(context: Context): Promise<System> {
  return peerSystem(context, 'direct', { name: 'direct', sending: 'message' });
}

/** BullMQ with a Redis of its own; none where there is no redis-server. */
export async function bullMqSystem(
  context: Context,
  appendfsync: AppendFsync,
  sending: Sending,
): Promise<FlowingSystem | undefined> {
  if (!installRedis((line) => context.say(line))) return undefined;
  const redis = await startRedis(appendfsync);
  const name = `bullmq ${appendfsync}`;
  const system = await peerSystem(context, 'bullmq', {
    name,
    sending,
    store: { port: redis.port },
    storePid: redis.pid,
  });
  return { ...system, stop: () => system.stop().then(() => redis.stop()) };
}

export function pgBossSystem(context: Context, sending: Sending): Promise<FlowingSystem> {
  return postgresSystem(context, 'pg-boss', { name: 'pg-boss', sending });
}

export function graphileSystem(context: Context): Promise<System> {
  return postgresSystem(context, 'graphile', { name: 'graphile-worker', sending: 'message' });
}

/** One that keeps its jobs in PostgreSQL, in a database of its own. */
async function postgresSystem(context: Context, entry: string, setUp: PeerSetUp): Promise<FlowingSystem> {
  const { postgres } = context;
  const database = `bench_${setUp.sending}_${entry.replace('-', '_')}`;
  const url = await postgres.empty(database);
  const system = await peerSystem(context, entry, { ...setUp, store: { url }, storePid: postgres.pid });
  return {
    ...system,
    // Their planner's worst case is a table that was just filled; ours needs no such help, and gets none.
    fill: (count) => system.fill(count).then(() => postgres.analyze(database)),
    stop: () => system.stop().then(() => postgres.drop(database)),
  };
}

interface PeerSetUp {
  readonly name: string;
  readonly sending: Sending;
  readonly store?: object;
  readonly storePid?: number;
}

async function peerSystem(
  { sinkUrl, startProcess }: Context,
  entry: string,
  { name, sending, store, storePid }: PeerSetUp,
): Promise<FlowingSystem> {
  const child = await startProcess(entry);
  await child.ask('setUp', { sinkUrl, sending, ...store });
  return {
    ...{ name, pids: storePid === undefined ? [child.pid] : [child.pid, storePid] },
    fill: (count) => child.ask('fill', { count }),
    drain: (count) => child.ask('drain', { count }),
    flow: (count, perSecond) => child.ask('flow', { count, perSecond }),
    stop: () => child.stop(),
  };
}
