import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { OperationLedger, OperationNotFoundError } from '@puente/ledger';
import { CommitOutcomes } from './commit-outcomes';
import type { PaymentRow } from './payment';
import { PaymentMoves } from './payment-moves';
import { type CommitStep, PaymentOperations } from './payment-operations';
import { findPaid, lockPayment } from './payment-rows';

interface Begun {
  readonly row: PaymentRow;
  /** undefined: it is not for us to make it. */
  readonly step?: CommitStep;
}

/**
 * The commit: the one call that takes money. A payment is committed by whoever turns it from `pending` to `committing`, in
 * the database and so once over all processes; the operation's id is written down with that, before Webpay is called.
 */
@Injectable()
export class PaymentCommits {
  constructor(
    private readonly database: TenantDatabase,
    private readonly ledger: OperationLedger,
    private readonly operations: PaymentOperations,
    private readonly outcomes: CommitOutcomes,
    private readonly moves: PaymentMoves,
  ) {}

  /** Commits it if nobody has. @returns the payment as it is after `waitMs` at the latest; undefined: there is none */
  async commit(tenantId: string, paymentId: string, waitMs: number): Promise<PaymentRow | undefined> {
    const begun = await this.begin(tenantId, paymentId);
    if (!begun?.step) return begun?.row;
    const { row, step } = begun;
    const problem = await this.call(row, step, waitMs);
    return this.apply(tenantId, paymentId, step.operationId, problem);
  }

  /**
   * Of one that seems to be in flight: whatever the ledger knows of it by now. One that was never written down was never
   * made: the process died between the two.
   */
  async catchUp({ tenantId, id, commitOperationId }: PaymentRow): Promise<PaymentRow | undefined> {
    return commitOperationId === null ? undefined : this.apply(tenantId, id, commitOperationId, 'never written down');
  }

  private async begin(tenantId: string, paymentId: string): Promise<Begun | undefined> {
    return this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, paymentId);
      if (!row) return undefined;
      if (row.token === null || (row.state !== 'pending' && row.state !== 'unknown')) return { row };
      // Late: what the order stood for may be gone. Nobody is charged by not committing.
      if (row.state === 'pending' && row.now >= row.expiresAt) return { row };
      if (row.state === 'pending' && (await findPaid(tx, row.reference, row.id)))
        return { row: await this.moves.move(tx, row, { event: 'abandoned', reason: 'paid_already' }) };
      const step = { operationId: uuidv7(), number: row.commits + 1, token: row.token };
      const patch = {
        ...{ commits: step.number, commitOperationId: step.operationId },
        commitBegunAt: row.commitBegunAt ?? row.now,
      };
      return { row: await this.moves.move(tx, row, { event: 'commit_begun', patch }), step };
    });
  }

  /** @returns why it could not be made, if it was not */
  private async call(row: PaymentRow, step: CommitStep, waitMs: number): Promise<string | undefined> {
    try {
      await this.operations.commit(row, step, waitMs);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.name : 'unknown';
    }
  }

  private async apply(
    tenantId: string,
    paymentId: string,
    operationId: string,
    problem: string | undefined,
  ): Promise<PaymentRow | undefined> {
    return this.database.run(tenantId, async (tx) => {
      try {
        const operation = await this.ledger.get(tx, operationId);
        return await this.outcomes.settled(tx, operation);
      } catch (error) {
        if (!(error instanceof OperationNotFoundError)) throw error;
        const row = await lockPayment(tx, paymentId);
        const isOurs = row?.state === 'committing' && row.commitOperationId === operationId;
        return isOurs ? this.outcomes.notMade(tx, row, problem ?? 'not found') : row;
      }
    });
  }
}
