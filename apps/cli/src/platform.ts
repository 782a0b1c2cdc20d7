import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type AppConfig, AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule } from '@puente/database';
import { EgressModule } from '@puente/egress';
import { FunctionHandlers, FunctionsModule } from '@puente/flows/functions';
import { NotificationsModule } from '@puente/flows/notifications';
import { AccountingModule, accountingQueueFrom } from '@puente/flows/accounting';
import { customerQueueFrom, WebhooksModule } from '@puente/flows/webhooks';
import { PaymentsModule } from '@puente/flows/payments';
import { RequestOutcomes, RequestOutcomesModule } from '@puente/flows/purchases';
import { IntegrationsModule, platformIdentity, PortsModule } from '@puente/integrations';
import { LedgerModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { TenancyModule } from '@puente/tenancy';

@Module({})
class CliModule {}

/** Runs `work` with the libraries behind the API, on the database of the environment; nothing is served or dispatched. */
export async function withPlatform(
  env: NodeJS.ProcessEnv,
  work: (app: INestApplicationContext) => Promise<void>,
): Promise<void> {
  const app = await NestFactory.createApplicationContext(modulesFor(loadConfig(env)), {
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

function modulesFor(config: AppConfig) {
  return {
    module: CliModule,
    imports: [
      AppConfigModule.with(config),
      ObservabilityModule.forRoot({ service: 'cli' }),
      DatabaseModule,
      EgressModule,
      TenancyModule,
      LedgerModule.forRoot({}),
      IntegrationsModule.forRoot({
        catalog,
        installation: config.ENV,
        platformAws: platformIdentity(config.AWS_REGION),
        redisUrl: config.REDIS_URL,
      }),
      PortsModule,
      PaymentsModule.forRoot({ listener: { module: RequestOutcomesModule, port: RequestOutcomes } }),
      WebhooksModule.forRoot({ customerQueue: customerQueueFrom(config) }),
      AccountingModule.forRoot({ queue: accountingQueueFrom(config) }),
      NotificationsModule.forRoot({
        platformQueueUrls: config.NOTIFICATIONS_QUEUE_URLS,
        functions: { module: FunctionsModule, port: FunctionHandlers },
      }),
    ],
  };
}
