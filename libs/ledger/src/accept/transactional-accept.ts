import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { WorkHints } from '../dispatch/work-hints';
import { LedgerMetrics } from '../ledger-metrics';
import type { Accepted, NewOperation } from '../operation';
import { PayloadCipher } from '../ports/payload-cipher.port';
import { acceptOne, insertFresh } from './acceptance';
import { acceptRow, isLater } from './accept-row';

/** Accepts inside a flow's own transaction, as that tenant: the operation and the flow's rows share their fate. */
@Injectable()
export class TransactionalAccept {
  constructor(
    private readonly cipher: PayloadCipher,
    private readonly metrics: LedgerMetrics,
    private readonly hints: WorkHints,
  ) {}

  async accept(tx: TenantTransaction, operation: NewOperation): Promise<Accepted> {
    const { accepted, inserted } = await acceptOne(tx, await acceptRow(this.cipher, operation));
    this.metrics.accepted(accepted.kind, 1);
    if (inserted && !inserted.blocked) this.announce(tx, [operation]);
    return accepted;
  }

  /** Many at once, in two statements. They carry no idempotency keys, so each is new. */
  async acceptAll(tx: TenantTransaction, operations: readonly NewOperation[]): Promise<void> {
    if (operations.length === 0) return;
    const rows = await Promise.all(operations.map((operation) => acceptRow(this.cipher, operation)));
    const inserted = await insertFresh(tx, rows);
    this.metrics.accepted('accepted', rows.length);
    this.announce(
      tx,
      operations.filter(({ id }) => inserted.get(id)?.blocked === false),
    );
  }

  private announce(tx: TenantTransaction, operations: readonly NewOperation[]): void {
    const due = operations.filter((operation) => !isLater(operation));
    if (due.length > 0) tx.afterCommit(() => this.hints.due(due));
  }
}
