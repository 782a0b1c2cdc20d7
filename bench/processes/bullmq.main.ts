import { answer } from '../harness/answering';
import { MESSAGE } from '../harness/message';
import { peer } from '../peers/peer';
import { CONCURRENCY, type Send, type Sending, atRate, senderOf } from './direct';

interface Job {
  readonly id: string;
  readonly data: unknown;
}
interface BullMq {
  Queue: new (
    name: string,
    options: object,
  ) => {
    add(name: string, data: object): Promise<Job>;
    addBulk(jobs: readonly object[]): Promise<unknown>;
    close(): Promise<void>;
  };
  Worker: new (
    name: string,
    work: (job: Job) => Promise<void>,
    options: object,
  ) => { on(event: 'completed', listener: () => void): void; run(): Promise<void>; close(): Promise<void> };
}

const { Queue, Worker } = peer<BullMq>('bullmq');
const BULK = 500;

interface SetUp {
  readonly sinkUrl: string;
  readonly port: number;
  readonly sending?: Sending;
}
let connection: object;
let send: Send;
let round = 0;

/** A queue of its own per round; finished jobs stay, as our operations do. */
answer({
  setUp: ({ sinkUrl, port, sending = 'message' }: SetUp) => {
    connection = { host: '127.0.0.1', port };
    send = senderOf(sending, sinkUrl);
  },
  fill: async ({ count }: { readonly count: number }) => {
    const queue = new Queue(`send-${String(++round)}`, { connection });
    for (let at = 0; at < count; at += BULK)
      await queue.addBulk(Array.from({ length: Math.min(BULK, count - at) }, () => ({ name: 'send', data: MESSAGE })));
    await queue.close();
  },
  drain: async ({ count }: { readonly count: number }) => {
    const worker = new Worker(`send-${String(round)}`, (job) => send(job.id, job.data), {
      ...{ connection, concurrency: CONCURRENCY, autorun: false },
    });
    await new Promise<void>((resolve) => {
      let completed = 0;
      worker.on('completed', () => {
        if (++completed === count) resolve();
      });
      void worker.run();
    });
    await worker.close();
  },
  /** Publishes while a worker delivers. */
  flow: async ({ count, perSecond }: { readonly count: number; readonly perSecond: number }) => {
    const name = `flow-${String(++round)}`;
    const [queue, worker] = [
      new Queue(name, { connection }),
      new Worker(name, (job) => send(`${name}-${job.id}`, job.data), {
        connection,
        concurrency: CONCURRENCY,
        autorun: false,
      }),
    ];
    const done = new Promise<void>((resolve) => {
      let completed = 0;
      worker.on('completed', () => {
        if (++completed === count) resolve();
      });
    });
    void worker.run();
    const sent = await atRate({ perSecond, count }, async () => `msg_${name}-${(await queue.add('send', MESSAGE)).id}`);
    await done;
    await worker.close();
    await queue.close();
    return sent;
  },
});
