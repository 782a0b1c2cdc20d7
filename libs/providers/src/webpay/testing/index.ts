import type { StandInFactory } from '@puente/integrations/testing';
import { WebpayStandIn } from './webpay.stand-in';

export { goTo, pageHeaders } from './pages/page';
export type { PayerReturn } from './payer-return';
export { bankUser, testCards } from './test-cards';
export type { TestCard } from './test-cards';
export type { WebpayBehaviour } from './webpay-behaviour.config';
export type { PayerCard } from './webpay-payer';
export { comeBack, PayerRefusedError, WebpayPayer } from './webpay-payer';
export { WEBPAY_PREFIX } from './webpay-routes';
export { WebpayStandIn } from './webpay.stand-in';

export const standIn: StandInFactory = () => new WebpayStandIn();
