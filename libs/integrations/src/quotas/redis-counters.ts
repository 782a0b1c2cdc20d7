import type { OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';

/** An answer later than this is none: the call is counted in its process alone. */
const ANSWER_MS = 400;
const CONNECT_MS = 2_000;
const LONGEST_RECONNECT_MS = 2_000;

/** The library's counters in Redis, by Redis's own clock, and the connection they need. */
export class RedisCounters extends RateLimiterRedis implements OnApplicationShutdown {
  private readonly redis: Redis;

  constructor(url: string) {
    // While it is away nothing is queued: whoever asks hears so at once, and goes on without.
    const redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: ANSWER_MS,
      connectTimeout: CONNECT_MS,
      retryStrategy: (times) => Math.min(times * 100, LONGEST_RECONNECT_MS),
    });
    redis.on('error', () => undefined); // told by the first call that is not counted
    super({ storeClient: redis, keyPrefix: 'puente:quota', points: 1, duration: 1, rejectIfRedisNotReady: true });
    this.redis = redis;
  }

  async connect(): Promise<this> {
    await this.redis.connect().catch(() => undefined); // it goes on trying by itself
    return this;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
