import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { Lanes, type LaneView, OperationLedger } from '@puente/ledger';
import { AuditLog, type IntegrationRef, type Origin } from '@puente/tenancy';

/** What people see of a tenant's lanes, and do about them. The act and its audit entry are one transaction. */
@Injectable()
export class LaneDesk {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lanes: Lanes,
    private readonly ledger: OperationLedger,
    private readonly audit: AuditLog,
  ) {}

  /** Those that wait or fail; of one that is not listed there is nothing to say. */
  async list({ tenantId, provider, name: integration }: IntegrationRef): Promise<{ readonly items: LaneView[] }> {
    return { items: await this.lanes.list(tenantId, { provider, integration }) };
  }

  /** @param laneKey left out: all of the account */
  async resume(origin: Origin, ref: IntegrationRef, laneKey?: string): Promise<{ readonly items: LaneView[] }> {
    const { tenantId, provider, name: integration } = ref;
    const items = await this.database.run(tenantId, async (tx) => {
      const resumed = await this.lanes.resume(tx, { provider, integration, laneKey });
      await this.audit.record(tx, {
        ...origin,
        action: 'lanes.resumed',
        target: `${provider}/${integration}`,
        outcome: 'done',
        detail: { lanes: resumed.length, ...(laneKey === undefined ? {} : { lane: laneKey }) },
      });
      return resumed;
    });
    if (items.length > 0) this.ledger.wake();
    return { items };
  }
}
