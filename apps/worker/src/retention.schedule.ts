import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AttemptPartitions, Retention, RetentionReports } from '@puente/ledger';

const EVERY_MS = 3_600_000;
/** A run a day, whichever worker makes it. */
const DUE_AFTER_MS = 23 * 3_600_000;

/** Once a day the end of old rows; every hour a look at the months of tries to come. */
@Injectable()
export class RetentionSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly retention: Retention,
    private readonly partitions: AttemptPartitions,
    private readonly reports: RetentionReports,
  ) {}

  onApplicationBootstrap(): void {
    void this.look();
  }

  /** One look at a time, however long it takes. */
  @Interval(EVERY_MS)
  look(): Promise<void> {
    this.running ??= this.keep().finally(() => (this.running = undefined));
    return this.running;
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async keep(): Promise<void> {
    try {
      await this.partitions.keep();
      if ((await this.retention.lastRunAgeMs()) < DUE_AFTER_MS) return;
      await this.retention.run(this.stopping.signal);
      await this.partitions.keep(); // what was removed may have emptied a month
    } catch (error) {
      this.reports.failed(error);
    }
  }
}
