import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { EndpointUpkeep, WebhookRetention } from '@puente/flows/webhooks';

const EVERY_MS = 60_000;
const RETENTION_EVERY_MS = 6 * 3_600_000;

/** Once a minute: endpoints that fail or have recovered, secrets whose overlap is over. Some times a day the end of old events. */
@Injectable()
export class WebhookUpkeepSchedule implements OnModuleDestroy {
  private running: Promise<void> | undefined;
  private keeping: Promise<void> | undefined;

  constructor(
    private readonly upkeep: EndpointUpkeep,
    private readonly retention: WebhookRetention,
  ) {}

  /** One pass at a time, however long it takes. */
  @Interval(EVERY_MS)
  look(): Promise<void> {
    this.running ??= this.upkeep.pass().finally(() => (this.running = undefined));
    return this.running;
  }

  @Interval(RETENTION_EVERY_MS)
  keep(): Promise<void> {
    this.keeping ??= this.retention.run().finally(() => (this.keeping = undefined));
    return this.keeping;
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.running, this.keeping]);
  }
}
