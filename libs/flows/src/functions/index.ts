export { type FunctionHandler, FunctionHandlers, type UnusableFunction } from './function-handlers';
export { FunctionsAdmin, type FunctionView } from './functions-admin';
export { FunctionsFlow, type InvokeOptions } from './functions-flow';
export * from './functions.errors';
export { FunctionsModule } from './functions.module';
export { FunctionBody } from './functions.schemas';
export { FUNCTION_IDS, type FunctionId } from './known-functions';
