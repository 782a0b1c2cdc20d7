import type { StandInFactory } from '@puente/integrations/testing';
import { SmtpStandIn } from './smtp.stand-in';

export { SANDBOX_MAIL_LOGIN, SmtpStandIn } from './smtp.stand-in';

export const standIn: StandInFactory = ({ ports }) => new SmtpStandIn(ports?.['smtp']);
