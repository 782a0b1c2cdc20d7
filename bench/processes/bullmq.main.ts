import { answer } from '../harness/answering';
import { MESSAGE } from '../harness/message';
import { peer } from '../peers/peer';
import { CONCURRENCY, sender } from './direct';

interface Job {
  readonly id: string;
}
interface BullMq {
  Queue: new (
    name: string,
    options: object,
  ) => { addBulk(jobs: readonly object[]): Promise<unknown>; close(): Promise<void> };
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
}
let connection: object;
let send: ReturnType<typeof sender>;
let round = 0;

/** A queue of its own per round; finished jobs stay, as our operations do. */
answer({
  setUp: ({ sinkUrl, port }: SetUp) => {
    connection = { host: '127.0.0.1', port };
    send = sender(sinkUrl);
  },
  fill: async ({ count }: { readonly count: number }) => {
    const queue = new Queue(`send-${String(++round)}`, { connection });
    for (let at = 0; at < count; at += BULK)
      await queue.addBulk(Array.from({ length: Math.min(BULK, count - at) }, () => ({ name: 'send', data: MESSAGE })));
    await queue.close();
  },
  drain: async ({ count }: { readonly count: number }) => {
    const worker = new Worker(`send-${String(round)}`, (job) => send(job.id), {
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
});
