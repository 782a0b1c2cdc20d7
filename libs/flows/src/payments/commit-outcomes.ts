import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationView } from '@puente/ledger';
import { codesOf } from './create-outcomes';
import type { PaymentRow } from './payment';
import { PaymentLog } from './payment-log';
import { PaymentMoves } from './payment-moves';
import { lockByOperation } from './payment-rows';
import { readTransaction } from './payment-transaction';
import { PaymentVerdicts } from './payment-verdicts';

/** Webpay refuses to commit what the payer has not finished; nothing is charged, and the form goes on. */
const NOT_FINISHED = 'PAYER_NOT_FINISHED';
/** The payer left, or the form's clock ran out; Webpay was asked, and nothing was charged. */
const ABORTED = 'TRANSACTION_ABORTED';

/**
 * What became of a commit: the one function that applies it, for whoever waited for the answer and for the ledger that
 * found it out later. A refusal of the call is never taken for a refusal of the payment: then `status` decides.
 */
@Injectable()
export class CommitOutcomes {
  constructor(
    private readonly moves: PaymentMoves,
    private readonly verdicts: PaymentVerdicts,
    private readonly log: PaymentLog,
  ) {}

  async settled(tx: TenantTransaction, operation: OperationView): Promise<PaymentRow | undefined> {
    const row = await lockByOperation(tx, 'commit', operation);
    if (!row || (row.state !== 'committing' && row.state !== 'unknown')) return row;
    switch (operation.state) {
      case 'succeeded': {
        const told = readTransaction(operation.output);
        // A person closed it as applied, without an answer: Webpay has one.
        return told ? (await this.verdicts.apply(tx, row, told, 'commit')).row : this.lost(tx, row, operation);
      }
      case 'rejected':
        if (operation.providerCode === NOT_FINISHED)
          return this.moves.move(tx, row, { event: 'unfinished', data: codesOf(operation) });
        if (operation.providerCode === ABORTED)
          return this.moves.move(tx, row, { event: 'abandoned', reason: 'payer_left', data: codesOf(operation) });
        return this.refused(tx, row, operation);
      case 'needs_review':
        return this.moves.flag(tx, await this.lost(tx, row, operation), 'commit_unclear', codesOf(operation));
      case 'exhausted':
      case 'cancelled':
      case 'dropped':
      case 'unknown':
        return this.lost(tx, row, operation);
      case 'queued':
      case 'running':
        return row;
    }
  }

  /** Not called at all, for want of credentials or of a place in the ledger. */
  async notMade(tx: TenantTransaction, row: PaymentRow, why: string): Promise<PaymentRow> {
    this.log.commitUnclear(tx.tenantId, row.id, why);
    const lost = await this.moves.move(tx, row, { event: 'commit_lost', reason: 'commit_not_made', data: { why } });
    return this.moves.flag(tx, lost, 'commit_not_made', { why });
  }

  private async refused(tx: TenantTransaction, row: PaymentRow, operation: OperationView): Promise<PaymentRow> {
    const lost = await this.lost(tx, row, operation);
    return operation.failure === 'unauthorized'
      ? this.moves.flag(tx, lost, 'credentials_refused', codesOf(operation))
      : lost;
  }

  private lost(tx: TenantTransaction, row: PaymentRow, operation: OperationView): Promise<PaymentRow> {
    const why = operation.providerCode ?? operation.failure ?? operation.state;
    this.log.commitUnclear(tx.tenantId, row.id, why);
    return this.moves.move(tx, row, { event: 'commit_lost', reason: 'commit_lost', data: codesOf(operation) });
  }
}
