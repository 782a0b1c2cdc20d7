import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { EndpointGauges, EndpointUpkeep, WebhookRetention } from '@puente/flows/webhooks';

const EVERY_MS = 60_000;
const SHOW_EVERY_MS = 30_000;
const RETENTION_EVERY_MS = 6 * 3_600_000;

/** What webhooks need by the clock: upkeep of endpoints once a minute, their metrics, and some times a day the end of old events. */
@Injectable()
export class WebhookUpkeepSchedule implements OnModuleDestroy {
  private running: Promise<void> | undefined;
  private keeping: Promise<void> | undefined;
  private showing: Promise<void> | undefined;

  constructor(
    private readonly upkeep: EndpointUpkeep,
    private readonly retention: WebhookRetention,
    private readonly gauges: EndpointGauges,
  ) {}

  /** One pass at a time, however long it takes. */
  @Interval(EVERY_MS)
  look(): Promise<void> {
    this.running ??= this.upkeep.pass().finally(() => (this.running = undefined));
    return this.running;
  }

  @Interval(SHOW_EVERY_MS)
  show(): Promise<void> {
    this.showing ??= this.gauges.show().finally(() => (this.showing = undefined));
    return this.showing;
  }

  @Interval(RETENTION_EVERY_MS)
  keep(): Promise<void> {
    this.keeping ??= this.retention.run().finally(() => (this.keeping = undefined));
    return this.keeping;
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.running, this.keeping, this.showing]);
  }
}
