import { type CancelSignal, Clock, Random, SystemClock } from '@puente/kernel';

interface Sleeper {
  readonly wakesAtMs: number;
  wake(): void;
}

/** Time that only a test moves. Real I/O goes on meanwhile; `sleeps` are the waits somebody asked for, as numbers. */
export class ManualClock extends Clock {
  readonly sleeps: number[] = [];
  private elapsedMs = 0;
  private sleepers: Sleeper[] = [];

  constructor(private readonly start: Date = new Date('2026-01-01T00:00:00Z')) {
    super();
  }

  now(): Date {
    return new Date(this.start.getTime() + this.elapsedMs);
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(ms: number, then: () => void): () => void {
    const given = new AbortController();
    void this.sleep(ms, given.signal).then(() => {
      if (!given.signal.aborted) then();
    });
    return () => given.abort();
  }

  sleep(ms: number, signal?: CancelSignal): Promise<void> {
    this.sleeps.push(ms);
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { wakesAtMs: this.elapsedMs + ms, wake: () => this.drop(sleeper, resolve) };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Moves time and wakes whoever is due, in order, letting each act before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms;
    await settled();
    for (let next = this.earliest(endMs); next; next = this.earliest(endMs)) {
      this.elapsedMs = Math.max(this.elapsedMs, next.wakesAtMs);
      next.wake();
      await settled();
    }
    this.elapsedMs = endMs;
  }

  private earliest(endMs: number): Sleeper | undefined {
    const due = this.sleepers.filter(({ wakesAtMs }) => wakesAtMs <= endMs);
    return due.sort((a, b) => a.wakesAtMs - b.wakesAtMs)[0];
  }

  private drop(sleeper: Sleeper, resolve: () => void): void {
    this.sleepers = this.sleepers.filter((other) => other !== sleeper);
    resolve();
  }
}

/** A clock on which every wait is over at once and takes exactly as long as was asked. */
export class LeapingClock extends ManualClock {
  override sleep(ms: number, signal?: CancelSignal): Promise<void> {
    void super.sleep(ms, signal);
    return this.advance(ms);
  }
}

/**
 * The machine's clock, ten times as fast: for a test of real processes and real I/O in which somebody waits between two
 * looks. Waits and the durations that are compared with them stay in proportion; the wall clock is the real one.
 */
export class HastyClock extends SystemClock {
  static readonly TIMES = 10;

  override monotonicMs(): number {
    return super.monotonicMs() * HastyClock.TIMES;
  }

  override after(ms: number, then: () => void): () => void {
    return super.after(ms / HastyClock.TIMES, then);
  }

  override sleep(ms: number, signal?: CancelSignal): Promise<void> {
    return super.sleep(ms / HastyClock.TIMES, signal);
  }
}

/** No jitter: always the same number. */
export class FixedRandom extends Random {
  constructor(private readonly value: number) {
    super();
  }

  next(): number {
    return this.value;
  }
}

/** Lets every promise that can settle by itself do so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
