import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SqsService } from '@ssut/nestjs-sqs';
import { PollingGate } from './polling-gate';
import { QUEUE_OPTIONS, type QueueOptions } from './queue-options';
import { QueueDirectory } from './queue-directory';
import { QueueSupervisor } from './queue-supervisor';

const DRAIN_STEP_MS = 20;

/**
 * Opens the gate once the whole application stands, and holds a stopping one until every consumer has finished: the
 * library stops without waiting, and the batch in hand would be cut off and delivered again.
 *
 * `beforeApplicationShutdown`, because the database closes one hook later.
 */
@Injectable()
export class QueueConsumption implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly gate: PollingGate,
    private readonly directory: QueueDirectory,
    private readonly supervisor: QueueSupervisor,
    private readonly platform: SqsService,
    @Inject(QUEUE_OPTIONS) private readonly options: QueueOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.supervisor.start(this.options.platformQueueUrls);
    this.directory.start();
    this.gate.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const signal = AbortSignal.timeout(this.options.drainMs);
    await Promise.all([this.platformDrained(signal), this.supervisor.drained(signal)]);
    this.options.platformClient.destroy();
  }

  private async platformDrained(signal: AbortSignal): Promise<void> {
    const consumers = [...this.platform.consumers.values()];
    while (consumers.some(({ instance }) => instance.status.isPolling) && !signal.aborted) await sleep(DRAIN_STEP_MS);
  }
}
