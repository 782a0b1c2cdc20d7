import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { RequestExpiry } from '@puente/flows/purchases';

const EVERY_MS = 30_000;

/** Units of requests that nobody pays are given back. */
@Injectable()
export class RequestExpirySchedule implements OnModuleDestroy {
  private running: Promise<number> | undefined;

  constructor(private readonly expiry: RequestExpiry) {}

  /** One sweep at a time, however long it takes. */
  @Interval(EVERY_MS)
  sweep(): Promise<number> {
    this.running ??= this.expiry.sweep().finally(() => (this.running = undefined));
    return this.running;
  }

  async onModuleDestroy(): Promise<void> {
    await this.running;
  }
}
