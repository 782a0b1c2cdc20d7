import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { ADD_MONTH, DAYS_AHEAD, DROP_MONTHS } from '../sql/retention';
import { RetentionReports } from './retention-reports';
import { RetentionSettings } from './retention-settings';

/** Months that are there before they are needed. */
export const MONTHS_AHEAD = 6;
/** Below this somebody must be told. */
export const SHORT_DAYS = 31;

/**
 * Keeps a partition of `attempts` for every month to come, and drops those of which nothing is kept. Any number of
 * processes may do it: who comes second finds nothing to do.
 */
@Injectable()
export class AttemptPartitions {
  constructor(
    private readonly db: DispatchDatabase,
    private readonly settings: RetentionSettings,
    private readonly reports: RetentionReports,
  ) {}

  /** Never throws for want of a lock: the months that are there last for long, and the next look comes soon. */
  async keep(): Promise<void> {
    let failure: unknown;
    let added = 0;
    try {
      for (let month = 0; month <= MONTHS_AHEAD; month++) {
        const [row] = await this.db.query<{ added: boolean }>(ADD_MONTH, [month]);
        if (row?.added === true) added += 1;
      }
    } catch (error) {
      failure = error;
    }
    if (added > 0) this.reports.partitionsAdded(added);
    const days = await this.daysAhead();
    this.reports.partitionsAhead(days);
    if (days < SHORT_DAYS) this.reports.partitionsShort(days, failure);
    else if (failure !== undefined) this.reports.partitionsLater(failure);
    await this.drop();
  }

  /** For how long from now on tries have a month of their own. */
  async daysAhead(): Promise<number> {
    const [row] = await this.db.query<{ days: number }>(DAYS_AHEAD);
    return row?.days ?? 0;
  }

  private async drop(): Promise<void> {
    try {
      const [row] = await this.db.query<{ dropped: string[] }>(DROP_MONTHS, [this.settings.rowDays]);
      if (row && row.dropped.length > 0) this.reports.partitionsDropped(row.dropped);
    } catch (error) {
      this.reports.partitionsLater(error);
    }
  }
}
