import type { StandInFactory } from '@puente/integrations/testing';
import { SqsStandIn } from './sqs.stand-in';

export { SqsStandIn } from './sqs.stand-in';

export const standIn: StandInFactory = ({ aws }) => new SqsStandIn(aws);
