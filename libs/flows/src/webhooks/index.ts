export { type EndpointFilter } from './endpoint-rows';
export { LARGEST_PAYLOAD, type PublishedEvent } from './event-planning';
export { EventPattern, EventType } from './event-types';
export { PublicKeys } from './public-keys';
export { type EndpointPage, type EndpointView, type EndpointWithSecrets, WebhookEndpoints } from './webhook-endpoints';
export { WebhooksFlow } from './webhooks-flow';
export * from './webhooks.errors';
export { WebhooksModule } from './webhooks.module';
export {
  CreateEndpointBody,
  ORDERINGS,
  PatchEndpointBody,
  PublishBody,
  RotateSecretBody,
  UserId,
} from './webhooks.schemas';
