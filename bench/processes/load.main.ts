import { answer } from '../harness/answering';
import { percentiles } from '../harness/figures';
import { httpLoad } from '../harness/http-load';

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
  /** How often each status came. */
  readonly statuses: Readonly<Record<number, number>>;
}

/** Stands for an id of its own in a header of every request. */
const ID = '[<id>]';

async function load({ connections, seconds, amount, ...request }: LoadOrder): Promise<LoadResult> {
  const { hostname, port } = new URL(request.url);
  const startedMs = performance.now();
  const untilMs = seconds === undefined ? Infinity : startedMs + seconds * 1_000;
  let left = amount ?? Infinity;
  const { byStatus, broken, latenciesMs } = await httpLoad({
    ...{ host: hostname, port: Number(port), connections },
    pieces: textOf(request).split(ID),
    more: () => left-- > 0 && performance.now() < untilMs,
  });
  const tookMs = performance.now() - startedMs;
  const answers = [...byStatus].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
  const failed = latenciesMs.length - answers + broken;
  const { p50Ms, p99Ms } = percentiles(latenciesMs);
  return {
    answers,
    failed,
    perSecond: Math.round((answers / tookMs) * 1_000),
    p50Ms,
    p99Ms,
    statuses: Object.fromEntries(byStatus),
  };
}

/** In ASCII. An id in a body would change its length, so ids are for headers. */
function textOf({ url, method, headers = {}, body = '' }: Omit<LoadOrder, 'connections'>): string {
  const { host, pathname, search } = new URL(url);
  const fields = { host, connection: 'keep-alive', ...headers, ...(body && { 'content-length': String(body.length) }) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

answer({ load });
