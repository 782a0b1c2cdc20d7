import type { AwsAttributeValue, AwsConnection } from '@puente/integrations';
import { AwsCallRefusedError, attributeValues, awsToken, settleBatch, withAnswerLimit } from '@puente/integrations';
import type { Reconciliation } from '@puente/kernel';
import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { snsCodes } from './sns.errors';
import type { Message, Publish, PublishBatch, PublishSms, Subscribe } from './sns.schemas';
import { OPERATION_ID, REPEAT, isFifo } from './sns.schemas';

/** What of a call reaches the wire: the signal to give up, what FIFO topics deduplicate by, and the mark of a repeat. */
export interface SnsCall {
  readonly signal: AbortSignal;
  readonly dedupeKey: string;
  readonly operationId?: string | undefined;
  /** How often this message has been published again although an earlier try may have arrived. */
  readonly repeat: number;
}

/** Pages of 100 that are looked through for one subscription before saying that we cannot tell. */
const MAX_PAGES = 50;

/** SNS over AWS's own SDK. */
export class SnsClient {
  private readonly sdk: SNSClient;

  constructor(private readonly aws: AwsConnection) {
    this.sdk = withAnswerLimit(new SNSClient(aws.clientConfig));
  }

  close(): void {
    this.sdk.destroy();
    this.aws.close();
  }

  async publish(input: Publish, call: SnsCall): Promise<unknown> {
    this.checkRegion(input.topicArn);
    const command = new PublishCommand({
      // A standard topic by the name S1's publishers use; FIFO topics are documented under TopicArn alone.
      ...(isFifo(input.topicArn) ? { TopicArn: input.topicArn } : { TargetArn: input.topicArn }),
      ...wireMessage(input, deduplicationId(input, input.topicArn, call.dedupeKey)),
      MessageAttributes: { ...attributeValues(input.attributes ?? {}), ...marks(call) },
    });
    const sent = await this.send(call.signal, () => this.sdk.send(command, { abortSignal: call.signal }));
    return { messageId: sent.MessageId, sequenceNumber: sent.SequenceNumber };
  }

  async publishBatch(input: PublishBatch, call: SnsCall): Promise<unknown> {
    this.checkRegion(input.topicArn);
    const command = new PublishBatchCommand({
      TopicArn: input.topicArn,
      PublishBatchRequestEntries: input.entries.map((entry) => ({
        Id: entry.id,
        ...wireMessage(entry, deduplicationId(entry, input.topicArn, `${call.dedupeKey}/${entry.id}`)),
        MessageAttributes: { ...attributeValues(entry.attributes ?? {}), ...marks(call, entry.id) },
      })),
    });
    const { Successful = [], Failed = [] } = await this.send(call.signal, () =>
      this.sdk.send(command, { abortSignal: call.signal }),
    );
    return settleBatch(
      input.entries.map(({ id }) => id),
      Successful.map((one) => ({ id: one.Id ?? '', messageId: one.MessageId, sequenceNumber: one.SequenceNumber })),
      Failed,
      snsCodes,
    );
  }

  async publishSms(input: PublishSms, call: SnsCall): Promise<unknown> {
    const command = new PublishCommand({
      PhoneNumber: input.phoneNumber,
      Message: input.message,
      MessageAttributes: {
        'AWS.SNS.SMS.SMSType': text(input.smsType),
        ...(input.senderId === undefined ? {} : { 'AWS.SNS.SMS.SenderID': text(input.senderId) }),
        ...marks(call),
      },
    });
    const sent = await this.send(call.signal, () => this.sdk.send(command, { abortSignal: call.signal }));
    return { messageId: sent.MessageId };
  }

  async subscribe(input: Subscribe, signal: AbortSignal): Promise<unknown> {
    this.checkRegion(input.topicArn);
    const command = new SubscribeCommand({
      TopicArn: input.topicArn,
      Protocol: input.protocol,
      Endpoint: input.endpoint,
      Attributes: input.attributes,
    });
    const { SubscriptionArn } = await this.send(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return subscription(SubscriptionArn);
  }

  /** Looks for the subscription a lost {@link subscribe} may have left. A topic has one per protocol and endpoint. */
  async subscribed(input: Subscribe, signal: AbortSignal): Promise<Reconciliation> {
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const found = await this.page(input.topicArn, nextToken, signal);
      const match = found.subscriptions.find(
        ({ protocol, endpoint }) => protocol === input.protocol && sameEndpoint(protocol, endpoint, input.endpoint),
      );
      if (match) return { kind: 'applied', output: subscription(match.subscriptionArn) };
      nextToken = found.nextToken;
      if (nextToken === undefined) return { kind: 'absent' };
    }
    return { kind: 'pending' };
  }

