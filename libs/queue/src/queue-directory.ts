import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import { type QueueBinding, QueueBindings } from './queue-bindings.port';
import { QueueLog } from './queue-log';

const REFRESH_MS = 2_000;

/**
 * Which queue belongs to whom, as of a moment ago. Asked before every poll, so it answers from memory; it keeps its last
 * list while PostgreSQL is away.
 */
@Injectable()
export class QueueDirectory implements OnModuleDestroy {
  private byUrl = new Map<string, QueueBinding>();
  private readonly stopping = new AbortController();
  private readonly listeners: (() => Promise<void>)[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly bindings: QueueBindings,
    private readonly clock: Clock,
    private readonly log: QueueLog,
  ) {}

  find(url: string): QueueBinding | undefined {
    return this.byUrl.get(url);
  }

  all(): readonly QueueBinding[] {
    return [...this.byUrl.values()];
  }

  /** Called after every refresh, whether or not anything changed. */
  onRefresh(listener: () => Promise<void>): void {
    this.listeners.push(listener);
  }

  /** Begins to refresh; called once the application is complete. */
  start(): void {
    this.running ??= this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.refresh();
      await this.clock.sleep(REFRESH_MS, signal);
    }
  }

  private async refresh(): Promise<void> {
    try {
      this.byUrl = new Map((await this.bindings.all()).map((binding) => [binding.queueUrl, binding]));
      for (const listener of this.listeners) await listener();
    } catch (error) {
      this.log.bindingsFailed(error);
    }
  }
}
