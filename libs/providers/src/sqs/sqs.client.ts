import type { AwsConnection } from '@puente/integrations';
import { AwsCallRefusedError, attributeValues, awsToken, settleBatch, withAnswerLimit } from '@puente/integrations';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  SQSClient,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import type { QueueAttributeName } from '@aws-sdk/client-sqs';
import { sqsCodes } from './sqs.errors';
import type { CreateQueue, SendMessage, SendMessageBatch, SetQueueAttributes } from './sqs.schemas';
import { isFifo } from './sqs.schemas';

/** What of a call reaches the wire: the signal to give up, and what FIFO queues deduplicate by. */
export interface SqsCall {
  readonly signal: AbortSignal;
  readonly dedupeKey: string;
}

type Message = SendMessageBatch['entries'][number] | SendMessage;

/** SQS over AWS's own SDK, which also compares the MD5 of every body with the one SQS answers. */
export class SqsClient {
  private readonly sdk: SQSClient;

  constructor(private readonly aws: AwsConnection) {
    // Otherwise the SDK sends the signed request to whatever host the queue's URL names.
    this.sdk = withAnswerLimit(new SQSClient({ ...aws.clientConfig, useQueueUrlAsEndpoint: false }));
  }

  close(): void {
    this.sdk.destroy();
    this.aws.close();
  }

  async sendMessage(input: SendMessage, call: SqsCall): Promise<unknown> {
    this.checkRegion(input.queueUrl);
    const deduplicationId = isFifo(input.queueUrl) ? (input.deduplicationId ?? awsToken(call.dedupeKey)) : undefined;
    const command = new SendMessageCommand({
      QueueUrl: input.queueUrl,
      ...wireMessage(input, deduplicationId),
    });
    const sent = await this.aws.call(call.signal, () => this.sdk.send(command, { abortSignal: call.signal }));
    return sentMessage(sent);
  }

  async sendMessageBatch(input: SendMessageBatch, call: SqsCall): Promise<unknown> {
    this.checkRegion(input.queueUrl);
    const fifo = isFifo(input.queueUrl);
    const command = new SendMessageBatchCommand({
      QueueUrl: input.queueUrl,
      Entries: input.entries.map((entry) => ({
        Id: entry.id,
        ...wireMessage(entry, fifo ? (entry.deduplicationId ?? awsToken(`${call.dedupeKey}/${entry.id}`)) : undefined),
      })),
    });
    const { Successful = [], Failed = [] } = await this.aws.call(call.signal, () =>
      this.sdk.send(command, { abortSignal: call.signal }),
    );
    return settleBatch(
      input.entries.map(({ id }) => id),
      Successful.map((entry) => ({ id: entry.Id ?? '', ...sentMessage(entry) })),
      Failed,
      sqsCodes,
    );
  }

  async getQueueAttributes(queueUrl: string, names: readonly string[], signal: AbortSignal): Promise<unknown> {
    this.checkRegion(queueUrl);
    const command = new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: names as QueueAttributeName[],
    });
    const { Attributes = {} } = await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return { attributes: Attributes };
  }

  async getQueueUrl(queueName: string, signal: AbortSignal): Promise<unknown> {
    const command = new GetQueueUrlCommand({ QueueName: queueName });
    const { QueueUrl } = await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return { queueUrl: QueueUrl };
  }

  /** Answers with the queue's address also when it is there already, as long as nothing given differs from what it has. */
  async createQueue({ queueName, attributes }: CreateQueue, signal: AbortSignal): Promise<unknown> {
    const fifo = queueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
    const command = new CreateQueueCommand({ QueueName: queueName, Attributes: { ...fifo, ...given(attributes) } });
    const { QueueUrl } = await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return { queueUrl: QueueUrl };
  }

  async setQueueAttributes({ queueUrl, attributes }: SetQueueAttributes, signal: AbortSignal): Promise<unknown> {
    this.checkRegion(queueUrl);
    const command = new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: given(attributes) });
    await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return {};
  }

  async checkAccess(queueUrl: string | undefined, signal: AbortSignal): Promise<unknown> {
    if (queueUrl !== undefined) {
      await this.getQueueAttributes(queueUrl, ['QueueArn'], signal);
      return { proof: 'GetQueueAttributes' };
    }
    const command = new ListQueuesCommand({ MaxResults: 1 });
    await this.aws.call(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return { proof: 'ListQueues' };
  }

  /** AWS would only say that the queue does not exist. */
  private checkRegion(queueUrl: string): void {
    const { hostname } = new URL(queueUrl);
    const [, region] =
      /^(?:sqs\.([a-z0-9-]+)|[a-z0-9-]+\.queue)\.(?:amazonaws\.com|api\.aws)(?:\.cn)?$/.exec(hostname) ?? [];
    if (region === undefined || region === this.aws.region) return;
    throw new AwsCallRefusedError(
      'QUEUE_REGION_MISMATCH',
      `The queue is in ${region}, the integration in ${this.aws.region}. Nothing was sent.`,
    );
  }
}

function given(attributes: CreateQueue['attributes']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function wireMessage(message: Message, deduplicationId: string | undefined) {
  const { body, attributes, groupId, delaySeconds } = message;
  return {
    MessageBody: body,
    MessageAttributes: attributes && attributeValues(attributes),
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
    DelaySeconds: delaySeconds,
  };
}

function sentMessage(sent: {
  readonly MessageId?: string | undefined;
  readonly SequenceNumber?: string | undefined;
  readonly MD5OfMessageBody?: string | undefined;
  readonly MD5OfMessageAttributes?: string | undefined;
}) {
  return {
    messageId: sent.MessageId,
    sequenceNumber: sent.SequenceNumber,
    md5OfBody: sent.MD5OfMessageBody,
    md5OfAttributes: sent.MD5OfMessageAttributes,
  };
}
