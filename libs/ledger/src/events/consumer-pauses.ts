import { fullJitter } from '@puente/resilience';
import type { LedgerTime } from '../ledger-time';

/** Failures in a row after which it is the consumer and not its events. */
const PAUSE_AFTER = 5;
const BACKOFF = { baseMs: 1_000, capMs: 60_000 };

/**
 * Consumers that fail whatever they are given, left alone for a while: a backlog of thousands would otherwise be thrown
 * at them one by one. Known to this process only; each event has its own, lasting backoff beside it.
 */
export class ConsumerPauses {
  private readonly failing = new Map<string, { readonly failures: number; readonly untilMs: number }>();

  constructor(private readonly time: LedgerTime) {}

  isPaused(consumer: string): boolean {
    return (this.failing.get(consumer)?.untilMs ?? -Infinity) > this.time.nowMs();
  }

  delivered(consumer: string): void {
    this.failing.delete(consumer);
  }

  /** @returns for how long it is left alone; 0: not yet */
  failed(consumer: string): number {
    const failures = (this.failing.get(consumer)?.failures ?? 0) + 1;
    const waitMs = failures < PAUSE_AFTER ? 0 : fullJitter(BACKOFF, failures - PAUSE_AFTER + 1, this.time.random);
    this.failing.set(consumer, { failures, untilMs: this.time.nowMs() + waitMs });
    return waitMs;
  }
}
