import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { type AppConfig, AppConfigModule } from '@puente/config';
import { DatabaseModule } from '@puente/database';
import { EgressModule } from '@puente/egress';
import { AccountingModule, accountingQueueFrom } from '@puente/flows/accounting';
import { FunctionHandlers, FunctionsModule } from '@puente/flows/functions';
import {
  DeadLetterSweep,
  NotificationResender,
  NotificationsModule,
  RedriveRunner,
  UnseenNotifications,
} from '@puente/flows/notifications';
import { PaymentsModule } from '@puente/flows/payments';
import {
  BrokerIntake,
  BrokerSubscriptions,
  PurchaseRecordsModule,
  RequestOutcomes,
  RequestOutcomesModule,
} from '@puente/flows/purchases';
import { customerQueueFrom, WebhooksModule } from '@puente/flows/webhooks';
import { IntegrationsModule, platformIdentity, PortsModule } from '@puente/integrations';
import { Clock, SystemClock } from '@puente/kernel';
import { DispatchModule, LedgerModule, RetentionModule, SnapshotsModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { MqttListenersModule, MqttMessageHandler, MqttSubscriptions } from '@puente/providers/mqtt';
import {
  platformQueueClient,
  PollingHealth,
  QueueBatchHandler,
  QueueBindings,
  QueueClients,
  QueueGauges,
  QueueModule,
} from '@puente/queue';
import { TenancyModule } from '@puente/tenancy';
import { DatabaseHealth } from './database.health';
import { DatabasePollingHealth } from './database-polling-health';
import { FlowIntakes, FlowQueueBindings } from './flow-queues';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { NotificationRetentionSchedule } from './notification-retention.schedule';
import { PaymentSchedule } from './payment.schedule';
import { QueueMetrics } from './queue-metrics';
import { RetentionSchedule } from './retention.schedule';
import { RetiredSecretsSchedule } from './retired-secrets.schedule';
import { RotationDueSchedule } from './rotation-due.schedule';
import { TenantErasureSchedule } from './tenant-erasure.schedule';
import { RequestExpirySchedule } from './request-expiry.schedule';
import { WebhookUpkeepSchedule } from './webhook-upkeep.schedule';
import { TenantQueueClients } from './tenant-queue-clients';

/** A poll ends after this long without a message, and a stopping worker waits for it. */
const LONG_POLL_S = 3;
const MONITOR_EVERY_MS = 10_000;

const PROVIDERS = [
  DatabaseHealth,
  UnseenNotifications,
  NotificationResender,
  DeadLetterSweep,
  RedriveRunner,
  RetiredSecretsSchedule,
  RetentionSchedule,
  TenantErasureSchedule,
  RotationDueSchedule,
  WebhookUpkeepSchedule,
  NotificationRetentionSchedule,
  PaymentSchedule,
  RequestExpirySchedule,
];

/** Everything that works in the background: dispatcher, settlements, consumers of the notification queues, re-sender. */
@Module({})
export class WorkerModule {
  static with(config: AppConfig, clock: Type<Clock> = SystemClock): DynamicModule {
    const notifications = NotificationsModule.forRoot({
      platformQueueUrls: config.NOTIFICATIONS_QUEUE_URLS,
      functions: { module: FunctionsModule, port: FunctionHandlers },
    });
    const webhooks = WebhooksModule.forRoot({ customerQueue: customerQueueFrom(config) });
    const accounting = AccountingModule.forRoot({ queue: accountingQueueFrom(config) });
    return {
      module: WorkerModule,
      imports: [
        AppConfigModule.with(config),
        ObservabilityModule.forRoot({ service: 'worker' }),
        DatabaseModule,
        EgressModule,
        TenancyModule,
        LedgerModule.forRoot({}),
        DispatchModule.forRoot({}),
        RetentionModule.forRoot(),
        SnapshotsModule.forRoot(),
        IntegrationsModule.forRoot({
          catalog,
          installation: config.ENV,
          platformAws: platformIdentity(config.AWS_REGION),
          ...{ redisUrl: config.REDIS_URL, probePausedLanes: true, watchHealth: true },
        }),
        ...[PortsModule, webhooks],
        ...[notifications, accounting],
        queues(config, clock, [notifications, webhooks, accounting]),
        PaymentsModule.forRoot({ listener: { module: RequestOutcomesModule, port: RequestOutcomes } }),
        ...[PurchaseRecordsModule, brokers(clock)],
        ScheduleModule.forRoot(),
        TerminusModule.forRoot({ logger: false }),
      ],
      controllers: [HealthController, MetricsController],
      providers: [{ provide: Clock, useClass: clock }, ...PROVIDERS],
    };
  }
}

/** The brokers of the shops, and who takes what they say. */
function brokers(clock: Type<Clock>): DynamicModule {
  return MqttListenersModule.forRoot({
    imports: [PurchaseRecordsModule],
    ports: [
      { provide: MqttSubscriptions, useExisting: BrokerSubscriptions },
      { provide: MqttMessageHandler, useExisting: BrokerIntake },
      { provide: Clock, useClass: clock },
    ],
  });
}

/** The consumers, and which class answers what they ask. */
function queues(config: AppConfig, clock: Type<Clock>, flows: DynamicModule[]): DynamicModule {
  const own = [customerQueueFrom(config), accountingQueueFrom(config)].flatMap((queue) => queue?.queueUrl ?? []);
  return QueueModule.forRoot({
    imports: flows,
    options: {
      platformQueueUrls: [...config.NOTIFICATIONS_QUEUE_URLS, ...own],
      platformClient: platformQueueClient({ region: config.AWS_REGION, endpoint: config.AWS_ENDPOINT_URL }),
      longPollSeconds: LONG_POLL_S,
      monitorEveryMs: MONITOR_EVERY_MS,
      drainMs: config.DRAIN_MS,
    },
    ports: [
      { provide: QueueBatchHandler, useClass: FlowIntakes },
      { provide: QueueBindings, useClass: FlowQueueBindings },
      { provide: QueueClients, useClass: TenantQueueClients },
      { provide: PollingHealth, useClass: DatabasePollingHealth },
      { provide: QueueGauges, useClass: QueueMetrics },
      { provide: Clock, useClass: clock },
    ],
  });
}
