import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { CAP_LANE, LIST_LANES, PAUSE_LANE, RESUME_LANES } from '../sql/lanes';

/**
 * What a lane lets through. `paused`: nothing, until somebody acts or the credentials work again. `parked`: nothing until
 * the provider's own time is over. `open`: nothing, since calls kept failing. `half_open`: one call at a time, as a
 * question. `closed`: everything, even if calls have failed lately.
 */
export const LANE_STATES = ['closed', 'parked', 'open', 'half_open', 'paused'] as const;
export type LaneState = (typeof LANE_STATES)[number];

/** A lane of which there is something to say. */
export interface LaneView {
  readonly provider: string;
  readonly laneKey: string;
  readonly state: LaneState;
  /** In a row, that speak of the provider. */
  readonly failures: number;
  /** Calls at once over all processes, if somebody set it; null: what the provider declares, or any. */
  readonly maxInFlight: number | null;
  /** Parked until then by the provider's own wish or a series of failures; ends by itself. */
  readonly openUntil: Date | null;
  /** `unauthorized`, or who paused it; ends when somebody resumes it. */
  readonly pausedBy: string | null;
  readonly pausedAt: Date | null;
  readonly reason: string | null;
  readonly updatedAt: Date;
}

export interface LanesOf {
  readonly provider?: string | undefined;
  readonly integration?: string | undefined;
  readonly max?: number | undefined;
}

/** Beyond that a list of lanes is for nobody to read. */
const MOST = 1_000;

interface LaneRow {
  readonly provider: string;
  readonly lane_key: string;
  readonly state: LaneState;
  readonly failures: number;
  readonly max_in_flight: number | null;
  readonly open_until: Date | null;
  readonly paused_by: string | null;
  readonly paused_at: Date | null;
  readonly reason: string | null;
  readonly updated_at: Date;
}

/**
 * Groups of operations that wait together: of one tenant, one provider, and what the provider's definition says. The
 * caller wakes the dispatchers once a resume has committed: `OperationLedger.wake`.
 */
@Injectable()
export class Lanes {
  constructor(private readonly db: TenantDatabase) {}

  /** Nothing of the lane is claimed from the commit on; calls in flight end by themselves. */
  async pause(
    tx: TenantTransaction,
    lane: { readonly provider: string; readonly laneKey: string; readonly pausedBy: string; readonly reason: string },
  ): Promise<LaneView> {
    const params = [lane.provider, lane.laneKey, lane.pausedBy, lane.reason];
    return first((await tx.query<LaneRow>(PAUSE_LANE, params)).map(laneView));
  }

  /**
   * Gives a lane a number of its own of calls at once, over all processes, or with null the provider's again. Calls in
   * flight end by themselves; workers go by it from their next claim on, synchronous calls within a second.
   */
  async cap(
    tx: TenantTransaction,
    lane: { readonly provider: string; readonly laneKey: string; readonly maxInFlight: number | null },
  ): Promise<LaneView> {
    return first((await tx.query<LaneRow>(CAP_LANE, [lane.provider, lane.laneKey, lane.maxInFlight])).map(laneView));
  }

  /**
   * Lets a provider's lanes go on: one, or all; whoever paused them, or only those paused for one cause (`unauthorized`
   * after the credentials were mended). Answers with those that waited.
   */
  async resume(
    tx: TenantTransaction,
    lanes: LanesOf & {
      readonly provider: string;
      readonly laneKey?: string | undefined;
      readonly pausedBy?: string | undefined;
    },
  ): Promise<LaneView[]> {
    const params = [lanes.provider, lanes.laneKey ?? null, lanes.pausedBy ?? null, lanes.integration ?? null];
    return (await tx.query<LaneRow>(RESUME_LANES, params)).map(laneView);
  }

  /** The lanes that wait or fail at this moment or have a number of their own, the worst first and at most `max`. */
  async list(where: TenantTransaction | string, of: LanesOf = {}): Promise<LaneView[]> {
    const params = [of.provider ?? null, of.integration ?? null, of.max ?? MOST];
    const read = (tx: TenantTransaction): Promise<LaneRow[]> => tx.query<LaneRow>(LIST_LANES, params);
    return (typeof where === 'string' ? await this.db.run(where, read) : await read(where)).map(laneView);
  }
}

function laneView(row: LaneRow): LaneView {
  return {
    provider: row.provider,
    laneKey: row.lane_key,
    state: row.state,
    failures: row.failures,
    maxInFlight: row.max_in_flight,
    openUntil: row.open_until,
    pausedBy: row.paused_by,
    pausedAt: row.paused_at,
    reason: row.reason,
    updatedAt: row.updated_at,
  };
}

function first(views: readonly LaneView[]): LaneView {
  const [view] = views;
  if (!view) throw new Error('An upsert answers with its row');
  return view;
}
