import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DatabaseUrls,
  databasePasswords,
  freePort,
  prepareDatabases,
  type RunningPostgres,
  startEmbeddedPostgres,
} from './embedded-postgres';

const RESTART_MS = 200;

/** The embedded PostgreSQL, started again when it ends without being asked to, always on the same port. */
export class SupervisedPostgres {
  private server: RunningPostgres | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: {
      readonly dataDir: string;
      readonly port: number;
      readonly log: (line: string) => void;
      readonly onRestart: () => void;
    },
  ) {}

  get pid(): number | undefined {
    return this.server?.pid;
  }

  async start(): Promise<DatabaseUrls> {
    const passwords = await databasePasswords(path.join(this.options.dataDir, 'database-passwords.json'));
    const port = this.options.port === 0 ? await freePort() : this.options.port;
    const launch = (): Promise<RunningPostgres> =>
      startEmbeddedPostgres({
        dataDir: path.join(this.options.dataDir, 'postgres'),
        port,
        superuserPassword: passwords.superuser,
        log: this.options.log,
      });
    this.server = await launch();
    void this.watch(launch);
    return prepareDatabases(this.server, passwords);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.server?.stop('fast');
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async watch(launch: () => Promise<RunningPostgres>): Promise<void> {
    while (!this.isStopping()) {
      await this.server?.exited;
      if (this.isStopping()) return;
      this.options.log('PostgreSQL has ended; starting it again');
      await sleep(RESTART_MS);
      try {
        this.server = await launch();
        if (this.isStopping()) await this.server.stop('fast');
        else this.options.onRestart();
      } catch (error) {
        this.options.log(`PostgreSQL does not start: ${(error as Error).message}`);
        await sleep(RESTART_MS * 10);
      }
    }
  }
}
