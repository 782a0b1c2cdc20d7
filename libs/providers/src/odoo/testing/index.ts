import type { StandInFactory } from '@puente/integrations/testing';
import { OdooStandIn } from './odoo.stand-in';

export { ODOO_PREFIX } from './odoo-wire';
export { OdooStandIn } from './odoo.stand-in';

export const standIn: StandInFactory = () => new OdooStandIn();
