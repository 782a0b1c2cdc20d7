export type { FunctionHandler, HandlerContext } from './lambda-functions';
export { LambdaStandIn } from './lambda.stand-in';
