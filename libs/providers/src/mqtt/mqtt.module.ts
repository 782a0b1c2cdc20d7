import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { mqtt } from './mqtt.provider';

/** Inject it to publish to a tenant's broker; its operations are those of {@link mqtt}. */
export class Mqtt extends providerFacade(mqtt) {}

/** Offers the typed facade `Mqtt` to whoever imports it. */
@Module({ providers: [Mqtt], exports: [Mqtt] })
export class MqttProviderModule {}
