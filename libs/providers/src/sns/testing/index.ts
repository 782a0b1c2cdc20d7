import type { StandInFactory } from '@puente/integrations/testing';
import { SnsStandIn } from './sns.stand-in';

export { SnsStandIn } from './sns.stand-in';

export const standIn: StandInFactory = ({ aws }) => new SnsStandIn(aws);
