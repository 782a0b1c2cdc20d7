import { Injectable } from '@nestjs/common';
import { DispatchDatabase, type Queryable } from '@puente/database';
import { OperationEventRegistry } from '../events/operation-event-registry';
import { judgedCalls } from '../lanes/circuit-rows';
import { laneActions, LaneWriter } from '../lanes/lane-writer';
import { SETTLE, SETTLE_AND_PUBLISH, SETTLE_NOTHING } from '../sql/settle';
import type { Leased } from './lease-keeper';
import type { Written } from './settlement';

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
    const actions = laneActions(items);
    const calls = judgedCalls(items);
    if (actions.length === 0 && calls.length === 0) return this.settle(this.db, items);
    let afterCommit: () => void = () => undefined;
    // One commit: an operation that went back to its lane must not be claimed before the lane is parked.
    const applied = await this.db.transaction(async (tx) => {
      const settled = await this.settle(tx, items);
      const valid = actions.filter(({ id, paused_by }) => paused_by === null || settled.has(id));
      afterCommit = await this.lanes.write(tx, valid, calls);
      return settled;
    });
    afterCommit();
    return applied;
  }

  private async settle(db: Queryable, items: readonly Written[]): Promise<ReadonlySet<string>> {
    const told = items.some(({ operation, row }) => this.events.wants(operation, row.state));
    const rows = JSON.stringify(items.map(({ row }) => row));
    const tries = triesOf(items);
    const settled = await (told
      ? db.query<Leased>(SETTLE_AND_PUBLISH, [rows, tries, this.events.consumers])
      : db.query<Leased>(SETTLE, [rows, tries]));
    const applied = new Set(settled.map(({ id }) => id));
    if (settled.length === items.length) return applied;
    const keys = new Set(settled.map(keyOf));
    for (const { id } of await settledEarlier(
      db,
      items.filter(({ row }) => !keys.has(keyOf(row))),
    ))
      applied.add(id);
    return applied;
  }
}

async function settledEarlier(db: Queryable, items: readonly Written[]): Promise<readonly Leased[]> {
  const [ids, fences] = [items.map(({ row }) => row.id), items.map(({ row }) => row.fence)];
  return db.query<Leased>(SETTLE_NOTHING, [ids, fences, triesOf(items)]);
}

function triesOf(items: readonly Written[]): string {
  return JSON.stringify(items.flatMap(({ tries }) => tries));
}

function keyOf({ id, fence }: Leased): string {
  return `${id} ${fence}`;
}
