export { catalog } from './catalog';
export { Sns, SnsProviderModule } from './sns';
export { Sqs, SqsProviderModule } from './sqs';
