import { answer } from '../harness/answering';
import { MESSAGE } from '../harness/message';
import { peer } from '../peers/peer';
import { sender } from './direct';

interface Job {
  readonly id: string;
}
interface PgBoss {
  start(): Promise<unknown>;
  createQueue(name: string): Promise<void>;
  insert(jobs: readonly object[]): Promise<void>;
  fetch(name: string, options: object): Promise<readonly Job[]>;
  complete(name: string, ids: readonly string[]): Promise<unknown>;
}

const PgBoss = peer<new (url: string) => PgBoss>('pg-boss');
const BULK = 500;
const LOOPS = 4;
const BATCH = 50;

let boss: PgBoss;
let send: ReturnType<typeof sender>;
let round = 0;

/** Its own `work()` polls every half second at best; this is the loop with which it is fast. */
answer({
  setUp: async ({ sinkUrl, url }: { readonly sinkUrl: string; readonly url: string }) => {
    send = sender(sinkUrl);
    boss = new PgBoss(url);
    await boss.start();
  },
  fill: async ({ count }: { readonly count: number }) => {
    const name = `send-${String(++round)}`;
    await boss.createQueue(name);
    for (let at = 0; at < count; at += BULK)
      await boss.insert(Array.from({ length: Math.min(BULK, count - at) }, () => ({ name, data: MESSAGE })));
  },
  drain: async () => {
    const name = `send-${String(round)}`;
    const loop = async (): Promise<void> => {
      for (;;) {
        const jobs = await boss.fetch(name, { batchSize: BATCH });
        if (jobs.length === 0) return;
        await Promise.all(jobs.map(({ id }) => send(id)));
        await boss.complete(
          name,
          jobs.map(({ id }) => id),
        );
      }
    };
    await Promise.all(Array.from({ length: LOOPS }, loop));
  },
});
