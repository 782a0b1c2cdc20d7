import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { webhooks } from './webhooks.provider';

/** Inject it to send signed messages to a tenant's endpoints; its operations are those of {@link webhooks}. */
export class Webhooks extends providerFacade(webhooks) {}

/** Offers the typed facade `Webhooks` to whoever imports it. */
@Module({ providers: [Webhooks], exports: [Webhooks] })
export class WebhooksProviderModule {}
