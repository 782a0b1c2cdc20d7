import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { smtp } from './smtp.provider';

/** Inject it to send mail from a tenant's account; its operations are those of {@link smtp}. */
export class Smtp extends providerFacade(smtp) {}

/** Offers the typed facade `Smtp` to whoever imports it. */
@Module({ providers: [Smtp], exports: [Smtp] })
export class SmtpProviderModule {}
