export * from './sqs.stand-in';
