import { type DynamicModule, Module } from '@nestjs/common';
import { type AppConfig, AppConfigModule } from '@puente/config';
import { DatabaseModule } from '@puente/database';
import { EgressModule } from '@puente/egress';
import { FunctionHandlers, FunctionsModule } from '@puente/flows/functions';
import { NotificationsModule } from '@puente/flows/notifications';
import { IntegrationsModule, PortsModule } from '@puente/integrations';
import { LedgerModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { TenancyModule } from '@puente/tenancy';

/** The libraries behind the API, without HTTP: what seeding needs. */
@Module({})
export class SeedModule {
  static with(config: AppConfig): DynamicModule {
    return {
      module: SeedModule,
      imports: [
        AppConfigModule.with(config),
        ObservabilityModule.forRoot({ service: 'seed' }),
        DatabaseModule,
        EgressModule,
        TenancyModule,
        LedgerModule.forRoot({}),
        IntegrationsModule.forRoot({
          catalog,
          installation: config.ENV,
        }),
        PortsModule,
        NotificationsModule.forRoot({
          platformQueueUrls: config.NOTIFICATIONS_QUEUE_URLS,
          functions: { module: FunctionsModule, port: FunctionHandlers },
        }),
      ],
    };
  }
}
