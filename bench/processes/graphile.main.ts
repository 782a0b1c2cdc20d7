import { Pool } from 'pg';
import { answer } from '../harness/answering';
import { MESSAGE } from '../harness/message';
import { peer } from '../peers/peer';
import { CONCURRENCY, sender } from './direct';

interface Graphile {
  runMigrations(options: object): Promise<void>;
  run(options: object): Promise<{ stop(): Promise<void> }>;
  Logger: new (make: () => () => void) => unknown;
}
interface Helpers {
  readonly job: { readonly id: string };
}

const { run, runMigrations, Logger } = peer<Graphile>('graphile-worker');
const logger = new Logger(() => () => undefined);

let pool: Pool;
let send: ReturnType<typeof sender>;

/** As its documentation shows it, with a pool that its concurrency needs. */
answer({
  setUp: async ({ sinkUrl, url }: { readonly sinkUrl: string; readonly url: string }) => {
    send = sender(sinkUrl);
    pool = new Pool({ connectionString: url, max: CONCURRENCY });
    await runMigrations({ pgPool: pool, logger });
  },
  fill: ({ count }: { readonly count: number }) =>
    pool
      .query(`SELECT graphile_worker.add_job('send', $1::json) FROM generate_series(1, $2)`, [
        JSON.stringify(MESSAGE),
        count,
      ])
      .then(() => undefined),
  drain: async ({ count }: { readonly count: number }) => {
    let done = 0;
    let finished = (): void => undefined;
    const all = new Promise<void>((resolve) => (finished = resolve));
    const task = async (_payload: unknown, { job }: Helpers): Promise<void> => {
      await send(job.id);
      if (++done === count) finished();
    };
    const runner = await run({
      ...{ pgPool: pool, concurrency: CONCURRENCY, logger, noHandleSignals: true, pollInterval: 500 },
      taskList: { send: task },
    });
    await all;
    await runner.stop();
  },
});
