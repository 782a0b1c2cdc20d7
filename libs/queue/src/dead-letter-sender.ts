import {
  type MessageAttributeValue,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueMessage } from './queue-message';

export const REASON_ATTRIBUTE = 'puente_reason';
export const SOURCE_ATTRIBUTE = 'puente_source_message_id';
/** Which of our notifications a message carries. A message without it comes from somebody else's producer. */
export const NOTIFICATION_ATTRIBUTE = 'puente_notification_id';

/** SQS refuses a message with more attributes. */
const MOST_ATTRIBUTES = 10;
const LONGEST_REASON = 1_000;
/** Of a request. SQS takes a mebibyte by now; what was always taken is enough. */
const MOST_BYTES = 262_144;
const MOST_ENTRIES = 10;

export type Attributes = Readonly<Record<string, MessageAttributeValue>>;

/** A message on its way into the dead-letter queue, and why. */
export interface DeadLetter {
  readonly message: QueueMessage;
  readonly reason: string;
}

/**
 * Bad messages' way into the dead-letter queue: same bytes, same attributes, and why. The id of the message in its own
 * queue is the deduplication id there: moving it twice leaves one copy, and the copy names its original. Copies are sent
 * before the originals are deleted, so a crash in between leaves both and never loses one.
 *
 * @returns for each, in order, what went wrong; undefined when its copy is safe
 */
export async function sendToDeadLetterQueue(
  client: SQSClient,
  deadLetterUrl: string,
  letters: readonly DeadLetter[],
): Promise<unknown[]> {
  const failures = new Map<DeadLetter, unknown>();
  const bytesOf = (letter: DeadLetter): number => bytesOfMessage(letter.message.body, deadLetterAttributes(letter));
  for (const batch of batchesOf(letters, bytesOf)) {
    const refused = await send(client, deadLetterUrl, batch);
    for (const [letter, failure] of refused) {
      // A message at the size limit has no room for our attributes; the reason is in `dead_letters` all the same.
      const again = failure === TOO_LARGE ? await sendBare(client, deadLetterUrl, letter) : failure;
      if (again !== undefined) failures.set(letter, again);
    }
  }
  return letters.map((letter) => failures.get(letter));
}

/** SQS blames the request: then it is tried without what we added to it. */
const TOO_LARGE = Symbol('TOO_LARGE');

async function send(
  client: SQSClient,
  deadLetterUrl: string,
  batch: readonly DeadLetter[],
): Promise<ReadonlyMap<DeadLetter, unknown>> {
  const Entries = batch.map((letter, at) => ({
    Id: String(at),
    ...entryFor(deadLetterUrl, letter, deadLetterAttributes(letter)),
  }));
  try {
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: deadLetterUrl, Entries }));
    const refused = Failed.map(({ Id, SenderFault, Code, Message }) => {
      const said = new Error(`${Code ?? 'no code'}: ${Message ?? 'no reason given'}`);
      return [batch[Number(Id)], SenderFault ? TOO_LARGE : said] as const;
    });
    return new Map(refused.flatMap(([letter, failure]) => (letter ? [[letter, failure]] : [])));
  } catch (error) {
    // Which one is to blame shows when each goes alone.
    if (isRefused(error) && batch.length > 1) return sendEach(client, deadLetterUrl, batch);
    return new Map(batch.map((letter) => [letter, isRefused(error) ? TOO_LARGE : error]));
  }
}

async function sendEach(
  client: SQSClient,
  deadLetterUrl: string,
  batch: readonly DeadLetter[],
): Promise<ReadonlyMap<DeadLetter, unknown>> {
  const failures: (readonly [DeadLetter, unknown])[] = [];
  for (const letter of batch) failures.push(...(await send(client, deadLetterUrl, [letter])));
  return new Map(failures);
}

async function sendBare(client: SQSClient, deadLetterUrl: string, letter: DeadLetter): Promise<unknown> {
  const entry = entryFor(deadLetterUrl, letter, copyOfAttributes(letter.message.attributes));
  try {
    await client.send(new SendMessageCommand({ QueueUrl: deadLetterUrl, ...entry }));
    return undefined;
  } catch (error) {
    return error;
  }
}

function entryFor(deadLetterUrl: string, { message }: DeadLetter, attributes: Attributes) {
  return {
    MessageBody: message.body,
    MessageAttributes: attributes,
    ...(deadLetterUrl.endsWith('.fifo')
      ? { MessageGroupId: message.groupId || 'default', MessageDeduplicationId: message.id }
      : {}),
  };
}

/** In order, each small enough for one request. */
export function batchesOf<T>(all: readonly T[], bytesOf: (one: T) => number): T[][] {
  const batches: T[][] = [];
  let room = 0;
  for (const one of all) {
    const bytes = bytesOf(one);
    const last = batches.at(-1);
    if (last && last.length < MOST_ENTRIES && bytes <= room) {
      last.push(one);
      room -= bytes;
    } else {
      batches.push([one]);
      room = MOST_BYTES - bytes;
    }
  }
  return batches;
}

/** Generous: names, types and values of attributes count as well. */
export function bytesOfMessage(body: string, attributes: Attributes): number {
  const ofAttributes = Object.entries(attributes).map(
    ([name, { DataType = '', StringValue = '', BinaryValue }]) =>
      name.length + DataType.length + Buffer.byteLength(StringValue) + (BinaryValue?.length ?? 0),
  );
  return ofAttributes.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(body));
}

/**
 * What the copy in the dead-letter queue carries. The producer's own attributes come first: ours fill what is left of the
 * ten, the most useful one first.
 */
export function deadLetterAttributes(
  { message, reason }: { readonly message: Pick<QueueMessage, 'attributes' | 'id'>; readonly reason: string },
  notificationId?: string,
): Attributes {
  const attributes: Record<string, MessageAttributeValue> = copyOfAttributes(message.attributes);
  const ours = {
    [REASON_ATTRIBUTE]: reason.slice(0, LONGEST_REASON),
    [SOURCE_ATTRIBUTE]: message.id,
    ...(notificationId === undefined ? {} : { [NOTIFICATION_ATTRIBUTE]: notificationId }),
  };
  for (const [name, value] of Object.entries(ours)) {
    if (name in attributes || Object.keys(attributes).length < MOST_ATTRIBUTES)
      attributes[name] = { DataType: 'String', StringValue: value };
  }
  return attributes;
}

/** Without the empty lists that ReceiveMessage may add and SendMessage refuses. */
export function copyOfAttributes(attributes: Attributes): Record<string, MessageAttributeValue> {
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
