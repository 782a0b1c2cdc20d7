import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { webpay } from './webpay.provider';

/** Inject it to take payments with a tenant's own Transbank account; its operations are those of {@link webpay}. */
export class Webpay extends providerFacade(webpay) {}

/** Offers the typed facade `Webpay` to whoever imports it. */
@Module({ providers: [Webpay], exports: [Webpay] })
export class WebpayProviderModule {}
