import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import { PollingHealth } from './queue-bindings.port';

const FRESH_MS = 1_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/**
 * Every poll passes here first. A message that is received while PostgreSQL is away can only be given back, and each
 * time counts towards the dead-letter queue, so the gate asks before it lets anybody poll.
 *
 * All queues share one question at a time, and an answer is good for a second.
 */
@Injectable()
export class PollingGate {
  private readonly log = new Logger(PollingGate.name);
  private healthyAt = -Infinity;
  private asking: Promise<void> | undefined;
  private opened = false;
  private closed = false;

  constructor(
    private readonly health: PollingHealth,
    private readonly clock: Clock,
  ) {}

  /** Until this is called nothing is polled: Nest starts consumers before the application is complete. */
  open(): void {
    this.opened = true;
  }

  /** The last batch failed because of us. The next poll asks first. */
  reportTrouble(): void {
    this.healthyAt = -Infinity;
  }

  /** Resolves when polling is sensible, or at once when `signal` aborts. */
  async pass(signal: AbortSignal): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      if (this.opened) await this.ask();
      if (this.isOpen()) return;
      await this.clock.sleep(this.opened ? wait : FIRST_WAIT_MS, signal);
    }
  }

  /** The same clock for whoever waits before a poll for another reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.clock.sleep(ms, signal);
  }

  isOpen(): boolean {
    return this.opened && this.clock.monotonicMs() - this.healthyAt < FRESH_MS;
  }

  private async ask(): Promise<void> {
    if (this.isOpen()) return;
    this.asking ??= this.check().finally(() => (this.asking = undefined));
    await this.asking;
  }

  private async check(): Promise<void> {
    const healthy = await this.health.isHealthy().catch(() => false);
    if (healthy) this.healthyAt = this.clock.monotonicMs();
    if (healthy === !this.closed) return;
    this.closed = !healthy;
    if (healthy) this.log.log({ event: 'polling.resumed' }, 'PostgreSQL is back: the queues are read again');
    else this.log.warn({ event: 'polling.paused' }, 'PostgreSQL does not answer: no queue is read until it is back');
  }
}
