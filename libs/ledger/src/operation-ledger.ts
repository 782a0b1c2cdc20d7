import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { GroupedAccept } from './accept/grouped-accept';
import { TransactionalAccept } from './accept/transactional-accept';
import { SynchronousOperations } from './dispatch/synchronous-operations';
import type {
  Accepted,
  AttemptView,
  Begun,
  GroupedInsert,
  LeasedOperation,
  NewOperation,
  OperationFilter,
  OperationPage,
  OperationView,
  Resolution,
  Retried,
  Settled,
} from './operation';
import type { Execution } from './ports/operation-executor.port';
import { OperationActions } from './reading/operation-actions';
import { OperationReader } from './reading/operation-reader';
import { LOCK_REPLAYS } from './sql/replay';

/**
 * The ledger's door: what callers and flows may do with operations. Everything that has an effect outside passes
 * through here first, so that a process which dies leaves a row (DESIGN §1.1).
 */
@Injectable()
export class OperationLedger {
  constructor(
    private readonly transactional: TransactionalAccept,
    private readonly grouped: GroupedAccept,
    private readonly synchronous: SynchronousOperations,
    private readonly reader: OperationReader,
    private readonly actions: OperationActions,
  ) {}

  /**
   * Accepts in the caller's transaction: the operation exists if and only if the flow's own rows do. Workers hear of it
   * once the transaction has committed.
   *
   * @throws {IdempotencyKeyReusedError} the key came before with another request
   * @throws {IdempotencyInProgressError} a synchronous first request with this key is still open
   */
  accept(tx: TenantTransaction, operation: NewOperation): Promise<Accepted> {
    return this.transactional.accept(tx, operation);
  }

  /**
   * Accepts many in the caller's transaction, in the order given; for internal operations without an idempotency key,
   * which the caller's own rows protect from being made twice.
   */
  acceptAll(tx: TenantTransaction, operations: readonly Omit<NewOperation, 'idempotency'>[]): Promise<void> {
    return this.transactional.acceptAll(tx, operations);
  }

  /**
   * Accepts in a transaction shared with other requests of this moment: the fast way, for requests that bring at most
   * one row of a flow's own. Resolves after the commit, and wakes the dispatchers.
   *
   * @throws {IdempotencyKeyReusedError}
   * @throws {IdempotencyInProgressError}
   */
  acceptGrouped(operation: NewOperation, domain?: GroupedInsert): Promise<Accepted> {
    return this.grouped.accept(operation, domain);
  }

  /**
   * Begins a synchronous call: writes the row as running, under a lease of ours, marked as sent. The caller makes the
   * call at once and settles; the lease is kept alive meanwhile. Order keys are not for synchronous calls.
   *
   * @throws {IdempotencyKeyReusedError}
   * @throws {IdempotencyInProgressError}
   */
  begin(operation: NewOperation): Promise<Begun> {
    return this.synchronous.begin(operation);
  }

  /** Ends what {@link begin} started. Resolves when the result is committed; waits while PostgreSQL is away. */
  settle(operation: LeasedOperation, execution: Execution): Promise<Settled> {
    return this.synchronous.settle(operation, execution);
  }

  /**
   * Tells the dispatchers to look for due work: after the commit of what let many operations go on at once, a lane or a
   * tenant. Accepts and retries are announced by themselves. Never fails.
   */
  wake(): void {
    this.grouped.wake();
  }

  /** @throws {OperationNotFoundError} also for another tenant's */
  get(where: TenantTransaction | string, id: string): Promise<OperationView> {
    return this.reader.get(where, id);
  }

  /** Newest first, or with `settledFrom` in the order of their settlement. @throws {InvalidCursorError} */
  list(tenantId: string, filter: OperationFilter, cursor?: string, limit?: number): Promise<OperationPage> {
    return this.reader.list(tenantId, filter, cursor, limit);
  }

  /** Every try, oldest first. @throws {OperationNotFoundError} */
  attempts(tenantId: string, id: string): Promise<AttemptView[]> {
    return this.reader.attempts(tenantId, id);
  }

  /**
   * Makes a waiting operation due now; of one that ended without an effect, makes a new one linked to it. The caller
   * writes the audit entry in the same transaction, and asks for {@link repeatsInTurn} before it locks rows of its own.
   *
   * @throws {OperationNotFoundError}
   * @throws {IllegalTransitionError} it runs, succeeded, was repeated already, or waits for {@link resolve}
   */
  retry(tx: TenantTransaction, id: string): Promise<Retried> {
    return this.actions.retry(tx, id);
  }

  /**
   * Waits until no other transaction repeats operations of the tenant. Flows that follow repeats lock rows of theirs in
   * {@link retry} and in bulk replays; who locks such a row first and repeats then would meet those in the wrong order.
   */
  async repeatsInTurn(tx: TenantTransaction): Promise<void> {
    await tx.query(LOCK_REPLAYS);
  }

  /**
   * Takes back what has certainly not been sent yet.
   *
   * @throws {OperationNotFoundError}
   * @throws {IllegalTransitionError} it runs, is settled, or may have been sent
   */
  cancel(tx: TenantTransaction, id: string): Promise<OperationView> {
    return this.actions.cancel(tx, id);
  }

  /**
   * Ends a review with what a person found out at the provider.
   *
   * @throws {OperationNotFoundError}
   * @throws {IllegalTransitionError} it does not wait for a review, or it was applied and shall be sent again
   */
  resolve(tx: TenantTransaction, id: string, resolution: Resolution): Promise<OperationView> {
    return this.actions.resolve(tx, id, resolution);
  }
}
