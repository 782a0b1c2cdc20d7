export { lambda } from './lambda.provider';
export { Lambda, LambdaProviderModule } from './lambda.module';
