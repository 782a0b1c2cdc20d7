export { sqs } from './sqs.provider';
export { Sqs, SqsProviderModule } from './sqs.module';
