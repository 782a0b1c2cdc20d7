import { isDatabaseAway } from '@puente/database';
import { fullJitter } from '@puente/resilience';
import type { LedgerTime } from '../ledger-time';
import type { LedgerLog } from '../ledger.log';

const BACKOFF = { baseMs: 200, capMs: 5_000 };

/**
 * Whether one loop's PostgreSQL answers: says so once when it stops and once when it is back, and knows how long to
 * wait in between.
 */
export class DatabaseWatch {
  private failures = 0;
  private lostAtMs = 0;

  constructor(
    private readonly what: string,
    private readonly time: LedgerTime,
    private readonly log: LedgerLog,
  ) {}

  answered(): void {
    if (this.failures > 0) this.log.databaseBack(this.what, Math.round(this.time.nowMs() - this.lostAtMs));
    this.failures = 0;
  }

  /** @returns how long to wait before the next try */
  failed(error: unknown): number {
    if (!isDatabaseAway(error)) this.log.loopFailed(this.what, error);
    else if (this.failures === 0) {
      this.lostAtMs = this.time.nowMs();
      this.log.databaseLost(this.what, error);
    }
    this.failures += 1;
    return fullJitter(BACKOFF, this.failures, this.time.random);
  }
}
