import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { TenantErasure } from '@puente/tenancy';

const EVERY_MS = 60_000;

/** Finishes what deletions left to be erased, because it was too much for a request or because that one was killed. */
@Injectable()
export class TenantErasureSchedule implements OnModuleDestroy {
  private readonly log = new Logger(TenantErasureSchedule.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly erasure: TenantErasure) {}

  /** One look at a time, however long it takes. */
  @Interval(EVERY_MS)
  look(): Promise<void> {
    this.running ??= this.eraseAll().finally(() => (this.running = undefined));
    return this.running;
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async eraseAll(): Promise<void> {
    const { signal } = this.stopping;
    try {
      for (const tenantId of await this.erasure.pending()) {
        if (signal.aborted) return;
        if (await this.erasure.run(tenantId, { signal }))
          this.log.log({ event: 'tenant.erased', tenantId }, 'Nothing of a deleted tenant can be read any more');
      }
    } catch (error) {
      this.log.error({ event: 'tenant.erasure_failed', err: error }, 'Could not erase a deleted tenant; trying again');
    }
  }
}
