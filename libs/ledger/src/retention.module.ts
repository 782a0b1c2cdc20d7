import { type DynamicModule, Module } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { AttemptPartitions } from './retention/attempt-partitions';
import { Retention } from './retention/retention';
import { RetentionReports } from './retention/retention-reports';
import { RetentionSettings } from './retention/retention-settings';

/** For the processes that keep the ledger's tables small. Needs LedgerModule beside it; whoever imports it says when. */
@Module({})
export class RetentionModule {
  /** @param settings instead of the configuration's */
  static forRoot(settings?: RetentionSettings): DynamicModule {
    return {
      module: RetentionModule,
      providers: [
        settings
          ? { provide: RetentionSettings, useValue: settings }
          : { provide: RetentionSettings, inject: [AppConfigService], useFactory: settingsFrom },
        ...[Retention, RetentionReports, AttemptPartitions],
      ],
      exports: [Retention, AttemptPartitions, RetentionReports],
    };
  }
}

function settingsFrom(config: AppConfigService): RetentionSettings {
  return new RetentionSettings({
    payloadDays: config.get('RETENTION_PAYLOAD_DAYS'),
    rowDays: config.get('RETENTION_ROW_DAYS'),
    paymentDays: config.get('RETENTION_PAYMENT_DAYS'),
  });
}
