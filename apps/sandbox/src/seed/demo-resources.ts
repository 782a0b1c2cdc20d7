import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  DEMO_ACCOUNT,
  DEMO_DEAD_LETTER_QUEUE,
  DEMO_FIFO_TOPIC,
  DEMO_QUEUE,
  DEMO_REGION,
  DEMO_TOPIC,
  demoTopicArn,
} from './demo-names';

const RECEIVES_BEFORE_DEAD_LETTER = '5';
const VISIBILITY_S = '60';

/** What stands in the demo tenant's AWS account: a queue with its dead-letter queue, two topics, two subscribers. Safe to repeat. */
export async function createDemoResources(sandboxUrl: string): Promise<void> {
  const aws = {
    endpoint: sandboxUrl,
    region: DEMO_REGION,
    credentials: { accessKeyId: 'AKIDDEMO', secretAccessKey: 'demo' }, // any key opens the stand-ins
    maxAttempts: 1,
  };
  const [sqs, sns] = [new SQSClient(aws), new SNSClient(aws)];
  try {
    await Promise.all([createQueues(sqs), createTopics(sns)]);
  } finally {
    sqs.destroy();
    sns.destroy();
  }
}

async function createQueues(sqs: SQSClient): Promise<void> {
  const fifo = { FifoQueue: 'true', SqsManagedSseEnabled: 'true' };
  await sqs.send(
    new CreateQueueCommand({
      QueueName: DEMO_DEAD_LETTER_QUEUE,
      Attributes: { ...fifo, MessageRetentionPeriod: '1209600' },
    }),
  );
  const redrive = {
    deadLetterTargetArn: `arn:aws:sqs:${DEMO_REGION}:${DEMO_ACCOUNT}:${DEMO_DEAD_LETTER_QUEUE}`,
    maxReceiveCount: RECEIVES_BEFORE_DEAD_LETTER,
  };
  await sqs.send(
    new CreateQueueCommand({
      QueueName: DEMO_QUEUE,
      Attributes: { ...fifo, VisibilityTimeout: VISIBILITY_S, RedrivePolicy: JSON.stringify(redrive) },
    }),
  );
}

async function createTopics(sns: SNSClient): Promise<void> {
  await sns.send(new CreateTopicCommand({ Name: DEMO_TOPIC }));
  await sns.send(new CreateTopicCommand({ Name: DEMO_FIFO_TOPIC, Attributes: { FifoTopic: 'true' } }));
  const subscribers = [
    { Protocol: 'email', Endpoint: 'demo@example.com' },
    { Protocol: 'sms', Endpoint: '+56900000000' },
  ];
  for (const subscriber of subscribers) {
    await sns.send(new SubscribeCommand({ TopicArn: demoTopicArn(DEMO_TOPIC), ...subscriber }));
  }
}
