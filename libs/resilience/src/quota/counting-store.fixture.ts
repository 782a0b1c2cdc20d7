import type { Clock } from '@puente/kernel';
import type { CallQuota } from '../ports/call-quotas.port';
import { type Quota, type QuotaGrant, QuotaStore, type QuotaWord } from '../ports/quota-store.port';

/** The shared counters as one object in memory, on a test's clock: for several "processes" in one spec. */
export class CountingStore extends QuotaStore {
  /** Questions asked, and the points asked for with each. */
  readonly asked: number[] = [];
  readonly observed: QuotaWord[] = [];
  isAway = false;
  private readonly windows = new Map<string, { points: number; endsAtMs: number }>();

  constructor(private readonly clock: Clock) {
    super();
  }

  take({ key, limit, windowMs }: Quota, points: number): Promise<QuotaGrant> {
    if (this.isAway) return Promise.reject(new Error('connection refused'));
    const nowMs = this.clock.monotonicMs();
    const known = this.windows.get(key);
    const window = known && known.endsAtMs > nowMs ? known : { points: 0, endsAtMs: nowMs + windowMs };
    this.windows.set(key, window);
    this.asked.push(points);
    const before = window.points;
    window.points += points;
    const granted = Math.max(0, Math.min(points, limit - before));
    return Promise.resolve({ granted, before, resetsInMs: window.endsAtMs - nowMs });
  }

  observe({ key }: Quota, word: QuotaWord): Promise<void> {
    this.observed.push(word);
    const endsAtMs = this.clock.monotonicMs() + word.resetsInMs;
    this.windows.set(key, { points: word.limit - word.remaining, endsAtMs });
    return Promise.resolve();
  }
}

export function sampleQuota(over: Partial<CallQuota> = {}): CallQuota {
  return {
    key: 'sample:0:tenant-1:default',
    limit: 10,
    windowMs: 1_000,
    name: 'Solicitudes por segundo',
    owner: { tenantId: 'tenant-1', provider: 'sample', integration: 'default' },
    cost: 1,
    enforced: true,
    ...over,
  };
}
