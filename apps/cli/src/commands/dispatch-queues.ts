import { loadConfig } from '@puente/config';
import { AppError } from '@puente/kernel';
import { createDispatchQueues, type DispatchQueues, platformQueueClient } from '@puente/queue';

/** SQS refused what was asked of it in the platform's own account. */
export class DispatchQueuesError extends AppError {
  readonly code = 'DISPATCH_QUEUES_UNUSABLE';
}

/**
 * Makes the platform's dispatch queue and its dead-letter queue, with the platform's own AWS credentials.
 *
 * @throws {DispatchQueuesError} with what SQS said
 */
export async function makeDispatchQueues(env: NodeJS.ProcessEnv, name: string): Promise<DispatchQueues> {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = loadConfig({ ...env, DISPATCH_MODE: 'postgres' });
  const client = platformQueueClient({ region, endpoint });
  try {
    return await createDispatchQueues(client, name);
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new DispatchQueuesError(`The dispatch queues could not be made. SQS said: ${said}`, { cause: error });
  } finally {
    client.destroy();
  }
}
