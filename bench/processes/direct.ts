import { createHmac, randomBytes } from 'node:crypto';
import { Pool } from 'undici';
import { MESSAGE } from '../harness/message';

/** Calls at once, as many as the product makes. */
export const CONCURRENCY = 50;

/** One job's POST. */
export type Send = (key: string, data: unknown) => Promise<void>;

/** What is sent: a message as it is, or an event signed as Standard Webhooks say. */
export type Sending = 'message' | 'webhook';

export function senderOf(sending: Sending, sinkUrl: string): Send {
  return sending === 'message' ? sender(sinkUrl) : webhookSender(sinkUrl);
}

/** A signed event, as a worker of one's own would send it: HMAC-SHA256 over id, time and body; 2xx is success. */
function webhookSender(sinkUrl: string): Send {
  const pool = new Pool(sinkUrl, { connections: CONCURRENCY });
  const secret = randomBytes(24);
  return async (key, data) => {
    const body = JSON.stringify(data);
    const id = `msg_${key}`;
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
    const headers = {
      ...{ 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp },
      'webhook-signature': `v1,${signature}`,
    };
    const answer = await pool.request({ method: 'POST', path: '/hooks', headers, body });
    await answer.body.dump();
    if (answer.statusCode < 200 || answer.statusCode > 299)
      throw new Error(`The sink said ${String(answer.statusCode)}`);
  };
}

/** Publishes at a fixed rate, whatever becomes of it. @returns each id, and when it was published, in epoch milliseconds */
export async function atRate(
  { perSecond, count }: { readonly perSecond: number; readonly count: number },
  publish: () => Promise<string>,
): Promise<[string, number][]> {
  const pending: Promise<[string, number]>[] = [];
  const startedMs = performance.now();
  for (let at = 0; at < count; at++) {
    const waitMs = startedMs + (at * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sentMs = performance.timeOrigin + performance.now();
    pending.push(publish().then((id) => [id, sentMs]));
  }
  return Promise.all(pending);
}

/** One HTTP POST as everybody here makes it: undici, fifty connections, the answer read and parsed. */
export function sender(sinkUrl: string): (key: string) => Promise<void> {
  const pool = new Pool(sinkUrl, { connections: CONCURRENCY });
  const body = JSON.stringify(MESSAGE);
  return async (key) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer bench', 'idempotency-key': key };
    const answer = await pool.request({ method: 'POST', path: '/messages', headers, body });
    const { id } = (await answer.body.json()) as { readonly id?: string };
    if (answer.statusCode !== 200 || id === undefined) throw new Error(`The sink said ${String(answer.statusCode)}`);
  };
}

/** Keeps `concurrency` of them under way until `count` are done. */
export async function drainWith(
  work: (at: number) => Promise<void>,
  count: number,
  concurrency: number,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
