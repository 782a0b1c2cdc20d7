import { Injectable } from '@nestjs/common';
import { isDatabaseAway } from '@puente/database';
import { holdMsFor } from '../ledger-settings';
import type { LeasedOperation } from '../operation';
import { LeaseKeeper } from './lease-keeper';
import { SentMarker, needsMark } from './sent-marker';

/** The lease's side of a run: the write-ahead mark, and whether enough of the lease is left to begin. */
@Injectable()
export class RunPermission {
  constructor(
    private readonly keeper: LeaseKeeper,
    private readonly marker: SentMarker,
  ) {}

  /**
   * The local check after the mark is what stops a worker that froze in between: its lease may be gone although the
   * database said yes. A mark that failed because PostgreSQL is away may have been written; giving the operation back
   * clears it, under the fence.
   */
  async ready(operation: LeasedOperation, timeoutMs: number): Promise<'yes' | 'short' | 'lost'> {
    if (!needsMark(operation)) return this.keeper.remainingMs(operation) > 0 ? 'yes' : 'short';
    try {
      if (!(await this.marker.mark(operation, holdMsFor(timeoutMs)))) return 'lost';
    } catch (error) {
      if (isDatabaseAway(error)) return 'short';
      throw error;
    }
    return this.keeper.remainingMs(operation) > timeoutMs ? 'yes' : 'short';
  }
}
