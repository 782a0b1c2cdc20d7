import { setMaxListeners } from 'node:events';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import { QueueActivity } from './queue-activity';
import { QueueReaders } from './queue-readers';
import type { QueueSource } from './queue-reader';
import { QUEUE_OPTIONS, type QueueOptions } from './queue-options';

/** One queue as it was when last asked. Counts are SQS's own, which calls them approximate. */
export interface QueueReading {
  readonly queueUrl: string;
  readonly tenantId: string;
  readonly depth: number;
  readonly inFlight: number;
  readonly delayed: number;
  readonly deadLetters: number;
  readonly oldestAgeSeconds: number;
  readonly received: number;
  readonly buried: number;
}

/** Where readings go. The app binds it to its metrics; queue and observability have the same rank. */
export abstract class QueueGauges {
  abstract show(readings: readonly QueueReading[]): void;
}

/** Asks every queue that is read how full it and its dead-letter queue are (S1.6). */
@Injectable()
export class QueueMonitor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly readers: QueueReaders,
    private readonly activity: QueueActivity,
    private readonly gauges: QueueGauges,
    private readonly clock: Clock,
    @Inject(QUEUE_OPTIONS) private readonly options: QueueOptions,
  ) {}

  onApplicationBootstrap(): void {
    setMaxListeners(0, this.stopping.signal); // all queues are asked at once, and Node warns from the eleventh on
    this.running ??= this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const readings = await Promise.all(this.readers.all().map(({ source }) => this.read(source)));
      this.gauges.show(readings.filter((reading) => reading !== undefined));
      await this.clock.sleep(this.options.monitorEveryMs, signal);
    }
  }

  private async read(source: QueueSource): Promise<QueueReading | undefined> {
    const binding = source.binding();
    if (!binding) return undefined;
    try {
      const [queue, dead] = await Promise.all([
        this.counts(source.client, source.url),
        this.counts(source.client, binding.deadLetterUrl),
      ]);
      return {
        queueUrl: source.url,
        tenantId: binding.tenantId,
        ...queue,
        deadLetters: dead.depth,
        oldestAgeSeconds: queue.depth + queue.inFlight === 0 ? 0 : this.activity.oldestAgeMs(source.url) / 1_000,
        ...this.activity.totals(source.url),
      };
    } catch {
      return undefined; // the reader of the same queue says what is wrong with it
    }
  }

  private async counts(client: SQSClient, url: string): Promise<{ depth: number; inFlight: number; delayed: number }> {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesNotVisible',
          'ApproximateNumberOfMessagesDelayed',
        ],
      }),
      { abortSignal: this.stopping.signal },
    );
    return {
      depth: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(Attributes?.ApproximateNumberOfMessagesDelayed ?? 0),
    };
  }
}
