import { Injectable } from '@nestjs/common';
import { DispatchDatabase, type Queryable, TenantDatabase } from '@puente/database';
import { WorkHints } from '../dispatch/work-hints';
import { LaneReports } from '../ports/lane-reports.port';
import { BEFORE_MEND, MEND, RESUME_MENDED } from '../sql/lanes';

/** Credentials that work again. */
export interface MendedCredentials {
  /** Whose they are; the system tenant's may be lent to all. */
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
  /** Which lanes waited for them: the owner's own, or those of all tenants. */
  readonly reach: 'owner' | 'all';
  /** Left out: the lanes of any integration of the provider. Lane keys begin with their integration. */
  readonly lanesOf?: string | undefined;
}

interface LaneRow {
  readonly tenant_id: string;
  readonly lane_key: string;
}

/**
 * What follows once credentials work again: the lanes that waited for them go on, and refusals of calls that were
 * claimed before now pause nothing any more. Call it after the new credentials are committed, never before.
 */
@Injectable()
export class MendedLanes {
  constructor(
    private readonly tenants: TenantDatabase,
    private readonly dispatch: DispatchDatabase,
    private readonly reports: LaneReports,
    private readonly hints: WorkHints,
  ) {}

  async resume(mended: MendedCredentials): Promise<void> {
    const work = (tx: Queryable): Promise<() => void> => this.resumeWithin(tx, mended);
    const afterCommit =
      mended.reach === 'all' ? await this.dispatch.transaction(work) : await this.tenants.run(mended.tenantId, work);
    afterCommit();
    this.hints.look();
  }

  private async resumeWithin(
    tx: Queryable,
    { tenantId, provider, integration, lanesOf }: MendedCredentials,
  ): Promise<() => void> {
    await tx.query(BEFORE_MEND, [provider]);
    await tx.query(MEND, [tenantId, provider, integration]);
    const resumed = await tx.query<LaneRow>(RESUME_MENDED, [provider, lanesOf ?? null]);
    const lanes = resumed.map((row) => ({ tenantId: row.tenant_id, provider, laneKey: row.lane_key }));
    return lanes.length === 0 ? () => undefined : this.reports.resumed(tx, lanes);
  }
}
