import { type MessageAttributeValue, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueMessage } from './queue-message';

export const REASON_ATTRIBUTE = 'puente_reason';
export const SOURCE_ATTRIBUTE = 'puente_source_message_id';
/** Which of our notifications a message carries. A message without it comes from somebody else's producer. */
export const NOTIFICATION_ATTRIBUTE = 'puente_notification_id';

/** SQS refuses a message with more attributes. */
const MOST_ATTRIBUTES = 10;
const LONGEST_REASON = 1_000;

export interface DeadLetter {
  readonly body: string;
  readonly groupId: string;
  /** Of the message in its own queue. Also the deduplication id: moving it twice leaves one copy. */
  readonly messageId: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly reason: string;
}

/**
 * A bad message's way into the dead-letter queue: same bytes, same attributes, and why. The copy is sent before the
 * original is deleted, so a crash in between leaves it twice and never loses it.
 */
export async function sendToDeadLetterQueue(
  client: SQSClient,
  deadLetterUrl: string,
  message: QueueMessage,
  reason: string,
): Promise<void> {
  const letter = { ...message, messageId: message.id, reason };
  try {
    await client.send(new SendMessageCommand(deadLetterInput(deadLetterUrl, letter)));
  } catch (error) {
    // A message at the size limit has no room for our attributes; the reason is in `dead_letters` all the same.
    if (!isRefused(error)) throw error;
    await client.send(
      new SendMessageCommand({
        ...deadLetterInput(deadLetterUrl, letter),
        MessageAttributes: copyOf(message.attributes),
      }),
    );
  }
}

/** The request, for senders with a ledger in front of them. */
export function deadLetterInput(deadLetterUrl: string, letter: DeadLetter) {
  return {
    QueueUrl: deadLetterUrl,
    MessageBody: letter.body,
    MessageAttributes: deadLetterAttributes(letter),
    ...(deadLetterUrl.endsWith('.fifo')
      ? { MessageGroupId: letter.groupId || 'default', MessageDeduplicationId: letter.messageId }
      : {}),
  };
}

/** The producer's own attributes come first: ours fill what is left of the ten. */
export function deadLetterAttributes(
  letter: Pick<DeadLetter, 'attributes' | 'reason' | 'messageId'>,
): Record<string, MessageAttributeValue> {
  const attributes = copyOf(letter.attributes);
  const ours: [string, string][] = [
    [REASON_ATTRIBUTE, letter.reason.slice(0, LONGEST_REASON)],
    [SOURCE_ATTRIBUTE, letter.messageId],
  ];
  for (const [name, value] of ours) {
    if (name in attributes || Object.keys(attributes).length < MOST_ATTRIBUTES)
      attributes[name] = { DataType: 'String', StringValue: value };
  }
  return attributes;
}

/** Without the empty lists that ReceiveMessage may add and SendMessage refuses. */
function copyOf(attributes: Readonly<Record<string, MessageAttributeValue>>): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        DataType,
        ...(StringValue === undefined ? {} : { StringValue }),
        ...(BinaryValue === undefined ? {} : { BinaryValue }),
      },
    ]),
  );
}

function isRefused(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
  return status === 400;
}
