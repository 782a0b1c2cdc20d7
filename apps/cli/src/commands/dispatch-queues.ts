import type { SQSClient } from '@aws-sdk/client-sqs';
import { loadConfig } from '@puente/config';
import { accountingQueueFrom } from '@puente/flows/accounting';
import { customerQueueFrom } from '@puente/flows/webhooks';
import { AppError } from '@puente/kernel';
import {
  createCustomerQueues,
  createDispatchQueues,
  type CustomerQueueFinding,
  type DispatchQueueFinding,
  type DispatchQueues,
  platformQueueClient,
  verifyCustomerQueues,
  verifyDispatchQueue,
} from '@puente/queue';

/** SQS refused what was asked of it in the platform's own account. */
export class DispatchQueuesError extends AppError {
  readonly code = 'DISPATCH_QUEUES_UNUSABLE';
}

/**
 * Makes the platform's dispatch queue and its dead-letter queue, with the platform's own AWS credentials.
 *
 * @throws {DispatchQueuesError} with what SQS said
 */
export function makeDispatchQueues(env: NodeJS.ProcessEnv, name: string): Promise<DispatchQueues> {
  return asPlatform(env, 'could not be made', (client) => createDispatchQueues(client, name));
}

/**
 * Looks at the queue of DISPATCH_QUEUE_URL as the workers will find it.
 *
 * @throws {DispatchQueuesError} no queue is configured, or SQS cannot be asked
 */
export function checkDispatchQueue(env: NodeJS.ProcessEnv): Promise<DispatchQueueFinding[]> {
  const { DISPATCH_QUEUE_URL: url } = env;
  if (url === undefined || url === '') throw new DispatchQueuesError('DISPATCH_QUEUE_URL is not set.');
  return asPlatform(env, 'cannot be checked', (client) => verifyDispatchQueue(client, url));
}

/**
 * Makes a queue of the installation's own flows and its dead-letter queue, with the platform's own AWS credentials.
 *
 * @throws {DispatchQueuesError} with what SQS said
 */
export function makeCustomerQueues(env: NodeJS.ProcessEnv, name: string): Promise<DispatchQueues> {
  return asPlatform(env, 'could not be made', (client) => createCustomerQueues(client, name));
}

/**
 * Looks at the queue of CUSTOMER_NOTIFICATION_SQS_URL and at its dead-letter queue.
 *
 * @throws {DispatchQueuesError} no queue is configured, or SQS cannot be asked
 */
export function checkCustomerQueues(env: NodeJS.ProcessEnv): Promise<CustomerQueueFinding[]> {
  const queue = customerQueueFrom(loadConfig({ ...env, DISPATCH_MODE: 'postgres' }));
  if (!queue)
    throw new DispatchQueuesError('CUSTOMER_NOTIFICATION_SQS_URL or CUSTOMER_NOTIFICATION_TENANT_ID is not set.');
  return asPlatform(env, 'cannot be checked', (client) => verifyCustomerQueues(client, queue));
}

/**
 * Looks at the queue of ACC_MOVE_SQS_URL and at its dead-letter queue.
 *
 * @throws {DispatchQueuesError} no queue is configured, or SQS cannot be asked
 */
export function checkAccountingQueues(env: NodeJS.ProcessEnv): Promise<CustomerQueueFinding[]> {
  const queue = accountingQueueFrom(loadConfig({ ...env, DISPATCH_MODE: 'postgres' }));
  if (!queue) throw new DispatchQueuesError('ACC_MOVE_SQS_URL or ACC_MOVE_TENANT_ID is not set.');
  return asPlatform(env, 'cannot be checked', (client) => verifyCustomerQueues(client, queue));
}

async function asPlatform<T>(
  env: NodeJS.ProcessEnv,
  failed: string,
  work: (client: SQSClient) => Promise<T>,
): Promise<T> {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = loadConfig({ ...env, DISPATCH_MODE: 'postgres' });
  const client = platformQueueClient({ region, endpoint });
  try {
    return await work(client);
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new DispatchQueuesError(`The queues ${failed}. SQS said: ${said}`, { cause: error });
  } finally {
    client.destroy();
  }
}
