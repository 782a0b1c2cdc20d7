import type { Queryable } from '@puente/database';
import { LaneReports, type RefusedLane, type ResumedLane } from '../ports/lane-reports.port';

/** Remembers what it was told, from the commit on. */
export class LaneRecord extends LaneReports {
  readonly told: string[] = [];
  fails = false;

  async refused(tx: Queryable, lanes: readonly RefusedLane[]): Promise<() => void> {
    if (this.fails) await tx.query('SELECT 1 / 0');
    return () => void this.told.push(...lanes.map(({ laneKey, code }) => `${laneKey} refused ${code ?? '-'}`));
  }

  async resumed(_tx: Queryable, lanes: readonly ResumedLane[]): Promise<() => void> {
    return () => void this.told.push(...lanes.map(({ laneKey }) => `${laneKey} resumed`));
  }
}
