export { EndpointGauges } from './endpoint-gauges';
export { EndpointRemoval } from './endpoint-removal';
export { type EndpointFilter } from './endpoint-rows';
export { EndpointUpkeep } from './endpoint-upkeep';
export { LARGEST_PAYLOAD, type PublishedEvent } from './event-planning';
export { EventPattern, EventType } from './event-types';
export { PublicKeys } from './public-keys';
export { type EndpointPage, type EndpointView, type EndpointWithSecrets, WebhookEndpoints } from './webhook-endpoints';
export { EventPublisher } from './event-publisher';
export { WebhooksFlow } from './webhooks-flow';
export * from './webhooks.errors';
export { customerQueueFrom, WebhooksModule } from './webhooks.module';
export {
  CreateEndpointBody,
  ORDERINGS,
  PatchEndpointBody,
  PublishBody,
  RotateSecretBody,
  UserId,
} from './webhooks.schemas';
export { type DeliveryFilter, type DeliverySummary } from './delivery-rows';
export { type BulkReplay, type BulkReplayed, DeliveryReplays } from './delivery-replays';
export { DELIVERY_STATUSES, type DeliveryStatus, REPLAYABLE } from './delivery-status';
export { EndpointStatistics, type EndpointStats } from './endpoint-stats';
export { EndpointTest, type TestSent } from './endpoint-test';
export { type DeliveryPage, type DeliveryView, WebhookDeliveries } from './webhook-deliveries';
export { type EventFilter, type EventPage, type EventView, WebhookEvents } from './webhook-events';
export { CustomerNotificationBody } from './customer-notification';
export { CustomerNotificationIntake } from './customer-notification-intake';
export { CustomerNotifications } from './customer-notifications';
export { CustomerQueueBindings } from './customer-queue-bindings';
export { WebhookRetention } from './webhook-retention';
