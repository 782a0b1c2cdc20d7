import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { EndpointUpkeep } from '@puente/flows/webhooks';

const EVERY_MS = 60_000;

/** Once a minute: endpoints that fail or have recovered, secrets whose overlap is over. */
@Injectable()
export class WebhookUpkeepSchedule implements OnModuleDestroy {
  private running: Promise<void> | undefined;

  constructor(private readonly upkeep: EndpointUpkeep) {}

  /** One pass at a time, however long it takes. */
  @Interval(EVERY_MS)
  look(): Promise<void> {
    this.running ??= this.upkeep.pass().finally(() => (this.running = undefined));
    return this.running;
  }

  async onModuleDestroy(): Promise<void> {
    await this.running;
  }
}
