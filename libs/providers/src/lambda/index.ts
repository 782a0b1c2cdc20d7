export { finalFunctionName, type FunctionName, functionNameProblem } from './function-name';
export { lambda } from './lambda.provider';
export { Lambda, LambdaProviderModule } from './lambda.module';
