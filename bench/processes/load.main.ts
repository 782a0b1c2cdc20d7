import { answer } from '../harness/answering';
import { peer } from '../peers/peer';

export interface LoadOrder {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly connections: number;
  /** One of the two. */
  readonly seconds?: number;
  readonly amount?: number;
}

export interface LoadResult {
  readonly answers: number;
  /** Answers that were no success, and connections that broke. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

type Autocannon = (options: object) => Promise<{
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}>;

const autocannon = peer<Autocannon>('autocannon');

/** `[<id>]` in a header or in the body becomes an id of its own in every request. */
async function load({ connections, seconds, amount, ...request }: LoadOrder): Promise<LoadResult> {
  const result = await autocannon({
    ...request,
    connections,
    ...(amount === undefined ? { duration: seconds } : { amount }),
    idReplacement: request.method === 'POST',
    timeout: 60,
  });
  const { '2xx': answers, non2xx, errors, duration, latency } = result;
  const perSecond = Math.round(answers / duration);
  return { answers, failed: non2xx + errors, perSecond, p50Ms: latency.p50, p99Ms: latency.p99 };
}

answer({ load });
