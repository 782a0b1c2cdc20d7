import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { answer } from '../harness/answering';
import { type Percentiles, percentiles } from '../harness/figures';

export interface OpenLoopOrder {
  readonly origin: string;
  readonly path?: string;
  readonly body: string;
  /** Instead of the one path and body: those of each request. */
  readonly each?: readonly { readonly path: string; readonly body?: string }[];
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  /** One of these per request in turn: a tenant's key each. */
  readonly authorizations: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  /** Field of the answer that names what was made; `operationId` when left out. */
  readonly id?: string;
}

export interface OpenLoopResult extends Percentiles {
  readonly answers: number;
  readonly failed: number;
  /** What was answered, and when it had been sent, in epoch milliseconds. */
  readonly sent: readonly (readonly [id: string, at: number])[];
}

/** Sends at a fixed rate whatever the answers do, as many callers who do not know of one another would. */
async function run({ origin, perSecond, seconds, ...order }: OpenLoopOrder): Promise<OpenLoopResult> {
  const pool = new Pool(origin, { connections: 256 });
  const [latencies, sent, pending]: [number[], [string, number][], Promise<void>[]] = [[], [], []];
  let failed = 0;
  const one = async (at: number): Promise<void> => {
    const sentMs = performance.now();
    const authorization = order.authorizations[at % order.authorizations.length] ?? '';
    const own = { ...(authorization && { authorization }), 'idempotency-key': randomUUID() };
    const headers = { ...order.headers, ...own };
    const { path = '/', body: text = order.body } = order.each?.[at] ?? order;
    const { method = 'POST' } = order;
    const answered = await pool.request({ method, path, headers, body: method === 'GET' ? null : text });
    const { statusCode } = answered;
    const made = await answered.body.text();
    latencies.push(performance.now() - sentMs);
    sent.push([idIn(made, order.id ?? 'operationId'), performance.timeOrigin + sentMs]);
    if (statusCode !== 200 && statusCode !== 201 && statusCode !== 202) failed += 1;
  };
  const count = order.each?.length ?? perSecond * seconds;
  const startedMs = performance.now();
  for (let at = 0; at < count; at++) {
    const waitMs = startedMs + (at * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    pending.push(one(at).catch(() => void (failed += 1)));
  }
  await Promise.all(pending);
  await pool.close();
  return { answers: latencies.length, failed, ...percentiles(latencies), sent };
}

/** Empty for an answer that is no JSON: a page. */
function idIn(text: string, name: string): string {
  return text.startsWith('{') ? ((JSON.parse(text) as Readonly<Record<string, string | undefined>>)[name] ?? '') : '';
}

answer({ run });
