import { Injectable } from '@nestjs/common';
import { DispatchDatabase, type Queryable } from '@puente/database';
import { OperationEventRegistry } from '../events/operation-event-registry';
import { judgedCalls } from '../lanes/circuit-rows';
import { laneActions, LaneWriter } from '../lanes/lane-writer';
import { SETTLE, SETTLE_AND_PUBLISH } from '../sql/settle';
import type { Written } from './settlement';

interface SettledRow {
  readonly id: string;
  readonly applied: boolean;
}

/** Writes a group of results, and what they mean for their lanes, in one commit. */
@Injectable()
export class SettlementStore {
  constructor(
    private readonly db: DispatchDatabase,
    private readonly lanes: LaneWriter,
    private readonly events: OperationEventRegistry,
  ) {}

  /** @returns the ids of those that applied */
  async store(items: readonly Written[]): Promise<ReadonlySet<string>> {
    const rows = JSON.stringify(items.map(({ row }) => row));
    const actions = laneActions(items);
    const calls = judgedCalls(items);
    if (actions.length === 0 && calls.length === 0) return this.settle(this.db, rows);
    let afterCommit: () => void = () => undefined;
    // One commit: an operation that went back to its lane must not be claimed before the lane is parked.
    const applied = await this.db.transaction(async (tx) => {
      const settled = await this.settle(tx, rows);
      const valid = actions.filter(({ id, paused_by }) => paused_by === null || settled.has(id));
      afterCommit = await this.lanes.write(tx, valid, calls);
      return settled;
    });
    afterCommit();
    return applied;
  }

  private async settle(db: Queryable, rows: string): Promise<ReadonlySet<string>> {
    const { isEmpty, consumers } = this.events;
    const settled = await (isEmpty
      ? db.query<SettledRow>(SETTLE, [rows])
      : db.query<SettledRow>(SETTLE_AND_PUBLISH, [rows, consumers]));
    return new Set(settled.filter(({ applied }) => applied).map(({ id }) => id));
  }
}
