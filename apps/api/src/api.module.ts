import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { type AppConfig, AppConfigModule } from '@puente/config';
import { DatabaseModule } from '@puente/database';
import { EgressModule } from '@puente/egress';
import { AccountingModule, accountingQueueFrom } from '@puente/flows/accounting';
import { FunctionHandlers, FunctionsModule } from '@puente/flows/functions';
import { NotificationsModule } from '@puente/flows/notifications';
import { PaymentsModule } from '@puente/flows/payments';
import { PurchasesModule, RequestOutcomes, RequestOutcomesModule } from '@puente/flows/purchases';
import { customerQueueFrom, WebhooksModule } from '@puente/flows/webhooks';
import {
  DocumentLibrary,
  IntegrationsModule,
  platformIdentity,
  PortsModule,
  ProviderCatalogue,
} from '@puente/integrations';
import { Clock, SystemClock } from '@puente/kernel';
import { LedgerModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { TenancyModule } from '@puente/tenancy';
import { AccountingEntriesController } from './accounting/accounting-entries.controller';
import { AccountingRoutesController } from './accounting/accounting-routes.controller';
import { ApiKeysController } from './api-keys/api-keys.controller';
import { AuditController } from './audit/audit.controller';
import { ApiKeyGuard } from './auth/api-key.guard';
import { AuthFailures } from './auth/auth-failures';
import { NotFoundAudit } from './auth/not-found-audit';
import { FunctionInvocationsController } from './functions/function-invocations.controller';
import { FunctionsController } from './functions/functions.controller';
import { DocumentsController } from './documents/documents.controller';
import { DatabaseHealth } from './health/database.health';
import { HealthController } from './health/health.controller';
import { MetricsController } from './health/metrics.controller';
import { QueueHealth } from './health/queue.health';
import { ProblemFilter } from './http/problem.filter';
import { RequestSchemaPipe } from './http/zod.pipe';
import { IntegrationDesk } from './integrations/integration-desk';
import { LaneDesk } from './lanes/lane-desk';
import { LanesController } from './lanes/lanes.controller';
import { IntegrationsController } from './integrations/integrations.controller';
import { InventoryController } from './integrations/inventory.controller';
import { RotationsController } from './integrations/rotations.controller';
import { ProviderOperationsController } from './integrations/provider-operations.controller';
import { DeadLettersController } from './notifications/dead-letters.controller';
import { NotificationHandlersController } from './notifications/notification-handlers.controller';
import { NotificationQueueController } from './notifications/notification-queue.controller';
import { NotificationsController } from './notifications/notifications.controller';
import { RedrivesController } from './notifications/redrives.controller';
import { OperationDesk } from './operations/operation-desk';
import { ReplayDesk } from './operations/replay-desk';
import { ReplaysController } from './operations/replays.controller';
import { OperatorEventsController } from './operator-events/operator-events.controller';
import { OperationsController } from './operations/operations.controller';
import { PaymentReturnController } from './payments/payment-return.controller';
import { PaymentsController } from './payments/payments.controller';
import { RefundsController } from './payments/refunds.controller';
import { CustomerNotificationsController } from './webhooks/customer-notifications.controller';
import { DeliveriesController } from './webhooks/deliveries.controller';
import { EndpointDeliveriesController } from './webhooks/endpoint-deliveries.controller';
import { EventsController } from './webhooks/events.controller';
import { PublicKeysController } from './webhooks/public-keys.controller';
import { WebhookEndpointsController } from './webhooks/webhook-endpoints.controller';
import { RequestPaymentsController } from './purchases/request-payments.controller';
import { RequestsController } from './purchases/requests.controller';
import { ShopController } from './purchases/shop.controller';
import { ShopUsersController } from './purchases/shop-users.controller';
import { WebpayOfRequests } from './purchases/webpay-of-requests';
import { TenantExports } from './tenants/tenant-exports';
import { TenantRecordsController } from './tenants/tenant-records.controller';
import { TenantsController } from './tenants/tenants.controller';

const CONTROLLERS = [
  TenantsController,
  TenantRecordsController,
  ApiKeysController,
  LanesController,
  IntegrationsController,
  RotationsController,
  ProviderOperationsController,
  OperationsController,
  ReplaysController,
  NotificationQueueController,
  NotificationHandlersController,
  DeadLettersController,
  RedrivesController,
  NotificationsController,
  ...[EventsController, WebhookEndpointsController, PublicKeysController],
  ...[DeliveriesController, EndpointDeliveriesController, CustomerNotificationsController],
  ...[PaymentsController, RefundsController, PaymentReturnController],
  ...[AccountingEntriesController, AccountingRoutesController],
  FunctionsController,
  ...[RequestsController, ShopUsersController, ShopController, RequestPaymentsController],
  FunctionInvocationsController,
  AuditController,
  OperatorEventsController,
  InventoryController,
  DocumentsController,
  HealthController,
  MetricsController,
] as const;

const documents = {
  provide: DocumentLibrary,
  inject: [ProviderCatalogue],
  useFactory: ({ providers }: ProviderCatalogue) => new DocumentLibrary(providers),
};

/** Payments tell the requests for which they were made what became of them; requests are paid by payments. */
const PAYMENTS = PaymentsModule.forRoot({ listener: { module: RequestOutcomesModule, port: RequestOutcomes } });

@Module({ imports: [PAYMENTS], providers: [WebpayOfRequests], exports: [WebpayOfRequests] })
class WebpayOfRequestsModule {}

const PURCHASES = PurchasesModule.forRoot({ payments: { module: WebpayOfRequestsModule, port: WebpayOfRequests } });

/** The public API: libraries put together, and the controllers in front of them. */
@Module({})
export class ApiModule {
  static with(config: AppConfig): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        AppConfigModule.with(config),
        ObservabilityModule.forRoot({ service: 'api' }),
        DatabaseModule,
        EgressModule,
        TenancyModule,
        LedgerModule.forRoot({}),
        IntegrationsModule.forRoot({
          catalog,
          installation: config.ENV,
          ...{ platformAws: platformIdentity(config.AWS_REGION), redisUrl: config.REDIS_URL },
        }),
        ...[PortsModule, WebhooksModule.forRoot({ customerQueue: customerQueueFrom(config) })],
        ...[FunctionsModule, PAYMENTS, PURCHASES, AccountingModule.forRoot({ queue: accountingQueueFrom(config) })],
        NotificationsModule.forRoot({
          platformQueueUrls: config.NOTIFICATIONS_QUEUE_URLS,
          functions: { module: FunctionsModule, port: FunctionHandlers },
        }),
        TerminusModule.forRoot({ logger: false }),
      ],
      controllers: [...CONTROLLERS],
      providers: [
        { provide: Clock, useClass: SystemClock },
        documents,
        ...[OperationDesk, IntegrationDesk],
        ...[ReplayDesk, LaneDesk],
        TenantExports,
        DatabaseHealth,
        QueueHealth,
        AuthFailures,
        NotFoundAudit,
        { provide: APP_GUARD, useClass: ApiKeyGuard },
        { provide: APP_PIPE, useClass: RequestSchemaPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
    };
  }
}
