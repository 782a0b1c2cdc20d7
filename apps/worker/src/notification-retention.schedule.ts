import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { NotificationRetention } from '@puente/flows/notifications';

const EVERY_MS = 6 * 3_600_000;

/** Some times a day the end of old notifications and dead letters. */
@Injectable()
export class NotificationRetentionSchedule implements OnModuleDestroy {
  private running: Promise<void> | undefined;

  constructor(private readonly retention: NotificationRetention) {}

  /** One pass at a time, however long it takes. */
  @Interval(EVERY_MS)
  keep(): Promise<void> {
    this.running ??= this.retention.run().finally(() => (this.running = undefined));
    return this.running;
  }

  async onModuleDestroy(): Promise<void> {
    await this.running;
  }
}
