import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { GroupCommit, done } from '@puente/kernel';
import { LedgerTime } from '../ledger-time';
import type { LeasedOperation } from '../operation';
import { MARK_SENT } from '../sql/claim';
import { type Leased, LeaseKeeper } from './lease-keeper';

interface Mark extends Leased {
  readonly holdMs: number;
}

/** Writes ahead, in groups, that a call is about to be made. */
@Injectable()
export class SentMarker {
  private readonly group: GroupCommit<Mark, boolean>;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly keeper: LeaseKeeper,
    private readonly time: LedgerTime,
  ) {
    this.group = new GroupCommit({ maxSize: 200, maxInFlight: 2, waitMs: 1 }, (marks) => this.write(marks));
  }

  /** @returns false when the lease is lost: do not call */
  mark({ id, fence }: LeasedOperation, holdMs: number): Promise<boolean> {
    return this.group.add({ id, fence, holdMs });
  }

  private async write(marks: readonly Mark[]) {
    const askedAtMs = this.time.nowMs();
    const params = [marks.map(({ id }) => id), marks.map(({ fence }) => fence), marks.map(({ holdMs }) => holdMs)];
    const marked = new Set((await this.db.query<Leased>(MARK_SENT, params)).map(({ id }) => id));
    for (const mark of marks) if (marked.has(mark.id)) this.keeper.extend(mark, askedAtMs, mark.holdMs);
    return marks.map(({ id }) => done(marked.has(id)));
  }
}

/**
 * Which calls are marked before they are made. Those that cannot be repeated; and the first send of an idempotent call
 * whose provider forgets our key, because from then on its window runs. Other idempotent calls count as sent anyway.
 */
export function needsMark({ mode, effect, keyWindowMs, firstSentAt }: LeasedOperation): boolean {
  if (mode === 'reconcile') return false;
  return effect !== 'idempotent' || (keyWindowMs !== null && firstSentAt === null);
}
