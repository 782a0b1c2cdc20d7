import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import { Consumer } from 'sqs-consumer';
import { type QueueBinding, QueueClients, type TenantQueueClient } from './queue-bindings.port';
import { QueueDirectory } from './queue-directory';
import type { QueueReader } from './queue-reader';
import { QueueReaders } from './queue-readers';
import { QueueLog } from './queue-log';

interface Running {
  readonly consumer: Consumer;
  readonly reader: QueueReader;
  readonly opened: TenantQueueClient;
}

const DRAIN_STEP_MS = 20;
/** How soon changed credentials are noticed, and how soon missing ones are looked for again. */
const CREDENTIALS_EVERY_MS = 5_000;

/**
 * Reads the tenants' own queues, each with its tenant's credentials. Queues are bound and unbound at run time, which is
 * why `@ssut/nestjs-sqs`, whose queues are fixed at start, does not read these.
 *
 * A queue that fails waits by itself and disturbs no other: each has its own client, consumer and backoff.
 */
@Injectable()
export class QueueSupervisor implements OnModuleDestroy {
  private readonly running = new Map<string, Running>();
  private readonly leaving = new Set<Running>();
  private readonly askedAt = new Map<string, number>();
  private elsewhere: ReadonlySet<string> = new Set();
  private stopped = false;

  constructor(
    private readonly directory: QueueDirectory,
    private readonly clients: QueueClients,
    private readonly readers: QueueReaders,
    private readonly log: QueueLog,
    private readonly clock: Clock,
  ) {}

  /** @param readElsewhere queues of the platform, which have their own consumers */
  start(readElsewhere: readonly string[]): void {
    this.elsewhere = new Set(readElsewhere);
    this.directory.onRefresh(() => this.sync());
  }

  /** The queues that are being read. */
  urls(): readonly string[] {
    return [...this.running.keys()];
  }

  onModuleDestroy(): void {
    this.stopped = true;
    for (const url of [...this.running.keys()]) this.end(url);
  }

  /** Waits until no consumer polls or handles any more. */
  async drained(signal: AbortSignal): Promise<void> {
    while (this.leaving.size > 0 && !signal.aborted) {
      for (const gone of this.leaving) {
        if (isQuiet(gone)) this.forget(gone);
      }
      if (this.leaving.size > 0) await this.clock.sleep(DRAIN_STEP_MS, signal);
    }
  }

  private async sync(): Promise<void> {
    if (this.stopped) return;
    const wanted = new Map(this.directory.all().map((binding) => [binding.queueUrl, binding]));
    for (const url of [...this.running.keys()]) if (!wanted.has(url)) this.end(url);
    for (const url of [...this.askedAt.keys()]) if (!wanted.has(url)) this.askedAt.delete(url);
    for (const gone of this.leaving) if (isQuiet(gone)) this.forget(gone);
    const own = [...wanted.values()].filter(({ queueUrl }) => !this.elsewhere.has(queueUrl));
    await Promise.all(own.map((binding) => this.ensure(binding)));
  }

  private async ensure(binding: QueueBinding): Promise<void> {
    const url = binding.queueUrl;
    const now = this.clock.monotonicMs();
    if (now - (this.askedAt.get(url) ?? -Infinity) < CREDENTIALS_EVERY_MS) return;
    this.askedAt.set(url, now);
    try {
      const opened = await this.clients.open(binding, this.running.get(url)?.opened.version);
      if (!opened) return;
      this.end(url);
      // A stop may have come while the credentials were read.
      if (this.isStopped()) opened.client.destroy();
      else this.begin(binding, opened);
    } catch (error) {
      this.log.clientFailed(url, binding.tenantId, error);
      // Credentials that were withdrawn are withdrawn from a running consumer too.
      this.end(url);
    }
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private begin(binding: QueueBinding, opened: TenantQueueClient): void {
    const url = binding.queueUrl;
    const reader = this.readers.open({ url, client: opened.client, binding: () => this.directory.find(url) });
    const consumer = Consumer.create({
      ...reader.options(),
      handleMessageBatch: (messages) => reader.handle(messages),
    });
    consumer.on('error', (error) => reader.onError(error));
    consumer.on('processing_error', (error) => reader.onError(error));
    consumer.on('empty', () => reader.onEmpty());
    this.running.set(url, { consumer, reader, opened });
    consumer.start();
    this.log.started(url, binding.tenantId);
  }

  private end(url: string): void {
    const running = this.running.get(url);
    if (!running) return;
    this.running.delete(url);
    this.readers.close(running.reader);
    running.consumer.stop(); // without abort: an aborted stop would also abort the deletion of what was handled
    this.leaving.add(running);
    this.log.stopped(url);
  }

  private forget(gone: Running): void {
    this.leaving.delete(gone);
    gone.opened.client.destroy();
  }
}

function isQuiet({ consumer, reader }: Running): boolean {
  return !consumer.status.isPolling && !reader.isHandling;
}
