import { type DynamicModule, Module } from '@nestjs/common';
import { SqsProviderModule } from '@puente/providers/sqs';
import { WebhooksProviderModule } from '@puente/providers/webhooks';
import { CustomerNotificationIntake } from './customer-notification-intake';
import { CUSTOMER_QUEUE, CustomerNotifications, type CustomerQueue } from './customer-notifications';
import { CustomerQueueBindings } from './customer-queue-bindings';
import { DeliveryFollowing } from './delivery-following';
import { DeliveryOperations } from './delivery-operations';
import { DeliveryOutcomes } from './delivery-outcomes';
import { EndpointFailures } from './endpoint-failures';
import { EndpointGauges } from './endpoint-gauges';
import { EndpointRemoval } from './endpoint-removal';
import { EndpointStates } from './endpoint-states';
import { EndpointStore } from './endpoint-store';
import { EndpointUpkeep } from './endpoint-upkeep';
import { EventContents } from './event-content';
import { EventPlanning } from './event-planning';
import { EventPublisher } from './event-publisher';
import { JoinedPublishing } from './joined-publishing';
import { PublicKeys } from './public-keys';
import { WebhookEndpoints } from './webhook-endpoints';
import { WebhookLog } from './webhook-log';
import { WebhookMetrics } from './webhook-metrics';
import { WebhookRetention } from './webhook-retention';
import { WebhooksFlow } from './webhooks-flow';

import { DeliveryReplays } from './delivery-replays';
import { DeliverySending } from './delivery-sending';
import { EndpointStatistics } from './endpoint-stats';
import { EndpointTest } from './endpoint-test';
import { OperationWebhooks } from './operation-events';
import { WebhookDeliveries } from './webhook-deliveries';
import { WebhookEvents } from './webhook-events';

/** What apps inject. */
const OPEN = [
  ...[WebhookEndpoints, EndpointRemoval, EndpointTest, EndpointStatistics, EndpointUpkeep, EndpointGauges, PublicKeys],
  ...[WebhooksFlow, WebhookEvents, WebhookDeliveries, DeliveryReplays],
  WebhookRetention,
  ...[CustomerNotifications, CustomerNotificationIntake, CustomerQueueBindings],
];

/** What only the flow itself uses. */
const INNER = [
  DeliveryFollowing,
  DeliveryOperations,
  DeliveryOutcomes,
  DeliverySending,
  EndpointFailures,
  EndpointStates,
  EndpointStore,
  EventContents,
  EventPlanning,
  EventPublisher,
  JoinedPublishing,
  OperationWebhooks,
  WebhookLog,
  WebhookMetrics,
];

export interface WebhooksSetup {
  /** Left out: the installation has none. */
  readonly customerQueue?: CustomerQueue | undefined;
}

/**
 * The webhooks flow (SYSTEMS S0.5): events of a tenant, signed and sent to whoever wants to hear of them. The worker also
 * binds CustomerNotificationIntake and CustomerQueueBindings to its consumers, and calls EndpointUpkeep.
 *
 * Needs, from global modules: the database, tenancy, the ledger, integrations, egress and `PayloadCipher`.
 */
@Module({})
export class WebhooksModule {
  static forRoot({ customerQueue }: WebhooksSetup): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [WebhooksProviderModule, SqsProviderModule],
      providers: [...OPEN, ...INNER, { provide: CUSTOMER_QUEUE, useValue: customerQueue }],
      exports: OPEN,
    };
  }
}

/** From the variables of S0.5; undefined when they name no queue. */
export function customerQueueFrom(config: {
  readonly CUSTOMER_NOTIFICATION_SQS_URL?: string | undefined;
  readonly CUSTOMER_NOTIFICATION_DEAD_LETTER_SQS_URL?: string | undefined;
  readonly CUSTOMER_NOTIFICATION_TENANT_ID?: string | undefined;
}): CustomerQueue | undefined {
  const { CUSTOMER_NOTIFICATION_SQS_URL: queueUrl, CUSTOMER_NOTIFICATION_TENANT_ID: tenantId } = config;
  if (queueUrl === undefined || tenantId === undefined) return undefined;
  return {
    tenantId,
    queueUrl,
    deadLetterUrl: config.CUSTOMER_NOTIFICATION_DEAD_LETTER_SQS_URL ?? deadLettersOf(queueUrl),
  };
}

/** As `puente queues create` names them. */
function deadLettersOf(queueUrl: string): string {
  return queueUrl.endsWith('.fifo') ? `${queueUrl.slice(0, -'.fifo'.length)}-dead.fifo` : `${queueUrl}-dead`;
}
