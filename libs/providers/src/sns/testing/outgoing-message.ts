import { createHash, randomUUID } from 'node:crypto';
import { invalidParameter } from './sns-wire.errors';
import type { MessageAttributes, Outgoing } from './sns-wire.schemas';
import type { Topic } from './topic-store';

/** 256 KiB, attributes included. */
export const MAX_BYTES = 262_144;

/** A message whose form SNS accepts, with the text for each protocol. */
export interface Message {
  readonly id: string;
  readonly text: string;
  readonly subject: string | undefined;
  readonly attributes: MessageAttributes | undefined;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  /** `MessageStructure: json`: a text per protocol. */
  readonly perProtocol: Readonly<Record<string, string>> | undefined;
}

/** Bytes of the text and, of each attribute, name, type and value. */
export function sizeOf({ Message, MessageAttributes = {} }: Outgoing): number {
  const attributes = Object.entries(MessageAttributes).map(
    ([name, { DataType, StringValue = '', BinaryValue = '' }]) =>
      Buffer.byteLength(name + DataType + StringValue) + Buffer.from(BinaryValue, 'base64').length,
  );
  return attributes.reduce((sum, size) => sum + size, Buffer.byteLength(Message));
}

/** @throws AwsError in SNS's words and order of checks. */
export function toMessage(input: Outgoing): Message {
  assertSubject(input.Subject);
  if (input.Message === '') throw invalidParameter('Empty message');
  if (input.Message.includes('\u0000')) throw invalidParameter('Message');
  assertAttributes(input.MessageAttributes);
  if (sizeOf(input) > MAX_BYTES) throw invalidParameter('Message too long');
  return {
    id: randomUUID(),
    text: input.Message,
    subject: input.Subject,
    attributes: input.MessageAttributes,
    groupId: input.MessageGroupId,
    deduplicationId: input.MessageDeduplicationId,
    perProtocol: input.MessageStructure === 'json' ? perProtocol(input.Message) : undefined,
  };
}

/** What a subscriber of this protocol reads. */
export function textFor(message: Message, protocol: string): string {
  return message.perProtocol?.[protocol] ?? message.perProtocol?.default ?? message.text;
}

/** "UTF-8 text with no line breaks or control characters, and less than 100 characters long." */
function assertSubject(subject: string | undefined): void {
  if (subject === undefined) return;
  // eslint-disable-next-line no-control-regex -- the control characters are what it looks for
  if (subject === '' || subject.length >= 100 || /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/.test(subject)) {
    throw invalidParameter('Subject');
  }
}

function assertAttributes(attributes: MessageAttributes = {}): void {
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    if (!/^(String|String\.Array|Number|Binary)$/.test(DataType)) {
      throw invalidParameter(
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    }
    if (!(DataType === 'Binary' ? BinaryValue : StringValue)) {
      throw invalidParameter(
        `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
      );
    }
  }
}

function perProtocol(text: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse');
  }
  const texts = Object.entries(parsed ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const result = Object.fromEntries(texts);
  if (result.default === undefined) throw invalidParameter('Message Structure - No default entry in JSON message body');
  return result;
}

/** What deduplicates a message of a FIFO topic, and within what. */
export interface FifoIdentity {
  readonly dedupId: string;
  readonly scope: string;
}

/** @returns `undefined` for a standard topic. @throws AwsError when the ids do not suit the topic. */
export function fifoIdentity(topic: Topic, message: Message): FifoIdentity | undefined {
  if (message.groupId !== undefined) assertId('MessageGroupId', message.groupId);
  if (topic.attributes.FifoTopic !== 'true') {
    if (message.deduplicationId === undefined) return undefined;
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    );
  }
  if (message.groupId === undefined) throw invalidParameter('The MessageGroupId parameter is required for FIFO topics');
  if (message.deduplicationId !== undefined) assertId('MessageDeduplicationId', message.deduplicationId);
  const byContent = topic.attributes.ContentBasedDeduplication === 'true';
  const dedupId = message.deduplicationId ?? (byContent ? sha256(message.text) : undefined);
  if (dedupId === undefined) {
    throw invalidParameter(
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  return { dedupId, scope: topic.attributes.FifoThroughputScope === 'MessageGroup' ? message.groupId : '' };
}

function assertId(parameter: string, value: string): void {
  if (/^[!-~]{1,128}$/.test(value)) return;
  throw invalidParameter(
    `${parameter} Reason: ${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
