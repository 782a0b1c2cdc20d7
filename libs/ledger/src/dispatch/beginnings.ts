import { Injectable } from '@nestjs/common';
import { DatabaseUnavailableError, DispatchDatabase, isDatabaseAway } from '@puente/database';
import { acceptRow } from '../accept/accept-row';
import { acceptOne } from '../accept/acceptance';
import { LedgerMetrics } from '../ledger-metrics';
import { OrderedBeginError } from '../ledger.errors';
import type { Begun, LeasedOperation, NewOperation } from '../operation';
import { PayloadCipher } from '../ports/payload-cipher.port';

/** Writes the running row, or finds the one that has its key. */
@Injectable()
export class Beginnings {
  constructor(
    private readonly db: DispatchDatabase,
    private readonly cipher: PayloadCipher,
    private readonly metrics: LedgerMetrics,
  ) {}

  async insert(
    operation: NewOperation,
    lease: { readonly ms: number; readonly owner: string },
  ): Promise<{ kind: 'started'; operation: LeasedOperation } | Extract<Begun, { kind: 'replayed' }>> {
    if (operation.orderKey !== undefined) throw new OrderedBeginError(operation.id);
    const row = await acceptRow(this.cipher, operation, lease);
    const { accepted, inserted } = await acceptOne(this.db, row).catch((error: unknown) => {
      // Whether the row was written is open. Its call was not made; the sweeper will treat it as if.
      throw isDatabaseAway(error) ? new DatabaseUnavailableError(error) : error;
    });
    this.metrics.accepted(accepted.kind, 1);
    if (!inserted) return { kind: 'replayed', operationId: accepted.operationId, subjectId: accepted.subjectId };
    return { kind: 'started', operation: begunOperation(operation, inserted.created_at, lease.owner) };
  }
}

/**
 * The row as {@link acceptRow} with a lease has just written it: first try, first fence. Member by member: an object with
 * so many members that is put together by spreading gets hidden classes of its own, which nothing that reads it knows.
 */
function begunOperation(operation: NewOperation, at: Date, leaseOwner: string): LeasedOperation {
  return {
    id: operation.id,
    tenantId: operation.tenantId,
    provider: operation.provider,
    operation: operation.operation,
    integration: operation.integration,
    laneKey: operation.laneKey,
    orderKey: null,
    effect: operation.effect,
    onUnknown: operation.onUnknown,
    policy: operation.policy,
    mode: 'call',
    input: operation.input,
    attempt: 1,
    crashes: 0,
    repeats: 0,
    asks: 0,
    maybeSent: false,
    firstSentAt: at,
    settleMs: operation.settleMs,
    keyWindowMs: operation.keyWindowMs ?? null,
    deadlineAt: operation.deadlineAt ?? null,
    fence: '1',
    traceId: operation.traceId ?? null,
    subscriber: operation.subscriber ?? null,
    leaseOwner,
    createdAt: at,
    leasedAt: at,
    laneProbe: false, // whoever makes the call asks the lane: see CircuitBreakerInterceptor
    laneNoted: false,
    laneNarrow: false,
  };
}
