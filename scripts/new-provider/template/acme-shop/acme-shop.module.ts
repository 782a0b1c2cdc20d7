import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { acmeShop } from './acme-shop.provider';

/** Inject it to use Acme Shop under a tenant's own credentials; its operations are those of {@link acmeShop}. */
export class AcmeShop extends providerFacade(acmeShop) {}

/** Offers the typed facade `AcmeShop` to whoever imports it. */
@Module({ providers: [AcmeShop], exports: [AcmeShop] })
export class AcmeShopProviderModule {}
