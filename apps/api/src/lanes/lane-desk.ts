import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { Lanes, type LaneView, OperationLedger } from '@puente/ledger';
import { AuditLog, type IntegrationRef, IntegrationViews, InvalidFieldsError, type Origin } from '@puente/tenancy';

/** What people see of a tenant's lanes, and do about them. The act and its audit entry are one transaction. */
@Injectable()
export class LaneDesk {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lanes: Lanes,
    private readonly ledger: OperationLedger,
    private readonly audit: AuditLog,
    private readonly integrations: IntegrationViews,
  ) {}

  /** Those that wait, fail or have a cap of their own; of one that is not listed there is nothing to say. */
  async list({ tenantId, provider, name: integration }: IntegrationRef): Promise<{ readonly items: LaneView[] }> {
    return { items: await this.lanes.list(tenantId, { provider, integration }) };
  }

  /**
   * Sets how many calls a lane of the account may have at once.
   *
   * @param maxInFlight null: what the provider declares
   * @throws {IntegrationNotFoundError}
   * @throws {InvalidFieldsError} the lane is none of this account
   */
  async cap(origin: Origin, ref: IntegrationRef, laneKey: string, maxInFlight: number | null): Promise<LaneView> {
    const { tenantId, provider, name: integration } = ref;
    await this.integrations.get(ref);
    if (laneKey !== integration && !laneKey.startsWith(`${integration}/`)) throw notOfAccount(integration);
    const lane = await this.database.run(tenantId, async (tx) => {
      const capped = await this.lanes.cap(tx, { provider, laneKey, maxInFlight });
      await this.audit.record(tx, {
        ...origin,
        action: 'lane.capped',
        target: `${provider}/${integration}`,
        outcome: 'done',
        detail: { lane: laneKey, maxInFlight },
      });
      return capped;
    });
    this.ledger.wake();
    return lane;
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

function notOfAccount(name: string): InvalidFieldsError {
  return new InvalidFieldsError([
    { path: 'laneKey', message: `is none of this account: its lanes are ${name} and those that begin with ${name}/` },
  ]);
}