  async listSubscriptions(topicArn: string, nextToken: string | undefined, signal: AbortSignal): Promise<unknown> {
    return this.page(topicArn, nextToken, signal);
  }

  async getTopicAttributes(topicArn: string, signal: AbortSignal): Promise<unknown> {
    this.checkRegion(topicArn);
    const command = new GetTopicAttributesCommand({ TopicArn: topicArn });
    const { Attributes } = await this.send(signal, () => this.sdk.send(command, { abortSignal: signal }));
    return { attributes: Attributes };
  }

  async checkAccess(topicArn: string | undefined, signal: AbortSignal): Promise<unknown> {
    if (topicArn !== undefined) {
      await this.getTopicAttributes(topicArn, signal);
      return { proof: 'GetTopicAttributes' };
    }
    await this.send(signal, () => this.sdk.send(new ListTopicsCommand({}), { abortSignal: signal }));
    return { proof: 'ListTopics' };
  }

  private async page(topicArn: string, nextToken: string | undefined, signal: AbortSignal) {
    this.checkRegion(topicArn);
    const command = new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, NextToken: nextToken });
    const { Subscriptions = [], NextToken } = await this.send(signal, () =>
      this.sdk.send(command, { abortSignal: signal }),
    );
    const subscriptions = Subscriptions.map(({ SubscriptionArn, Protocol, Endpoint, Owner }) => ({
      subscriptionArn: SubscriptionArn ?? '',
      protocol: Protocol ?? '',
      endpoint: Endpoint ?? '',
      owner: Owner ?? '',
    }));
    return { subscriptions, nextToken: NextToken };
  }

  private send<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    return this.aws.call(signal, send);
  }

  /** AWS would answer `InvalidParameter: TopicArn`, which says nothing about the region. */
  private checkRegion(topicArn: string): void {
    const region = topicArn.split(':')[3];
    if (region === this.aws.region) return;
    throw new AwsCallRefusedError(
      'TOPIC_REGION_MISMATCH',
      `The topic is in ${region ?? 'no region'}, the integration in ${this.aws.region}. Nothing was sent.`,
    );
  }
}

function wireMessage(message: Message, deduplicationIdOrNone: string | undefined) {
  return {
    Message: message.message,
    Subject: message.subject,
    MessageStructure: message.messageStructure,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: deduplicationIdOrNone,
  };
}

function deduplicationId(message: Message, topicArn: string, dedupeKey: string): string | undefined {
  return isFifo(topicArn) ? (message.deduplicationId ?? awsToken(dedupeKey)) : undefined;
}

/** By which receivers and auditors know a publication again, and a repeat from the first. */
function marks({ operationId, dedupeKey, repeat }: SnsCall, entryId?: string): Record<string, AwsAttributeValue> {
  const id = operationId ?? dedupeKey;
  return {
    [OPERATION_ID]: text(entryId === undefined ? id : `${id}/${entryId}`),
    ...(repeat > 0 ? { [REPEAT]: { DataType: 'Number', StringValue: String(repeat) } } : {}),
  };
}

function text(value: string): AwsAttributeValue {
  return { DataType: 'String', StringValue: value };
}

function sameEndpoint(protocol: string, found: string, wanted: string): boolean {
  return protocol.startsWith('email') ? found.toLowerCase() === wanted.toLowerCase() : found === wanted;
}

/** Until the receiver has agreed, AWS answers with words instead of an ARN: others when listing than when subscribing. */
function subscription(subscriptionArn: string | undefined): unknown {
  if (subscriptionArn === undefined) return undefined;
  return subscriptionArn.startsWith('arn:')
    ? { subscriptionArn, pendingConfirmation: false }
    : { pendingConfirmation: true };
}
