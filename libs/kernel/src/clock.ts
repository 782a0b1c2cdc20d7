import type { CancelSignal } from './cancellation';

/**
 * Time as a dependency, so that waits and expiries are numbers in a test. Decisions shared between processes (leases,
 * due times) take the database's clock instead: see `puente_now()`.
 */
export abstract class Clock {
  /** Wall clock. For display and for signatures, never for measuring. */
  abstract now(): Date;
  /** Milliseconds that only grow, for durations and local deadlines. */
  abstract monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects: look at the signal). */
  abstract sleep(ms: number, signal?: CancelSignal): Promise<void>;
  /** Calls `then` after `ms`, unless it is cancelled before. For the hot path: no promise, no signal. */
  abstract after(ms: number, then: () => void): () => void;
}

/** The machine's own clock. */
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(ms: number, then: () => void): () => void {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  }

  sleep(ms: number, signal?: CancelSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}

/** Randomness as a dependency: uniform in [0, 1). Only for jitter; keys and ids come from node:crypto. */
export abstract class Random {
  abstract next(): number;
}

/** `Math.random`: good enough for jitter, and for nothing else. */
export class SystemRandom extends Random {
  next(): number {
    return Math.random();
  }
}
