import type { StandInFactory } from '@puente/integrations/testing';
import { AcmeShopStandIn } from './acme-shop.stand-in';

export { AcmeShopStandIn } from './acme-shop.stand-in';

export const standIn: StandInFactory = () => new AcmeShopStandIn();
