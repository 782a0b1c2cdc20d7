import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { batchesOf, bytesOfMessage, copyOfAttributes } from './dead-letter-sender';
import { type QueueMessage, readMessage } from './queue-message';

/** A message of the dead-letter queue that is ours for the moment. */
export interface HeldMessage extends QueueMessage {
  readonly receiptHandle: string;
  /** The queue SQS moved it from by itself; undefined when somebody put it there. */
  readonly sourceArn: string | undefined;
}

export interface DeadLetterQueueCounts {
  /** Not held by anybody, also those that wait behind a held one of their group. */
  readonly waiting: number;
  /** In somebody's hands, ours included. */
  readonly inFlight: number;
}

/** How long a message is held; whoever dies with it gives it back this way. */
const HELD_S = 45;
const MOST = 10;

/** A dead-letter queue as somebody who tidies it up sees it. Errors are the SDK's own. */
export class DeadLetterQueue {
  constructor(
    private readonly client: SQSClient,
    private readonly url: string,
  ) {}

  /** SQS calls these numbers approximate. */
  async counts(): Promise<DeadLetterQueueCounts> {
    const { Attributes } = await this.client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return {
      waiting: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
    };
  }

  /** Up to ten. Of a group that has one held by somebody, none. */
  async receive(): Promise<HeldMessage[]> {
    const { Messages = [] } = await this.client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: MOST,
        VisibilityTimeout: HELD_S,
        WaitTimeSeconds: 1, // without a wait SQS asks only some of its servers
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    return Messages.map(held);
  }

  /** @returns those that are gone; the others come back by themselves */
  async remove(messages: readonly HeldMessage[]): Promise<HeldMessage[]> {
    const removed: HeldMessage[] = [];
    for (const batch of tens(messages)) {
      const Entries = batch.map(({ receiptHandle }, at) => ({ Id: String(at), ReceiptHandle: receiptHandle }));
      const { Successful = [] } = await this.client.send(
        new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }),
      );
      removed.push(...Successful.flatMap(({ Id }) => batch[Number(Id)] ?? []));
    }
    return removed;
  }

  /** Gives messages back at once. */
  async release(messages: readonly HeldMessage[]): Promise<void> {
    for (const batch of tens(messages)) {
      const Entries = batch.map(({ receiptHandle }, at) => ({
        Id: String(at),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }));
      await this.client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries }));
    }
  }

  /**
   * Puts copies at the end of the queue and removes the messages: the only way to what lies behind them in their groups. A
   * copy is there before its message goes.
   *
   * @param deduplicationIdOf one the queue has not heard before, or it would swallow the copy
   */
  async moveToEnd(
    messages: readonly HeldMessage[],
    deduplicationIdOf: (message: HeldMessage) => string,
  ): Promise<void> {
    const bytesOf = ({ body, attributes }: HeldMessage): number => bytesOfMessage(body, attributes);
    for (const batch of batchesOf(messages, bytesOf)) {
      const Entries = batch.map((message, at) => ({
        Id: String(at),
        MessageBody: message.body,
        MessageAttributes: copyOfAttributes(message.attributes),
        MessageGroupId: message.groupId,
        MessageDeduplicationId: deduplicationIdOf(message),
      }));
      const { Successful = [] } = await this.client.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries }));
      const copied = new Set(Successful.map(({ Id }) => Id));
      await this.remove(batch.filter((_, at) => copied.has(String(at))));
    }
  }
}

function held(message: Message): HeldMessage {
  return {
    ...readMessage(message),
    receiptHandle: message.ReceiptHandle ?? '',
    sourceArn: message.Attributes?.DeadLetterQueueSourceArn,
  };
}

function tens<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / MOST) }, (_, at) => all.slice(at * MOST, (at + 1) * MOST));
}
