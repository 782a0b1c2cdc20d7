import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { DispatchQueue } from '@puente/queue';

/** How work that is due finds a worker: `postgres`, hints and polling; or, with a queue, `sqs` (ADR 15). */
@Injectable()
export class DispatchMode implements OnApplicationShutdown {
  constructor(readonly queue?: DispatchQueue) {}

  get name(): 'postgres' | 'sqs' {
    return this.queue ? 'sqs' : 'postgres';
  }

  onApplicationShutdown(): void {
    this.queue?.close();
  }
}
