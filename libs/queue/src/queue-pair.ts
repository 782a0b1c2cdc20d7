import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** A queue of the platform's own and where its messages go that nobody can read. */
export interface QueuePair {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** The others were there already. */
  readonly created: readonly ('queueUrl' | 'deadLetterQueueUrl')[];
}

export interface PairSettings {
  /** Of the queue, beside encryption and redrive policy. */
  readonly settings: Readonly<Record<string, string>>;
  readonly deadRetentionS: number;
  readonly mostReceives: number;
}

/** Makes `{name}` and `{name}-dead`, encrypted. Safe to repeat: a queue that is there stays as it is. */
export async function createQueuePair(
  client: SQSClient,
  name: string,
  { settings, deadRetentionS, mostReceives }: PairSettings,
): Promise<QueuePair> {
  const encrypted = { SqsManagedSseEnabled: 'true' };
  const dead = await ensure(client, `${name}-dead`, () =>
    Promise.resolve({ ...encrypted, MessageRetentionPeriod: String(deadRetentionS) }),
  );
  const queue = await ensure(client, name, async () => ({
    ...encrypted,
    ...settings,
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: await arnOf(client, dead.url),
      maxReceiveCount: mostReceives,
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
