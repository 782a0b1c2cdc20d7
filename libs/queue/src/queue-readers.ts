import type { SQSClient } from '@aws-sdk/client-sqs';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PollingGate } from './polling-gate';
import { QueueActivity } from './queue-activity';
import { QueueBatchHandler } from './queue-handler.port';
import { QUEUE_OPTIONS, type QueueOptions } from './queue-options';
import { QueueReader, type QueueSource } from './queue-reader';
import { QueueLog } from './queue-log';

/** All readers of this process, however they are driven. Stopping them is the first thing a stopping process does. */
@Injectable()
export class QueueReaders implements OnModuleDestroy {
  private readonly readers = new Map<string, QueueReader>();
  private stopped = false;

  constructor(
    private readonly gate: PollingGate,
    private readonly handler: QueueBatchHandler,
    private readonly activity: QueueActivity,
    private readonly log: QueueLog,
    @Inject(QUEUE_OPTIONS) private readonly options: QueueOptions,
  ) {}

  open(source: QueueSource): QueueReader {
    const { gate, handler, activity, log } = this;
    const { longPollSeconds } = this.options;
    const reader = new QueueReader(source, { gate, handler, activity, log, longPollSeconds });
    if (this.stopped) reader.stop();
    this.readers.set(source.url, reader);
    return reader;
  }

  close(reader: QueueReader): void {
    reader.stop();
    if (this.readers.get(reader.source.url) === reader) this.readers.delete(reader.source.url);
  }

  /** What this queue is read with just now: ask again each time, credentials come and go. */
  clientFor(url: string): SQSClient | undefined {
    return this.readers.get(url)?.source.client;
  }

  all(): readonly QueueReader[] {
    return [...this.readers.values()];
  }

  onModuleDestroy(): void {
    this.stopped = true;
    for (const reader of this.readers.values()) reader.stop();
  }
}
