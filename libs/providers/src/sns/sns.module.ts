import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { sns } from './sns.provider';

/** Inject it to use SNS under a tenant's own credentials; its operations are those of {@link sns}. */
export class Sns extends providerFacade(sns) {}

/** Offers the typed facade `Sns` to whoever imports it. */
@Module({ providers: [Sns], exports: [Sns] })
export class SnsProviderModule {}
