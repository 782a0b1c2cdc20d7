import { Module } from '@nestjs/common';
import { providerFacade } from '@puente/integrations';
import { odoo } from './odoo.provider';

/** Inject it to call a tenant's own Odoo; its operations are those of {@link odoo}. */
export class Odoo extends providerFacade(odoo) {}

/** Offers the typed facade `Odoo` to whoever imports it. */
@Module({ providers: [Odoo], exports: [Odoo] })
export class OdooProviderModule {}
