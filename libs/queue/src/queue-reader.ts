import { ChangeMessageVisibilityBatchCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '@puente/kernel';
import type { ConsumerOptions } from 'sqs-consumer';
import { type DeadLetter, sendToDeadLetterQueue } from './dead-letter-sender';
import type { PollingGate } from './polling-gate';
import type { QueueActivity } from './queue-activity';
import type { QueueBinding } from './queue-bindings.port';
import type { QueueBatchHandler, Verdict } from './queue-handler.port';
import type { QueueLog } from './queue-log';
import { type QueueMessage, readMessage } from './queue-message';

/** How long a received message is ours. Short, because after a kill its whole group waits that long; renewed while we work. */
export const CONSUMER_VISIBILITY_S = 20;
const HEARTBEAT_S = 6;
const BATCH = 10;
/** Before a message that was given back is handed out again, by how often it was received. */
const RETRY_AFTER_S = [1, 2, 5, 15, 30];
const FIRST_ERROR_WAIT_MS = 250;
const LONGEST_ERROR_WAIT_MS = 15_000;

export interface QueueSource {
  readonly url: string;
  readonly client: SQSClient;
  /** Undefined while the queue is bound to no tenant: then it is not polled, since nobody could be answerable for it. */
  binding(): QueueBinding | undefined;
}

export interface ReaderServices {
  readonly gate: PollingGate;
  readonly handler: QueueBatchHandler;
  readonly activity: QueueActivity;
  readonly log: QueueLog;
  /** Also how long stopping an idle consumer takes: a poll is never aborted, it could have taken messages already. */
  readonly longPollSeconds: number;
}

/** Thrown out of the callback before a poll: the only way to tell sqs-consumer not to poll after all. */
class PollingStoppedError extends AppError {
  readonly code = 'POLLING_STOPPED';

  constructor() {
    super('The consumer is stopping.');
  }
}

/**
 * What both ways of reading a queue have in common, in one place: the options of sqs-consumer 11.6 and the care its
 * behaviour demands (all of it measured).
 *
 * - An error event nobody listens to ends the process; an error is not waited after. Here: listeners and backoff.
 * - A batch handler that throws leaves everything; one that answers a list gets exactly these deleted.
 * - `handleMessage` runs a batch in parallel and breaks the order inside a group; the batch handler does not.
 */
export class QueueReader {
  private readonly stopping = new AbortController();
  private errorsInARow = 0;
  private handling = 0;

  constructor(
    readonly source: QueueSource,
    private readonly services: ReaderServices,
  ) {}

  get isHandling(): boolean {
    return this.handling > 0;
  }

  /** No further poll begins. The one under way ends by itself and what it brought is handled. */
  stop(): void {
    this.stopping.abort();
  }

  options(): Omit<ConsumerOptions, 'handleMessage' | 'handleMessageBatch'> {
    return {
      queueUrl: this.source.url,
      sqs: this.source.client,
      batchSize: BATCH,
      waitTimeSeconds: this.services.longPollSeconds,
      visibilityTimeout: CONSUMER_VISIBILITY_S,
      heartbeatInterval: HEARTBEAT_S,
      messageAttributeNames: ['All'],
      messageSystemAttributeNames: ['All'],
      suppressFifoWarning: true,
      // The wait after errors is ours: the library would not wait after a refused connection at all.
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: () => this.beforePoll(),
      postReceiveMessageCallback: async () => this.answered(),
    };
  }

  /** Answers what is to be deleted. Never throws: a throw would leave handled messages in the queue. */
  async handle(received: readonly Message[]): Promise<Message[]> {
    this.handling += 1;
    try {
      return await this.handled(received);
    } catch (error) {
      this.services.log.batchFailed(this.source.url, error);
      this.services.gate.reportTrouble();
      await this.giveBack(received.map(readMessage), received);
      return [];
    } finally {
      this.handling -= 1;
    }
  }

  onError(error: unknown): void {
    if ((error as { code?: unknown } | null)?.code === PollingStoppedError.name) return;
    this.errorsInARow += 1;
    this.services.log.pollFailed(this.source.url, error);
  }

  onEmpty(): void {
    this.services.activity.sawNothing(this.source.url);
  }

  private answered(): void {
    if (this.errorsInARow > 0) this.services.log.pollRecovered(this.source.url);
    this.errorsInARow = 0;
  }

  private async beforePoll(): Promise<void> {
    const { gate } = this.services;
    const { signal } = this.stopping;
    if (this.errorsInARow > 0) {
      const wait = Math.min(FIRST_ERROR_WAIT_MS * 2 ** (this.errorsInARow - 1), LONGEST_ERROR_WAIT_MS);
      await gate.sleep(wait, signal);
    }
    await gate.pass(signal);
    while (!this.source.binding() && !signal.aborted) await gate.sleep(1_000, signal);
    if (signal.aborted) throw new PollingStoppedError();
  }

  private async handled(received: readonly Message[]): Promise<Message[]> {
    const { activity, handler } = this.services;
    const messages = received.map(readMessage);
    const binding = this.source.binding();
    if (!binding) {
      // Unbound, or its tenant suspended, while this poll was under way: whoever reads the queue next gets them at once.
      await this.giveBack(messages, received);
      return [];
    }
    activity.received(this.source.url, messages);
    const verdicts = await handler.handle(messages, binding);
    if (verdicts.some((verdict) => verdict.kind === 'retry' && verdict.unavailable)) this.services.gate.reportTrouble();
    const settled = await this.settle(messages, verdicts, binding);
    const kept = messages.filter((message) => !settled.has(message));
    if (kept.length > 0) await this.giveBack(kept, received);
    return received.filter((_, i) => messages[i] && settled.has(messages[i]));
  }

  /** @returns the messages that may be deleted */
  private async settle(
    messages: readonly QueueMessage[],
    verdicts: readonly Verdict[],
    binding: QueueBinding,
  ): Promise<ReadonlySet<QueueMessage>> {
    const settled = new Set<QueueMessage>();
    const letters: DeadLetter[] = [];
    messages.forEach((message, i) => {
      const verdict = verdicts[i];
      if (verdict?.kind === 'done') settled.add(message);
      if (verdict?.kind === 'dead') letters.push({ message, reason: verdict.reason });
    });
    for (const message of await this.bury(letters, binding)) settled.add(message);
    return settled;
  }

  /** @returns those whose copy is safe */
  private async bury(letters: readonly DeadLetter[], binding: QueueBinding): Promise<readonly QueueMessage[]> {
    const { activity, log } = this.services;
    const failures = await sendToDeadLetterQueue(this.source.client, binding.deadLetterUrl, letters);
    return letters.flatMap(({ message, reason }, i) => {
      if (failures[i] !== undefined) {
        log.deadLetterFailed(binding, message.id, failures[i]);
        return [];
      }
      activity.buried(this.source.url);
      log.deadLettered(binding, message.id, reason);
      return [message];
    });
  }

  /** Sooner than the visibility timeout, so that a hiccup does not hold up a group for long. */
  private async giveBack(kept: readonly QueueMessage[], received: readonly Message[]): Promise<void> {
    const handles = new Map(received.map(({ MessageId, ReceiptHandle }) => [MessageId, ReceiptHandle]));
    // One wait for all of a batch: messages of one group come back together.
    const receives = Math.max(...kept.map(({ receiveCount }) => receiveCount));
    const wait = RETRY_AFTER_S[Math.min(receives, RETRY_AFTER_S.length) - 1] ?? CONSUMER_VISIBILITY_S;
    const entries = kept.map(({ id }, i) => ({
      Id: String(i),
      ReceiptHandle: handles.get(id),
      VisibilityTimeout: wait,
    }));
    await this.source.client
      .send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.source.url, Entries: entries }))
      .catch((error: unknown) => this.services.log.pollFailed(this.source.url, error)); // they come back by themselves, later
  }
}
