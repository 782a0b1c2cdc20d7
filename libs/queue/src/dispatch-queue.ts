import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Logger } from '@nestjs/common';
import { type DispatchNote, noteBody, readNote } from './dispatch-note';

/** Entries of one request, in both directions. */
export const MOST_NOTES = 10;
/** Long enough for a claim, short enough that what a killed worker had received comes back soon. */
const VISIBILITY_S = 20;
/** An idle worker asks this seldom. */
const LONG_POLL_S = 15;
/** Whatever is not a long poll is answered in milliseconds, or the queue is away. */
const SOON = { requestTimeout: 5_000 };

export interface ReceivedNote {
  readonly tenantId: string;
  readonly ids: readonly string[];
  readonly handle: string;
}

export interface DispatchQueueOptions {
  readonly url: string;
  readonly client: SQSClient;
  /** `ENV`: another installation's ids mean nothing to us, and ours nothing to it. */
  readonly installation: string;
}

/**
 * The platform's queue of dispatch mode `sqs`: which operations are due, for whichever worker has room (ADR 15). A
 * standard queue, with the tenant as message group: SQS then serves a quiet tenant before the backlog of a noisy one
 * ("fair queues"). Nothing depends on a message: each may be lost, doubled, late or out of order.
 *
 * Not read through `@ssut/nestjs-sqs` like the other queues of the platform: that one polls as fast as its handler
 * returns, and a worker must receive only what it has room for.
 */
export class DispatchQueue {
  private readonly log = new Logger('DispatchQueue');

  constructor(private readonly options: DispatchQueueOptions) {}

  /** @returns what SQS refused of at most {@link MOST_NOTES}; throws when it does not answer */
  async send(notes: readonly DispatchNote[]): Promise<DispatchNote[]> {
    const { url: QueueUrl, client, installation } = this.options;
    const Entries = notes.map(({ tenantId, ids, delayS }, at) => ({
      Id: String(at),
      MessageBody: noteBody(installation, ids),
      MessageGroupId: tenantId,
      ...(delayS === undefined ? {} : { DelaySeconds: delayS }),
    }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }), SOON);
    const refused = new Set(Failed.map(({ Id }) => Id));
    return notes.filter((_, at) => refused.has(String(at)));
  }

  /** Waits for messages unless there are some, or it shall not. What is not ours is dropped here: nobody else would ever take it away. */
  async receive(most: number, abortSignal: AbortSignal, waits = true): Promise<readonly ReceivedNote[]> {
    const { url: QueueUrl, client, installation } = this.options;
    const command = new ReceiveMessageCommand({
      ...{ QueueUrl, VisibilityTimeout: VISIBILITY_S, WaitTimeSeconds: waits ? LONG_POLL_S : 0 },
      MessageSystemAttributeNames: ['MessageGroupId'],
      MaxNumberOfMessages: Math.max(1, Math.min(MOST_NOTES, most)),
    });
    const { Messages = [] } = await client.send(command, { abortSignal });
    const notes: ReceivedNote[] = [];
    const foreign: Message[] = [];
    for (const message of Messages) {
      const ids = readNote(installation, message.Body);
      const tenantId = message.Attributes?.MessageGroupId ?? '';
      if (ids) notes.push({ tenantId, ids, handle: message.ReceiptHandle ?? '' });
      else foreign.push(message);
    }
    if (foreign.length > 0) await this.drop(foreign);
    return notes;
  }

  /** A message that could not be deleted comes back, matches nothing and is deleted then. */
  async discard(handles: readonly string[]): Promise<void> {
    const { url: QueueUrl, client } = this.options;
    const Entries = handles.map((ReceiptHandle, at) => ({ Id: String(at), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), SOON);
  }

  /** For other workers, at once. */
  async giveBack(handles: readonly string[]): Promise<void> {
    const { url: QueueUrl, client } = this.options;
    const Entries = handles.map((ReceiptHandle, at) => ({ Id: String(at), ReceiptHandle, VisibilityTimeout: 0 }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }), SOON);
  }

  /** Messages on their way, roughly: waiting, received and delayed. */
  async depth(): Promise<number> {
    const { url: QueueUrl, client } = this.options;
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
      SOON,
    );
    return Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
  }

  close(): void {
    this.options.client.destroy();
  }

  private async drop(messages: readonly Message[]): Promise<void> {
    for (const { MessageId } of messages) {
      const line = `Message ${MessageId ?? '?'} of the dispatch queue is none of this installation's; it is deleted`;
      this.log.warn({ event: 'dispatch_queue.message_dropped', messageId: MessageId }, line);
    }
    await this.discard(messages.map(({ ReceiptHandle }) => ReceiptHandle ?? ''));
  }
}
