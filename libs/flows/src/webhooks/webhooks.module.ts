import { Module } from '@nestjs/common';
import { WebhooksProviderModule } from '@puente/providers/webhooks';
import { DeliveryOperations } from './delivery-operations';
import { DeliveryOutcomes } from './delivery-outcomes';
import { EndpointFailures } from './endpoint-failures';
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
  ...[WebhookEndpoints, EndpointRemoval, EndpointTest, EndpointStatistics, EndpointUpkeep, PublicKeys],
  ...[WebhooksFlow, WebhookEvents, WebhookDeliveries, DeliveryReplays],
];

/** What only the flow itself uses. */
const INNER = [
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

/**
 * The webhooks flow (SYSTEMS S0.5): events of a tenant, signed and sent to whoever wants to hear of them.
 *
 * Needs, from global modules: the database, tenancy, the ledger, integrations, egress and `PayloadCipher`.
 */
@Module({
  imports: [WebhooksProviderModule],
  providers: [...OPEN, ...INNER],
  exports: OPEN,
})
export class WebhooksModule {}
