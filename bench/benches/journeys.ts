import type { BenchProcess } from '../harness/bench-process';
import type { Context } from '../harness/context';
import { type Percentiles, percentiles } from '../harness/figures';
import type { OpenLoopOrder, OpenLoopResult } from '../processes/open-loop.main';

export interface Journeys {
  /** From sending the accept to the provider having the call. */
  readonly latency: Percentiles;
  /** All that the provider got meanwhile, whoever sent it. */
  readonly arrived: number;
  readonly tookMs: number;
}

const PATIENCE_MS = 60_000;

/** Sends accepts at a fixed rate and waits until the sink has each of them, by the operation's id, which is its key there. */
export async function journeys(
  { sink }: Pick<Context, 'sink'>,
  caller: BenchProcess,
  order: OpenLoopOrder,
  delayMs = 0,
): Promise<Journeys> {
  await sink.ask('reset', { delayMs, record: true });
  const startedMs = performance.now();
  const { sent, failed } = await caller.ask<OpenLoopResult>('run', order);
  const tookMs = performance.now() - startedMs;
  const arrived = await sink.ask<number>('received');
  if (failed > 0) throw new Error(`${String(failed)} accepts failed`);
  for (;;) {
    const at = new Map(await sink.ask<[string, number][]>('arrivals'));
    const latencies = sent.flatMap(([id, sentAt]) => {
      const arrivedAt = at.get(id);
      return arrivedAt === undefined ? [] : [arrivedAt - sentAt];
    });
    if (latencies.length === sent.length) return { latency: percentiles(latencies), arrived, tookMs };
    if (performance.now() - startedMs > tookMs + PATIENCE_MS)
      throw new Error(`${String(sent.length - latencies.length)} of ${String(sent.length)} never arrived`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
