import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { Lanes, OperationLedger } from '@puente/ledger';
import { integrationOfLane } from '../gateway/call-plan';

/** What `lanes` writes as `paused_by` when a provider refuses the credentials. */
export const UNAUTHORIZED = 'unauthorized';

/** The lanes of one integration: they share its credentials, wait for them together and go on together. */
@Injectable()
export class IntegrationLanes {
  constructor(
    private readonly db: TenantDatabase,
    private readonly lanes: Lanes,
    private readonly ledger: OperationLedger,
  ) {}

  /** Lets those go on that were paused because the credentials were refused. What an administrator paused stays so. */
  async resume(tenantId: string, provider: string, integration: string): Promise<void> {
    await this.db.run(tenantId, async (tx) => {
      for (const lane of await this.lanes.list(tx)) {
        const waits = lane.provider === provider && integrationOfLane(lane.laneKey) === integration;
        if (waits) await this.lanes.resume(tx, { provider, laneKey: lane.laneKey, pausedBy: UNAUTHORIZED });
      }
    });
    this.ledger.wake();
  }
}
