import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ProviderCallLog } from '@puente/observability';
import { ProviderCatalogue } from '../provider-catalogue';

/** Tells the log of calls which providers are servers of strangers (`monitoring.receivers`). */
@Injectable()
export class ReceiverFailures implements OnModuleInit {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly log: ProviderCallLog,
  ) {}

  onModuleInit(): void {
    for (const { meta, monitoring } of this.catalogue.providers) if (monitoring?.receivers) this.log.warnOnly(meta.id);
  }
}
