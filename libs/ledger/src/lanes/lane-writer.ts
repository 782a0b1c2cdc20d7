import { Injectable } from '@nestjs/common';
import type { Queryable } from '@puente/database';
import type { Written } from '../dispatch/settlement';
import { LedgerLog } from '../ledger.log';
import { LedgerTime } from '../ledger-time';
import { LaneReports, type RefusedLane } from '../ports/lane-reports.port';
import { APPLY_LANE_ACTIONS, BEFORE_PAUSE } from '../sql/lanes';
import { JUDGE_LANES, type JudgedLane } from '../sql/lane-circuit';
import { circuitRows, type JudgedCall } from './circuit-rows';
import { LaneStates } from './lane-states';

interface PausedRow {
  readonly tenant_id: string;
  readonly provider: string;
  readonly lane_key: string;
  readonly paused: boolean;
  readonly integration: string;
  readonly code: string | null;
  readonly mended_at: string | null;
}

/** What one call does to its lane: parks it, pauses it, or only needs its row to be there. */
export interface LaneActionRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly provider: string;
  readonly integration: string | null;
  readonly lane_key: string;
  readonly code: string | null;
  readonly park_ms: number | null;
  readonly paused_by: string | null;
  readonly leased_at: string | null;
  readonly reason: string | null;
}

/** Writes what calls mean for their lanes, within the transaction that writes the calls. */
@Injectable()
export class LaneWriter {
  constructor(
    private readonly reports: LaneReports,
    private readonly states: LaneStates,
    private readonly time: LedgerTime,
    private readonly log: LedgerLog,
  ) {}

  /** @returns what is to be done once the transaction has committed */
  async write(tx: Queryable, actions: readonly LaneActionRow[], calls: readonly JudgedCall[]): Promise<() => void> {
    const rows = [...actions, ...calls.map(bareRow)];
    if (rows.length === 0) return () => undefined;
    const pausing = actions.filter(({ paused_by }) => paused_by !== null).map(({ provider }) => provider);
    if (pausing.length > 0) await tx.query(BEFORE_PAUSE, [pausing]);
    const changed = await tx.query<PausedRow>(APPLY_LANE_ACTIONS, [JSON.stringify(rows)]);
    const judged = await this.judge(tx, calls);
    const paused = changed.filter((lane) => lane.paused);
    const tell = paused.length === 0 ? () => undefined : await this.told(tx, paused.map(refusedLane));
    return () => {
      tell();
      judged();
      for (const lane of paused) this.log.lanePaused(laneFields(lane));
    };
  }

  private async judge(tx: Queryable, calls: readonly JudgedCall[]): Promise<() => void> {
    if (calls.length === 0) return () => undefined;
    const askedAtMs = this.time.nowMs();
    const rows = JSON.stringify(circuitRows(calls, this.time.random));
    const judged = await tx.query<JudgedLane>(JUDGE_LANES, [rows]);
    return () => {
      this.states.judged(judged, askedAtMs);
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

/** What the decisions of a group mean for its lanes; a pause only where the decision itself was written. */
export function laneActions(items: readonly Written[]): LaneActionRow[] {
  return items.flatMap(({ operation, decision: { lane }, row }) => {
    if (!lane) return [];
    const { tenantId: tenant_id, provider, integration, laneKey: lane_key, id } = operation;
    const pause = lane.kind === 'pause';
    const code = row.provider_code ?? null;
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

/** Parks nothing and pauses nothing: it makes and locks the lane's row, in the order in which all groups lock them. */
function bareRow({ lane, callId: id, parkMs }: JudgedCall): LaneActionRow {
  const { tenantId: tenant_id, provider, laneKey: lane_key } = lane;
  const none = { integration: null, code: null, paused_by: null, leased_at: null, reason: null };
  return { id, tenant_id, provider, lane_key, ...none, park_ms: parkMs ?? null };
}

function refusedLane({ tenant_id, provider, integration, lane_key, code, mended_at }: PausedRow): RefusedLane {
  return { tenantId: tenant_id, provider, integration, laneKey: lane_key, code, mendedAt: mended_at };
}

function laneFields({ tenant_id, provider, lane_key }: PausedRow) {
  return { tenantId: tenant_id, provider, laneKey: lane_key, reason: 'the provider refuses the credentials' };
}
