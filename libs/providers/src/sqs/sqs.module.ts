import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { sqs } from './sqs.provider';

/** Inject it to use SQS under a tenant's own credentials; its operations are those of {@link sqs}. */
export class Sqs extends providerFacade(sqs) {}

/** Offers the typed facade `Sqs` to whoever imports it. */
@Module({ providers: [Sqs], exports: [Sqs] })
export class SqsProviderModule {}
