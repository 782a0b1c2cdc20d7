import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { OperationEventRegistry } from '../events/operation-event-registry';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerLog } from '../ledger.log';
import type { LeasedOperation, Settled } from '../operation';
import { UNBLOCK, type Unblocked, unblockedRefs } from '../sql/settle';
import type { Decision } from '../state-machine';
import { isLive } from '../transitions';
import { WorkHints } from './work-hints';

export interface Result {
  readonly operation: LeasedOperation;
  readonly decision: Decision;
  readonly applied: boolean;
  /** Since it was accepted. */
  readonly tookMs: number;
}

/** What follows once results are committed: counts, log lines, and hints to whoever waits for them. */
@Injectable()
export class SettlementAftermath {
  constructor(
    private readonly db: DispatchDatabase,
    private readonly hints: WorkHints,
    private readonly metrics: LedgerMetrics,
    private readonly log: LedgerLog,
    private readonly events: OperationEventRegistry,
  ) {}

  of(results: readonly Result[]): Settled[] {
    const applied = results.filter((result) => result.applied);
    for (const result of results) this.tell(result);
    const ended = applied.filter(({ decision }) => !isLive(decision.state));
    const toTell = ({ operation, decision }: Result): boolean =>
      operation.subscriber !== null || this.events.wants(operation, decision.state);
    if (ended.some(toTell)) this.hints.settled();
    const keys = ended.flatMap(({ operation: { tenantId: tenant_id, orderKey: order_key } }) =>
      order_key === null ? [] : [{ tenant_id, order_key }],
    );
    if (keys.length > 0) void this.unblock(keys);
    this.hints.back(
      applied.flatMap(({ operation: { id, tenantId }, decision }) =>
        isLive(decision.state) && decision.delayMs === 0 ? [{ id, tenantId }] : [],
      ),
    );
    // Its lane has room again, for one of those that nobody could claim so far.
    if (applied.some(({ operation }) => operation.laneNarrow)) this.hints.lookHere();
    return results.map(({ applied: isApplied, decision }) => ({ applied: isApplied, state: decision.state }));
  }

  /** Lost with the process or the connection, it is done by the sweeper a moment later. */
  private async unblock(keys: readonly { readonly tenant_id: string; readonly order_key: string }[]): Promise<void> {
    try {
      this.hints.next(unblockedRefs(await this.db.query<Unblocked>(UNBLOCK, [JSON.stringify(keys)])));
    } catch {
      this.hints.lookHere();
    }
  }

  private tell({ operation, decision: { state, failure }, applied, tookMs }: Result): void {
    const { id: operationId, tenantId, provider, operation: name } = operation;
    if (!applied) {
      this.log.settlementRefused({ operationId, tenantId, state });
      return;
    }
    this.metrics.settled(state);
    if (!isLive(state)) this.metrics.ended(provider, state, tookMs);
    if (state === 'needs_review') this.log.reviewNeeded({ operationId, tenantId, provider, operation: name, failure });
  }
}
