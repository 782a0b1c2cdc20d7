import { SystemClock } from '@puente/kernel';
import { DispatchDatabase } from '../../libs/database/src/database-pool';
import { FlexibleQuotaStore } from '../../libs/integrations/src/quotas/flexible-quota-store';
import { PostgresCounters } from '../../libs/integrations/src/quotas/postgres-counters';
import { QuotaLeases } from '../../libs/resilience/src/quota/quota-leases';
import { ToldDecisions } from './told-decisions';

const LIMIT = 1_000;

/** A process of its own that spends of a quota it shares with others, until nothing is left, and tells how much it got. */
async function spend(url: string): Promise<void> {
  const database = new DispatchDatabase({ url, max: 2, applicationName: 'quota-spender' });
  const store = new FlexibleQuotaStore(new PostgresCounters(database));
  const leases = new QuotaLeases(store, new ToldDecisions(), new SystemClock());
  const owner = { tenantId: 'tenant-1', provider: 'sample', integration: 'default' };
  const quota = { key: 'processes', limit: LIMIT, windowMs: 60_000, name: '', owner, cost: 1, enforced: true };
  let admitted = 0;
  for (;;) {
    const admission = await leases.admit(quota);
    if (!admission.admitted) break;
    admitted += 1;
    if (admitted % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10)); // as a call takes its time
  }
  await database.close();
  process.send?.(admitted);
  process.disconnect();
}

void spend(process.argv[2] ?? '');
