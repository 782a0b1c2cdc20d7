import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { LedgerMetrics } from '../ledger-metrics';
import type { Accepted, NewOperation } from '../operation';
import { PayloadCipher } from '../ports/payload-cipher.port';
import { acceptOne, insertFresh } from './acceptance';
import { acceptRow } from './accept-row';

/** Accepts inside a flow's own transaction, as that tenant: the operation and the flow's rows share their fate. */
@Injectable()
export class TransactionalAccept {
  constructor(
    private readonly cipher: PayloadCipher,
    private readonly metrics: LedgerMetrics,
  ) {}

  async accept(tx: TenantTransaction, operation: NewOperation): Promise<Accepted> {
    const { accepted } = await acceptOne(tx, await acceptRow(this.cipher, operation));
    this.metrics.accepted(accepted.kind, 1);
    return accepted;
  }

  /** Many at once, in two statements. They carry no idempotency keys, so each is new. */
  async acceptAll(tx: TenantTransaction, operations: readonly NewOperation[]): Promise<void> {
    if (operations.length === 0) return;
    const rows = await Promise.all(operations.map((operation) => acceptRow(this.cipher, operation)));
    await insertFresh(tx, rows);
    this.metrics.accepted('accepted', rows.length);
  }
}
