export { catalog } from './catalog';
export { Lambda, LambdaProviderModule } from './lambda';
export { Sns, SnsProviderModule } from './sns';
export { Sqs, SqsProviderModule } from './sqs';
