import { Injectable } from '@nestjs/common';
import { DispatchDatabase, type Queryable } from '@puente/database';
import { OperationEventRegistry } from '../events/operation-event-registry';
import { LedgerLog } from '../ledger.log';
import { LaneReports, type RefusedLane } from '../ports/lane-reports.port';
import { APPLY_LANE_ACTIONS, BEFORE_PAUSE } from '../sql/lanes';
import { SETTLE, SETTLE_AND_PUBLISH } from '../sql/settle';
import type { Written } from './settlement';

interface LaneRow {
  readonly tenant_id: string;
  readonly provider: string;
  readonly lane_key: string;
  readonly paused: boolean;
  readonly integration: string;
  readonly code: string | null;
  readonly mended_at: string | null;
}

interface SettledRow {
  readonly id: string;
  readonly applied: boolean;
}

/** Writes a group of results, and what they mean for their lanes, in one commit. */
@Injectable()
export class SettlementStore {
  constructor(
    private readonly db: DispatchDatabase,
    private readonly reports: LaneReports,
    private readonly log: LedgerLog,
    private readonly events: OperationEventRegistry,
  ) {}

  /** @returns the ids of those that applied */
  async store(items: readonly Written[]): Promise<ReadonlySet<string>> {
    const rows = JSON.stringify(items.map(({ row }) => row));
    const lanes = laneRows(items);
    if (lanes.length === 0) return this.settle(this.db, rows);
    let afterCommit: () => void = () => undefined;
    // One commit: an operation that went back to its lane must not be claimed before the lane is parked.
    const applied = await this.db.transaction(async (tx) => {
      const settled = await this.settle(tx, rows);
      afterCommit = await this.act(
        tx,
        lanes.filter(({ id, paused_by }) => paused_by === null || settled.has(id)),
      );
      return settled;
    });
    afterCommit();
    return applied;
  }

  private async settle(db: Queryable, rows: string): Promise<ReadonlySet<string>> {
    const { isEmpty, consumers } = this.events;
    const settled = await (isEmpty
      ? db.query<SettledRow>(SETTLE, [rows])
      : db.query<SettledRow>(SETTLE_AND_PUBLISH, [rows, consumers]));
    return new Set(settled.filter(({ applied }) => applied).map(({ id }) => id));
  }

  private async act(tx: Queryable, lanes: ReturnType<typeof laneRows>): Promise<() => void> {
    if (lanes.length === 0) return () => undefined;
    const pausing = lanes.filter(({ paused_by }) => paused_by !== null).map(({ provider }) => provider);
    if (pausing.length > 0) await tx.query(BEFORE_PAUSE, [pausing]);
    const changed = await tx.query<LaneRow>(APPLY_LANE_ACTIONS, [JSON.stringify(lanes)]);
    const paused = changed.filter((lane) => lane.paused);
    if (paused.length === 0) return () => undefined;
    const tell = await this.told(tx, paused.map(refusedLane));
    return () => {
      tell();
      for (const lane of paused) this.log.lanePaused(laneFields(lane));
    };
  }

  /** Whatever goes wrong in telling people, the results are written: they exist nowhere else. */
  private async told(tx: Queryable, lanes: readonly RefusedLane[]): Promise<() => void> {
    await tx.query('SAVEPOINT telling');
    try {
      return await this.reports.refused(tx, lanes);
    } catch (error) {
      await tx.query('ROLLBACK TO SAVEPOINT telling');
      this.log.lanesUntold(error);
      return () => undefined;
    }
  }
}

function laneRows(items: readonly Written[]) {
  return items.flatMap(({ operation, decision: { lane }, row }) => {
    if (!lane) return [];
    const { tenantId: tenant_id, provider, integration, laneKey: lane_key, id } = operation;
    const pause = lane.kind === 'pause';
    const code = row.provider_code;
    return [
      {
        ...{ id, tenant_id, provider, integration, lane_key, code },
        park_ms: pause ? null : lane.forMs,
        paused_by: pause ? 'unauthorized' : null,
        leased_at: operation.leasedAt.toISOString(),
        reason: pause ? `The provider refused the credentials${code ? ` (${code})` : ''}` : null,
      },
    ];
  });
}

function refusedLane({ tenant_id, provider, integration, lane_key, code, mended_at }: LaneRow): RefusedLane {
  return { tenantId: tenant_id, provider, integration, laneKey: lane_key, code, mendedAt: mended_at };
}

function laneFields({ tenant_id, provider, lane_key }: LaneRow) {
  return { tenantId: tenant_id, provider, laneKey: lane_key, reason: 'the provider refuses the credentials' };
}
