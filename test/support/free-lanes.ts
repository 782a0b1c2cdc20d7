import { type LaneLook, type LaneReport, LaneStore } from '@puente/resilience';

/** Lanes in which nothing is ever held against anybody. Keeps what was reported. */
export class FreeLanes extends LaneStore {
  readonly reports: LaneReport[] = [];
  cap: number | undefined;

  look(): LaneLook {
    return { kind: 'free' };
  }

  capOf(): number | undefined {
    return this.cap;
  }

  probe(): Promise<LaneLook> {
    return Promise.resolve({ kind: 'free' });
  }

  report(_lane: unknown, report: LaneReport): void {
    this.reports.push(report);
  }
}
