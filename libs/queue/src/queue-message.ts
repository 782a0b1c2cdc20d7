import { createHash } from 'node:crypto';
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';

/** A message as a handler sees it: nothing of the SDK, nothing optional that a queue always knows. */
export interface QueueMessage {
  /** The queue's id of this message. Stays the same when the message is delivered again. */
  readonly id: string;
  /** Exactly what the producer sent. */
  readonly body: string;
  /** Empty on a standard queue. */
  readonly groupId: string;
  /** The producer's, by which a FIFO queue knows repeats; empty on a standard queue. */
  readonly deduplicationId: string;
  /** How often the queue has handed it out, this time included. */
  readonly receiveCount: number;
  readonly sentAt: Date | undefined;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
}

/** Reads what ReceiveMessage returned; every system attribute must have been asked for. */
export function readMessage(message: Message): QueueMessage {
  const sent = Number(message.Attributes?.SentTimestamp);
  const count = Number(message.Attributes?.ApproximateReceiveCount);
  return {
    id: message.MessageId ?? '',
    body: message.Body ?? '',
    groupId: message.Attributes?.MessageGroupId ?? '',
    deduplicationId: message.Attributes?.MessageDeduplicationId ?? '',
    receiveCount: Number.isInteger(count) && count > 0 ? count : 1,
    sentAt: Number.isFinite(sent) && sent > 0 ? new Date(sent) : undefined,
    attributes: message.MessageAttributes ?? {},
  };
}

/** MD5 in hex over the UTF-8 bytes of a body: the deduplication id of S1.2, and what SQS answers as MD5OfMessageBody. */
export function bodyMd5(body: string): string {
  return createHash('md5').update(body, 'utf8').digest('hex');
}

/** A text attribute of the message; undefined when it is absent or not text. */
export function textAttribute(message: QueueMessage, name: string): string | undefined {
  const value = message.attributes[name];
  return value?.DataType?.startsWith('String') ? value.StringValue : undefined;
}
