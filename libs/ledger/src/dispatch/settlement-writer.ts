import { Injectable } from '@nestjs/common';
import { isDatabaseAway } from '@puente/database';
import { type GroupResult, GroupCommit, done, failed } from '@puente/kernel';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import type { Settled } from '../operation';
import type { SettleRow } from '../sql/settle';
import { sqlState } from '../sql/sqlstate';
import type { Decision } from '../state-machine';
import { DatabaseWatch } from './database-watch';
import type { Written } from './settlement';
import { SettlementAftermath } from './settlement-aftermath';
import { SettlementStore } from './settlement-store';

/**
 * Commits results in groups. What it holds is precious: a call's outcome exists nowhere else. So it waits while
 * PostgreSQL is away (bounded by what was in flight, since nobody claims then), and a group that the database refuses
 * is written row by row, the bad one alone going to review.
 */
@Injectable()
export class SettlementWriter {
  private readonly group: GroupCommit<Written, Settled>;
  private readonly watch: DatabaseWatch;

  constructor(
    private readonly rows: SettlementStore,
    private readonly aftermath: SettlementAftermath,
    private readonly settings: LedgerSettings,
    private readonly log: LedgerLog,
    private readonly time: LedgerTime,
  ) {
    this.watch = new DatabaseWatch('settle', time, log);
    this.group = new GroupCommit({ maxSize: 200, maxInFlight: 2, waitMs: 3, spacingMs: 12 }, (items) =>
      this.commit(items),
    );
  }

  write(settlement: Written): Promise<Settled> {
    return this.group.add(settlement);
  }

  private async commit(items: Written[]): Promise<GroupResult<Settled>[]> {
    const startedMs = this.time.nowMs();
    for (;;) {
      try {
        return await this.once(items);
      } catch (error) {
        // By now the leases are long gone and the sweeper has decided; a success could still be told, but not for ever.
        if (!mayPass(error) || this.time.nowMs() - startedMs > this.settings.maxHoldMs) throw error;
        await this.time.clock.sleep(this.watch.failed(error));
      }
    }
  }

  private async once(items: Written[]): Promise<GroupResult<Settled>[]> {
    try {
      const results = await this.store(items);
      this.watch.answered();
      return results.map(done);
    } catch (error) {
      if (mayPass(error)) throw error;
      const [only, ...others] = items;
      if (only && others.length === 0) return [await this.spoiled(only, error)];
      const results: GroupResult<Settled>[] = [];
      for (const item of items) results.push(...(await this.once([item])));
      return results;
    }
  }

  private async store(items: readonly Written[]): Promise<Settled[]> {
    const applied = await this.rows.store(items);
    return this.aftermath.of(
      items.map(({ operation, decision, tookMs }) => ({
        operation,
        decision,
        tookMs,
        applied: applied.has(operation.id),
      })),
    );
  }

  /** The database takes everything of it except what it says: a person has to look, and others go on. */
  private async spoiled(item: Written, error: unknown): Promise<GroupResult<Settled>> {
    this.log.settlementSpoiled({ operationId: item.operation.id, tenantId: item.operation.tenantId }, error);
    const decision: Decision = { ...item.decision, state: 'needs_review', maybeSent: true, failure: 'settle_failed' };
    const { provider_code: _code, failure_message: _message, output: _output, ...kept } = item.row;
    const row: SettleRow = { ...kept, state: 'needs_review', maybe_sent: true, failure: 'settle_failed' };
    const tries = item.tries.map(({ code: __code, excerpt: _excerpt, ...each }) => each);
    try {
      const [settled] = await this.store([{ ...item, decision, row, tries }]);
      return settled ? done(settled) : failed(error);
    } catch (again) {
      if (mayPass(again)) throw again;
      return failed(again);
    }
  }
}

/** Away, or a lost deadlock: the same statement may do in a moment. */
function mayPass(error: unknown): boolean {
  return isDatabaseAway(error) || sqlState(error).startsWith('40');
}
