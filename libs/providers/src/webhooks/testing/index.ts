import type { StandInFactory } from '@puente/integrations/testing';
import { WebhooksStandIn } from './webhooks.stand-in';

export { WebhooksStandIn } from './webhooks.stand-in';

export const standIn: StandInFactory = () => new WebhooksStandIn();
