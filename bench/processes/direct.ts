import { Pool } from 'undici';
import { MESSAGE } from '../harness/message';

/** As many as the product's own connection to a provider has. */
export const CONCURRENCY = 50;

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
