import { type Quota, type QuotaGrant, QuotaStore, type QuotaWord } from '@puente/resilience';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';

/**
 * The counters of rate-limiter-flexible, wherever it keeps them. `penalty` adds and answers the sum, atomically, and
 * never refuses: so every answer owns an interval of the count of its own, and what of it lies below the limit is
 * granted. The sum of all grants of a window is exactly the limit, however many processes ask at once.
 */
export class FlexibleQuotaStore extends QuotaStore {
  /** @param counters of any `points` and `duration`: each call names its own */
  constructor(private readonly counters: RateLimiterAbstract) {
    super();
  }

  async take({ key, limit, windowMs }: Quota, points: number): Promise<QuotaGrant> {
    const taken = await this.counters.penalty(key, points, { customDuration: windowMs / 1_000 });
    const before = taken.consumedPoints - points;
    const granted = Math.max(0, Math.min(points, limit - before));
    return { granted, before, resetsInMs: Math.min(windowMs, Math.max(1, taken.msBeforeNext)) };
  }

  /** Never lowers the count of a window that goes on: other processes may hold points that the provider has not seen. */
  async observe({ key }: Quota, { limit, remaining, resetsInMs }: QuotaWord): Promise<void> {
    const counted = (await this.counters.get(key))?.consumedPoints ?? 0;
    await this.counters.set(key, Math.max(counted, limit - remaining), Math.max(1, Math.ceil(resetsInMs / 1_000)));
  }
}
