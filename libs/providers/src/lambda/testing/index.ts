import type { StandInFactory } from '@puente/integrations/testing';
import { LambdaStandIn } from './lambda.stand-in';

export type { FunctionHandler, HandlerContext } from './lambda-functions';
export { LambdaStandIn } from './lambda.stand-in';

export const standIn: StandInFactory = ({ aws }) => new LambdaStandIn(aws);
