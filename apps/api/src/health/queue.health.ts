import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { DispatchDatabase } from '@puente/database';
import { DispatchMode } from '@puente/ledger';

/** Accepted work that nobody began after this long has stopped. The alert rules say the same. */
export const STALLED_AFTER_S = 120;

/**
 * Whether accepted work moves: how long the oldest operation that is due has been waiting for a worker. It never makes
 * the API unready, since accepting works without workers; it says `stalled: true` for whoever watches.
 */
@Injectable()
export class QueueHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly dispatch: DispatchDatabase,
    private readonly mode: DispatchMode,
  ) {}

  async moving(name: string): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    try {
      const [row] = await this.dispatch.query<{ due: number; oldest: number }>(
        `SELECT count(*)::int AS due, coalesce(extract(epoch FROM puente_now() - min(next_attempt_at)), 0)::int AS oldest
         FROM (SELECT next_attempt_at FROM operations WHERE state IN ('queued', 'unknown') AND next_attempt_at <= puente_now() LIMIT 10000) d`,
      );
      const { due = 0, oldest = 0 } = row ?? {};
      return indicator.up({ mode: this.mode.name, due, oldestDueSeconds: oldest, stalled: oldest > STALLED_AFTER_S });
    } catch {
      return indicator.down('the database does not answer');
    }
  }
}
