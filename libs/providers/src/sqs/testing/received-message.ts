import { chosenAttributes, md5, md5OfAttributes } from './message-attributes';
import type { Received } from './message-receiver';
import { handleOf } from './message-receiver';
import { sequenceNumber } from './message-sender';
import type { Queue } from './queue';
import type { ReceiveMessage } from './sqs-wire.schemas';

/** A received message on the wire, with the attributes the receive asked for and no others. */
export function toMessage(queue: Queue, message: Received, asked: ReceiveMessage): Record<string, unknown> {
  const attributes = chosenAttributes(message.attributes, asked.MessageAttributeNames);
  const system = chosenSystem(queue, message, [...asked.AttributeNames, ...asked.MessageSystemAttributeNames]);
  return {
    MessageId: message.messageId,
    ReceiptHandle: handleOf(queue, message),
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system ? { Attributes: system } : {}),
    ...(attributes ? { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) } : {}),
  };
}

function chosenSystem(queue: Queue, message: Received, names: readonly string[]): Record<string, string> | undefined {
  if (names.length === 0) return undefined;
  const all: Record<string, string | null | undefined> = {
    SenderId: message.sender,
    SentTimestamp: String(message.sentMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.dedupId,
    SequenceNumber: queue.fifo ? sequenceNumber(message.seq) : undefined,
    AWSTraceHeader: message.systemAttributes?.AWSTraceHeader?.StringValue,
    DeadLetterQueueSourceArn: message.cameFrom,
  };
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === 'string' && (names.includes('All') || names.includes(name))) chosen[name] = value;
  }
  return Object.keys(chosen).length > 0 ? chosen : undefined;
}
