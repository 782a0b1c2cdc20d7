import { setTimeout as sleep } from 'node:timers/promises';
import { answer } from '../harness/answering';
import { MESSAGE } from '../harness/message';
import { peer } from '../peers/peer';
import { type Send, type Sending, atRate, senderOf } from './direct';

interface Job {
  readonly id: string;
  readonly data: unknown;
}
interface PgBoss {
  start(): Promise<unknown>;
  createQueue(name: string): Promise<void>;
  send(name: string, data: object): Promise<string>;
  insert(jobs: readonly object[]): Promise<void>;
  fetch(name: string, options: object): Promise<readonly Job[]>;
  complete(name: string, ids: readonly string[]): Promise<unknown>;
}

const PgBoss = peer<new (url: string) => PgBoss>('pg-boss');
const BULK = 500;
const LOOPS = 4;
const BATCH = 50;
/** Between two looks at an empty queue. */
const IDLE_MS = 10;

interface SetUp {
  readonly sinkUrl: string;
  readonly url: string;
  readonly sending?: Sending;
}

let boss: PgBoss;
let send: Send;
let round = 0;

/** Its own `work()` polls every half second at best; this is the loop with which it is fast. */
answer({
  setUp: async ({ sinkUrl, url, sending = 'message' }: SetUp) => {
    send = senderOf(sending, sinkUrl);
    boss = new PgBoss(url);
    await boss.start();
  },
  fill: async ({ count }: { readonly count: number }) => {
    const name = `send-${String(++round)}`;
    await boss.createQueue(name);
    for (let at = 0; at < count; at += BULK)
      await boss.insert(Array.from({ length: Math.min(BULK, count - at) }, () => ({ name, data: MESSAGE })));
  },
  drain: () => loops(`send-${String(round)}`, () => false),
  /** Publishes while the loops deliver; a loop that finds nothing asks again after a moment. */
  flow: async ({ count, perSecond }: { readonly count: number; readonly perSecond: number }) => {
    const name = `flow-${String(++round)}`;
    await boss.createQueue(name);
    let more = true;
    const delivered = loops(name, () => more);
    const sent = await atRate({ perSecond, count }, async () => `msg_${await boss.send(name, MESSAGE)}`);
    more = false;
    await delivered;
    return sent;
  },
});

/** Until nothing is left and nothing more will come. */
async function loops(name: string, more: () => boolean): Promise<void> {
  const loop = async (): Promise<void> => {
    for (;;) {
      const wasMore = more();
      const jobs = await boss.fetch(name, { batchSize: BATCH });
      if (jobs.length === 0 && !wasMore) return;
      if (jobs.length === 0) await sleep(IDLE_MS);
      await Promise.all(jobs.map(({ id, data }) => send(id, data)));
      if (jobs.length > 0) {
        await boss.complete(
          name,
          jobs.map(({ id }) => id),
        );
      }
    }
  };
  await Promise.all(Array.from({ length: LOOPS }, loop));
}
