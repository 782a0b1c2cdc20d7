import { Injectable } from '@nestjs/common';
import { AppError } from '@puente/kernel';
import { DatabaseUnavailableError, DispatchDatabase, isConnectionLost } from '@puente/database';
import { policyNamed } from '@puente/resilience';
import { acceptOne } from '../accept/acceptance';
import { acceptRow } from '../accept/accept-row';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerSettings, holdMsFor } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import type { Begun, LeasedOperation, NewOperation, Settled } from '../operation';
import type { Execution } from '../ports/operation-executor.port';
import { PayloadCipher } from '../ports/payload-cipher.port';
import { Bell } from './bell';
import { LeaseKeeper } from './lease-keeper';
import { eventOf } from './settlement';
import { Settler } from './settler';

/**
 * Calls whose caller waits for the answer: written as running, made by the caller itself, settled like any other. Here
 * the api is a worker: it keeps leases alive, and a stopping process lets its calls end.
 */
@Injectable()
export class SynchronousOperations {
  private readonly open = new Map<LeasedOperation, number>();
  private readonly bell = new Bell();

  constructor(
    private readonly beginnings: Beginnings,
    private readonly keeper: LeaseKeeper,
    private readonly settler: Settler,
    private readonly settings: LedgerSettings,
    private readonly time: LedgerTime,
  ) {}

  async begin(operation: NewOperation): Promise<Begun> {
    const leaseMs = Math.max(this.settings.leaseMs, holdMsFor(policyNamed(operation.policy).timeoutMs));
    const askedAtMs = this.time.nowMs();
    const begun = await this.beginnings.insert(operation, { ms: leaseMs, owner: this.settings.synchronousOwner });
    if (begun.kind === 'replayed') return begun;
    const signal = this.keeper.hold(begun.operation, askedAtMs, leaseMs);
    this.open.set(begun.operation, askedAtMs);
    return { ...begun, signal };
  }

  async settle(operation: LeasedOperation, execution: Execution): Promise<Settled> {
    const askedAtMs = this.open.get(operation) ?? this.time.nowMs();
    const now = new Date(operation.leasedAt.getTime() + (this.time.nowMs() - askedAtMs));
    try {
      const settlement = { operation, event: eventOf(execution), tries: execution.tries };
      return await this.settler.settle(settlement, { now, synchronous: true });
    } finally {
      this.keeper.letGo(operation);
      this.open.delete(operation);
      this.bell.ring();
    }
  }

  /** Waits for the calls in flight, for at most `drainMs`. What is left then belongs to the sweeper. */
  async stop(): Promise<void> {
    const untilMs = this.time.nowMs() + this.settings.drainMs;
    while (this.open.size > 0 && this.time.nowMs() < untilMs) {
      await this.bell.wait(Math.max(1, untilMs - this.time.nowMs()));
    }
  }
}

/** A synchronous call has no place in a queue: begun now, it would overtake what waits before it. */
export class OrderedBeginError extends AppError {
  readonly code = 'OPERATION_IS_ORDERED';

  constructor(operationId: string) {
    super(`Operation ${operationId} has an order key and cannot be begun synchronously. Accept it instead.`);
  }
}

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
      throw isConnectionLost(error) ? new DatabaseUnavailableError(error) : error;
    });
    this.metrics.accepted(accepted.kind, 1);
    if (!inserted) return { kind: 'replayed', operationId: accepted.operationId, subjectId: accepted.subjectId };
    return { kind: 'started', operation: begunOperation(operation, inserted.created_at, lease.owner) };
  }
}

/** The row as {@link acceptRow} with a lease has just written it: first try, first fence. */
function begunOperation(operation: NewOperation, at: Date, leaseOwner: string): LeasedOperation {
  const { id, tenantId, provider, integration, laneKey, effect, onUnknown, policy, input, settleMs } = operation;
  return {
    ...{ id, tenantId, provider, operation: operation.operation, integration, laneKey, effect, onUnknown, policy, input },
    ...{ mode: 'call', attempt: 1, crashes: 0, repeats: 0, asks: 0, maybeSent: false, fence: '1', settleMs },
    firstSentAt: at,
    keyWindowMs: operation.keyWindowMs ?? null,
    deadlineAt: operation.deadlineAt ?? null,
    traceId: operation.traceId ?? null,
    orderKey: null,
    subscriber: operation.subscriber ?? null,
    leaseOwner,
    createdAt: at,
    leasedAt: at,
  };
}
