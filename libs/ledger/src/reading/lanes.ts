import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { LIST_LANES, PAUSE_LANE, RESUME_LANES } from '../sql/lanes';

/** A lane whose operations wait. */
export interface LaneView {
  readonly provider: string;
  readonly laneKey: string;
  /** Parked until then by the provider's own wish or a series of failures; ends by itself. */
  readonly openUntil: Date | null;
  /** `unauthorized`, or who paused it; ends when somebody resumes it. */
  readonly pausedBy: string | null;
  readonly pausedAt: Date | null;
  readonly reason: string | null;
  readonly updatedAt: Date;
}

interface LaneRow {
  readonly provider: string;
  readonly lane_key: string;
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
   * Lets a provider's lanes go on: one, or all; whoever paused them, or only those paused for one cause (`unauthorized`
   * after the credentials were mended). Answers with those that waited.
   */
  async resume(
    tx: TenantTransaction,
    lanes: { readonly provider: string; readonly laneKey?: string | undefined; readonly pausedBy?: string | undefined },
  ): Promise<LaneView[]> {
    const params = [lanes.provider, lanes.laneKey ?? null, lanes.pausedBy ?? null];
    return (await tx.query<LaneRow>(RESUME_LANES, params)).map(laneView);
  }

  /** The lanes that wait at this moment. */
  async list(where: TenantTransaction | string): Promise<LaneView[]> {
    const read = (tx: TenantTransaction): Promise<LaneRow[]> => tx.query<LaneRow>(LIST_LANES);
    return (typeof where === 'string' ? await this.db.run(where, read) : await read(where)).map(laneView);
  }
}

function laneView(row: LaneRow): LaneView {
  return {
    provider: row.provider,
    laneKey: row.lane_key,
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
