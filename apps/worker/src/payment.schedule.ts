import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { PaymentReconciler, PaymentRetention } from '@puente/flows/payments';

const EVERY_MS = 5_000;
const RETENTION_EVERY_MS = 6 * 3_600_000;

/** Every few seconds the payments that nobody has decided; some times a day the end of old ones. */
@Injectable()
export class PaymentSchedule implements OnModuleDestroy {
  private running: Promise<unknown> | undefined;
  private keeping: Promise<void> | undefined;

  constructor(
    private readonly reconciler: PaymentReconciler,
    private readonly retention: PaymentRetention,
  ) {}

  /** One pass at a time, however long it takes. */
  @Interval(EVERY_MS)
  look(): Promise<unknown> {
    this.running ??= this.reconciler.pass().finally(() => (this.running = undefined));
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
