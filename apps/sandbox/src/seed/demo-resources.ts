import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createDispatchQueues } from '@puente/queue';
import {
  ACCOUNTING_QUEUE_NAME,
  CUSTOMER_QUEUE_NAME,
  DEMO_FIFO_TOPIC,
  DEMO_REGION,
  DEMO_TOPIC,
  demoTopicArn,
} from './demo-names';

/** What stands in the demo tenant's AWS account beside its queues: two topics, two subscribers. Safe to repeat. */
export async function createDemoResources(sandboxUrl: string): Promise<void> {
  const sns = new SNSClient(connection(sandboxUrl));
  try {
    await createTopics(sns);
    await createPlatformQueue(sandboxUrl, CUSTOMER_QUEUE_NAME);
    await createPlatformQueue(sandboxUrl, ACCOUNTING_QUEUE_NAME);
  } finally {
    sns.destroy();
  }
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

/** The platform's own queue for DISPATCH_MODE=sqs. @returns its URL */
export function createDispatchQueue(sandboxUrl: string): Promise<string> {
  return createPlatformQueue(sandboxUrl, 'puente-dispatch');
}

async function createPlatformQueue(sandboxUrl: string, name: string): Promise<string> {
  const sqs = new SQSClient(connection(sandboxUrl));
  try {
    return (await createDispatchQueues(sqs, name)).queueUrl;
  } finally {
    sqs.destroy();
  }
}

function connection(endpoint: string) {
  const credentials = { accessKeyId: 'AKIDDEMO', secretAccessKey: 'demo' }; // any key opens the stand-ins
  return { endpoint, region: DEMO_REGION, credentials, maxAttempts: 1 };
}
