import type { Message } from './outgoing-message';
import { textFor } from './outgoing-message';
import type { Subscription, Topic } from './topic-store';

export interface EnvelopeParts {
  readonly topicArn: string;
  readonly subscriptionArn: string;
  readonly message: Message;
  readonly protocol: string;
  readonly at: string;
}

/**
 * The JSON that queues and json e-mails get. Its signature is a word, not a signature: nobody in a sandbox holds the
 * certificate it would have to be checked with.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
export function envelope({ topicArn, subscriptionArn, message, protocol, at }: EnvelopeParts): string {
  const attributes = Object.entries(message.attributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    { Type: DataType, Value: StringValue ?? BinaryValue },
  ]);
  return JSON.stringify({
    Type: 'Notification',
    MessageId: message.id,
    TopicArn: topicArn,
    Subject: message.subject,
    Message: textFor(message, protocol),
    Timestamp: at,
    SignatureVersion: '1',
    Signature: 'sandbox',
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-sandbox.pem',
    UnsubscribeURL: `https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
    ...(attributes.length > 0 ? { MessageAttributes: Object.fromEntries(attributes) as object } : {}),
  });
}

export interface QueueRequestParts {
  readonly topic: Topic;
  readonly subscription: Subscription;
  readonly message: Message;
  readonly dedupId: string | undefined;
  readonly at: string;
}

/** The SendMessage for a subscribed queue: the envelope, or the bare message with its attributes. */
export function queueRequest({ topic, subscription, message, dedupId, at }: QueueRequestParts): object {
  const raw = subscription.attributes.RawMessageDelivery?.toLowerCase() === 'true';
  const toFifo = subscription.endpoint.endsWith('.fifo');
  return {
    MessageBody: raw
      ? textFor(message, 'sqs')
      : envelope({ topicArn: topic.arn, subscriptionArn: subscription.arn, message, protocol: 'sqs', at }),
    MessageAttributes: raw ? message.attributes : undefined,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: toFifo ? dedupId : undefined,
  };
}
