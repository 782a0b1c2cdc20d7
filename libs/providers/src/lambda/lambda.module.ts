import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { lambda } from './lambda.provider';

/** Inject it to run a tenant's functions under the tenant's own credentials; its operations are those of {@link lambda}. */
export class Lambda extends providerFacade(lambda) {}

/** Offers the typed facade `Lambda` to whoever imports it. */
@Module({ providers: [Lambda], exports: [Lambda] })
export class LambdaProviderModule {}
