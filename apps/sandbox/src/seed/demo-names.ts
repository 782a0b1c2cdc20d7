import type { FunctionId } from '@puente/flows/functions';

/** The demo tenant's id is fixed, so that seeding twice finds it again. */
export const DEMO_TENANT_ID = '01980000-0000-7000-8000-0000000000de';
export const DEMO_REGION = 'us-east-1';
export const DEMO_ACCOUNT = '000000000000';

/** As `puente queues create --name` takes it; the names of both queues follow from it. */
export const DEMO_QUEUE_NAME = 'notifications-demo';
export const DEMO_QUEUE = `${DEMO_QUEUE_NAME}.fifo`;
export const DEMO_DEAD_LETTER_QUEUE = `${DEMO_QUEUE_NAME}-dead.fifo`;
/** Of the platform: `CUSTOMER_NOTIFICATION_SQS_URL`. */
export const CUSTOMER_QUEUE_NAME = 'customer-notifications';
/** Of the platform: `ACC_MOVE_SQS_URL`. */
export const ACCOUNTING_QUEUE_NAME = 'accounting';
export const DEMO_TOPIC = 'demo';
export const DEMO_FIFO_TOPIC = 'demo.fifo';

/** `ENV` of the sandbox: what its API keys and its functions are named after. */
export const SANDBOX_ENV = 'sandbox';
/** What the demo tenant calls the functions that run at the Lambda stand-in, each as `{name}-sandbox`. */
export const DEMO_FUNCTIONS = {
  notifications: 'finalitix-notifications',
  'notifications-pubsub': 'finalitix-notifications-pubsub',
  contact: 'finalitix-contact',
} as const satisfies Record<FunctionId, string>;

export function demoQueueUrl(sandboxUrl: string, queue: string): string {
  return `${sandboxUrl}/${DEMO_ACCOUNT}/${queue}`;
}

export function demoTopicArn(topic: string): string {
  return `arn:aws:sns:${DEMO_REGION}:${DEMO_ACCOUNT}:${topic}`;
}
