import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** A note is received once, or a few times when PostgreSQL is away; one that comes back more often is of no use. */
const MOST_RECEIVES = 10;
/** Whatever is due longer than this has been found without the queue. */
const RETENTION_S = 3_600;
const DEAD_RETENTION_S = 86_400;

export interface DispatchQueues {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** The others were there already. */
  readonly created: readonly ('queueUrl' | 'deadLetterQueueUrl')[];
}

/**
 * Makes the dispatch queue and its dead-letter queue in the platform's own account, encrypted. Safe to repeat: a queue
 * that is there stays as it is.
 */
export async function createDispatchQueues(client: SQSClient, name: string): Promise<DispatchQueues> {
  const encrypted = { SqsManagedSseEnabled: 'true' };
  const dead = await ensure(client, `${name}-dead`, () =>
    Promise.resolve({ ...encrypted, MessageRetentionPeriod: String(DEAD_RETENTION_S) }),
  );
  const queue = await ensure(client, name, async () => ({
    ...encrypted,
    MessageRetentionPeriod: String(RETENTION_S),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: await arnOf(client, dead.url),
      maxReceiveCount: MOST_RECEIVES,
    }),
  }));
  return {
    queueUrl: queue.url,
    deadLetterQueueUrl: dead.url,
    created: [
      ...(queue.created ? (['queueUrl'] as const) : []),
      ...(dead.created ? (['deadLetterQueueUrl'] as const) : []),
    ],
  };
}

async function ensure(
  client: SQSClient,
  QueueName: string,
  attributes: () => Promise<Record<string, string>>,
): Promise<{ readonly url: string; readonly created: boolean }> {
  try {
    const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName }));
    return { url: QueueUrl, created: false };
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes: await attributes() }));
    return { url: QueueUrl, created: true };
  }
}

async function arnOf(client: SQSClient, QueueUrl: string): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  return (await client.send(command)).Attributes?.QueueArn ?? '';
}
