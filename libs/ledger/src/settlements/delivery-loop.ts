import { Bell } from '../dispatch/bell';
import { DatabaseWatch } from '../dispatch/database-watch';
import type { WorkHints } from '../dispatch/work-hints';
import type { LedgerLog } from '../ledger.log';
import type { LedgerTime } from '../ledger-time';

interface DeliveryLoopOptions {
  /** For log lines: `deliver settlements`. */
  readonly what: string;
  readonly pollMs: number;
  /** Once over everything undelivered. Ends early when {@link DeliveryLoop.isStopping}. */
  readonly pass: () => Promise<void>;
  readonly hints: WorkHints;
  readonly time: LedgerTime;
  readonly log: LedgerLog;
}

/** Delivers when a hint says that something was settled, and every poll; waits while PostgreSQL is away. */
export class DeliveryLoop {
  private readonly bell = new Bell();
  private readonly watch: DatabaseWatch;
  private stopping = false;
  private loop: Promise<void> | undefined;
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly options: DeliveryLoopOptions) {
    this.watch = new DatabaseWatch(options.what, options.time, options.log);
  }

  start(): void {
    if (this.loop) return;
    this.unsubscribe = this.options.hints.on('settled', () => this.bell.ring());
    this.loop = this.run();
  }

  /** Lets the deliveries of this moment end. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.unsubscribe();
    this.bell.ring();
    await this.loop;
  }

  /** A method, since it changes while one waits. */
  isStopping(): boolean {
    return this.stopping;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      let waitMs = this.options.pollMs;
      try {
        await this.options.pass();
        this.watch.answered();
      } catch (error) {
        waitMs = this.watch.failed(error);
      }
      if (!this.isStopping()) await this.bell.wait(waitMs);
    }
  }
}
