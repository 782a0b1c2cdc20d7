import type { AwsCall, AwsOperation, AwsResult } from '@puente/integrations/testing';
import { AwsError } from '@puente/integrations/testing';
import { assertBatch, batchOutput, examine, failedEntry } from './batch';
import { md5, md5OfAttributes, sizeOf } from './message-attributes';
import type { MessageReceiver } from './message-receiver';
import type { MessageSender, SendContext, Sent } from './message-sender';
import { assertSize } from './message-sender';
import type { MessageSettler } from './message-settler';
import type { Queue } from './queue';
import type { QueueDirectory } from './queue-directory';
import { sqsOperation } from './queue-operations';
import { decodeHandle } from './receipt-handle';
import { toMessage } from './received-message';
import { invalidValue, missingParameter, sqsError } from './sqs-wire.errors';
import type { Outgoing, ReceiveMessage } from './sqs-wire.schemas';
import * as wire from './sqs-wire.schemas';

const MAX_BATCH_BYTES = 1_048_576;

export interface MessageParts {
  readonly queues: QueueDirectory;
  readonly sender: MessageSender;
  readonly receiver: MessageReceiver;
  readonly settler: MessageSettler;
}

/** What can be done with messages. */
export function messageOperations(parts: MessageParts): Record<string, AwsOperation> {
  return {
    ...sendOperations(parts),
    ...receiveOperations(parts),
    ...deleteOperations(parts),
    ...visibilityOperations(parts),
  };
}

function sendOperations({ queues, sender }: MessageParts): Record<string, AwsOperation> {
  return {
    SendMessage: sqsOperation('SendMessage', wire.SendMessage, async (call, input) => {
      const queue = await queues.byUrl(input.QueueUrl);
      const draft = sender.draft(queue, input, contextOf(call));
      assertSize(queue, input);
      const [sent] = await sender.send(queue, [draft]);
      return { output: sent ? sendResult(input, sent) : {} };
    }),
    SendMessageBatch: sqsOperation('SendMessageBatch', wire.SendMessageBatch, async (call, input) => {
      const queue = await queues.byUrl(input.QueueUrl);
      assertBatch(input.Entries, 'SendMessageBatchRequestEntry');
      assertBatchSize(input.Entries);
      assertIdentities(queue, input.Entries);
      const context = contextOf(call);
      const { good, failed } = examine(input.Entries, (entry) => sender.draft(queue, entry, context));
      const sent =
        good.length === 0
          ? []
          : await sender.send(
              queue,
              good.map(({ value }) => value),
            );
      const successful = sent.map((one, index) => {
        const entry = good[index]?.entry;
        return entry ? { Id: entry.Id, ...sendResult(entry, one) } : {};
      });
      return { output: batchOutput(successful, failed) };
    }),
  };
}

function contextOf({ operation, principal, request }: AwsCall): SendContext {
  return { operation, sender: principal.account, host: request.host };
}

function sendResult(message: Outgoing, sent: Sent): Record<string, string> {
  const ofAttributes = md5OfAttributes(message.MessageAttributes);
  const ofSystem = md5OfAttributes(message.MessageSystemAttributes);
  return {
    MessageId: sent.messageId,
    MD5OfMessageBody: md5(message.MessageBody),
    ...(ofAttributes === undefined ? {} : { MD5OfMessageAttributes: ofAttributes }),
    ...(ofSystem === undefined ? {} : { MD5OfMessageSystemAttributes: ofSystem }),
    ...(sent.sequenceNumber === undefined ? {} : { SequenceNumber: sent.sequenceNumber }),
  };
}

/** Only the sum counts in a batch: AWS does not apply the queue's own MaximumMessageSize here. */
function assertBatchSize(entries: readonly Outgoing[]): void {
  const size = entries.reduce((sum, entry) => sum + sizeOf(entry.MessageBody, entry.MessageAttributes), 0);
  if (size <= MAX_BATCH_BYTES) return;
  const reason = `Batch requests cannot be longer than ${String(MAX_BATCH_BYTES)} bytes. You have sent ${String(size)} bytes.`;
  throw sqsError('BatchRequestTooLong', reason);
}

