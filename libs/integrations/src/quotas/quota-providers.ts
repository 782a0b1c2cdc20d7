import type { Provider } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { CallQuotas, QuotaLeases, QuotaStore } from '@puente/resilience';
import { CatalogueQuotas } from './catalogue-quotas';
import { FlexibleQuotaStore } from './flexible-quota-store';
import { PostgresCounters } from './postgres-counters';
import { RedisCounters } from './redis-counters';

/** What the rate limit link needs. The counters are in PostgreSQL, which is there anyway, unless Redis is configured. */
export function quotaProviders(redisUrl: string | undefined): Provider[] {
  const store: Provider[] =
    redisUrl === undefined
      ? [
          {
            provide: QuotaStore,
            inject: [DispatchDatabase],
            useFactory: (database: DispatchDatabase) => new FlexibleQuotaStore(new PostgresCounters(database)),
          },
        ]
      : [
          { provide: RedisCounters, useFactory: () => new RedisCounters(redisUrl).connect() },
          {
            provide: QuotaStore,
            inject: [RedisCounters],
            useFactory: (counters: RedisCounters) => new FlexibleQuotaStore(counters),
          },
        ];
  return [...store, { provide: CallQuotas, useClass: CatalogueQuotas }, QuotaLeases];
}
