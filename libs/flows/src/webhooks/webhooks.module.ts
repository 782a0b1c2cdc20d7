import { Module } from '@nestjs/common';
import { WebhooksProviderModule } from '@puente/providers/webhooks';
import { DeliveryOperations } from './delivery-operations';
import { EndpointStates } from './endpoint-states';
import { EndpointStore } from './endpoint-store';
import { EventContents } from './event-content';
import { EventPlanning } from './event-planning';
import { EventPublisher } from './event-publisher';
import { JoinedPublishing } from './joined-publishing';
import { PublicKeys } from './public-keys';
import { WebhookEndpoints } from './webhook-endpoints';
import { WebhookLog } from './webhook-log';
import { WebhookMetrics } from './webhook-metrics';
import { WebhooksFlow } from './webhooks-flow';

/** What apps inject. */
const OPEN = [WebhookEndpoints, WebhooksFlow, PublicKeys];

/** What only the flow itself uses. */
const INNER = [
  DeliveryOperations,
  EndpointStates,
  EndpointStore,
  EventContents,
  EventPlanning,
  EventPublisher,
  JoinedPublishing,
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