/** A FIFO batch with one entry that lacks its ids fails as a whole. */
function assertIdentities(queue: Queue, entries: readonly Outgoing[]): void {
  if (!queue.fifo) return;
  const byContent = queue.row.attributes.ContentBasedDeduplication === 'true';
  for (const entry of entries) {
    if (!entry.MessageGroupId) throw missingParameter('MessageGroupId');
    if (!entry.MessageDeduplicationId && !byContent) {
      throw sqsError(
        'InvalidParameterValueException',
        'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      );
    }
  }
}

function receiveOperations({ queues, receiver }: MessageParts): Record<string, AwsOperation> {
  return {
    ReceiveMessage: sqsOperation(
      'ReceiveMessage',
      wire.ReceiveMessage,
      async ({ request }, input): Promise<AwsResult> => {
        const queue = await queues.byUrl(input.QueueUrl);
        assertReceive(input);
        const messages = await receiver.receive(queue, {
          max: input.MaxNumberOfMessages,
          visibilitySeconds: input.VisibilityTimeout ?? queue.number('VisibilityTimeout'),
          waitMs: (input.WaitTimeSeconds ?? queue.number('ReceiveMessageWaitTimeSeconds')) * 1_000,
          closed: request.closed,
        });
        if (messages.length === 0) return { output: {} };
        return {
          output: { Messages: messages.map((message) => toMessage(queue, message, input)) },
          undelivered: () => receiver.giveBack(queue, messages),
        };
      },
    ),
  };
}

function assertReceive(input: ReceiveMessage): void {
  const { MaxNumberOfMessages: max, WaitTimeSeconds: wait, VisibilityTimeout: visibility } = input;
  if (max < 1 || max > 10) throw invalidValue('MaxNumberOfMessages', max, 'Must be between 1 and 10, if provided.');
  if (wait !== undefined && (wait < 0 || wait > 20)) {
    throw invalidValue('WaitTimeSeconds', wait, 'Must be >= 0 and <= 20, if provided.');
  }
  if (visibility !== undefined) assertVisibility(visibility);
}

function assertVisibility(seconds: number): void {
  if (seconds >= 0 && seconds <= 43_200) return;
  throw invalidValue('VisibilityTimeout', seconds, 'VisibilityTimeout must be an integer between 0 and 43200');
}

function deleteOperations({ queues, settler }: MessageParts): Record<string, AwsOperation> {
  return {
    DeleteMessage: sqsOperation('DeleteMessage', wire.DeleteMessage, async (_call, input) => {
      const queue = await queues.byUrl(input.QueueUrl);
      const handle = decodeHandle(input.ReceiptHandle, queue.id);
      const [error] = await settler.remove(queue, [handle]);
      if (error) throw error;
      return { output: {} };
    }),
    DeleteMessageBatch: sqsOperation('DeleteMessageBatch', wire.DeleteMessageBatch, async (_call, input) => {
      const queue = await queues.byUrl(input.QueueUrl);
      assertBatch(input.Entries, 'DeleteMessageBatchRequestEntry');
      const { good, failed } = examine(input.Entries, (entry) => decodeHandle(entry.ReceiptHandle, queue.id));
      const handles = good.map(({ value }) => value);
      const errors = await settler.remove(queue, handles);
      return { output: settled(good, errors, failed) };
    }),
  };
}

function visibilityOperations({ queues, settler }: MessageParts): Record<string, AwsOperation> {
  return {
    ChangeMessageVisibility: sqsOperation(
      'ChangeMessageVisibility',
      wire.ChangeMessageVisibility,
      async (_call, input) => {
        const queue = await queues.byUrl(input.QueueUrl);
        assertVisibility(input.VisibilityTimeout);
        const change = { ...decodeHandle(input.ReceiptHandle, queue.id), seconds: input.VisibilityTimeout };
        const [error] = await settler.changeVisibility(queue, [change]);
        if (error) throw error;
        return { output: {} };
      },
    ),
    ChangeMessageVisibilityBatch: sqsOperation(
      'ChangeMessageVisibilityBatch',
      wire.ChangeMessageVisibilityBatch,
      async (_call, input) => {
        const queue = await queues.byUrl(input.QueueUrl);
        assertBatch(input.Entries, 'ChangeMessageVisibilityBatchRequestEntry');
        const { good, failed } = examine(input.Entries, (entry) => {
          assertVisibility(entry.VisibilityTimeout);
          return { ...decodeHandle(entry.ReceiptHandle, queue.id), seconds: entry.VisibilityTimeout };
        });
        const changes = good.map(({ value }) => value);
        const errors = await settler.changeVisibility(queue, changes);
        return { output: settled(good, errors, failed) };
      },
    ),
  };
}

function settled(
  good: readonly { entry: { Id: string } }[],
  errors: readonly (AwsError | undefined)[],
  failed: readonly ReturnType<typeof failedEntry>[],
): Record<string, unknown> {
  const successful = good.filter((_one, index) => errors[index] === undefined).map(({ entry }) => ({ Id: entry.Id }));
  const refused = good.flatMap(({ entry }, index) => {
    const error = errors[index];
    return error instanceof AwsError ? [failedEntry(entry.Id, error)] : [];
  });
  return batchOutput(successful, [...failed, ...refused]);
}
