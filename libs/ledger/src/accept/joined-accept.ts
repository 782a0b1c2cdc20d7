import { Injectable } from '@nestjs/common';
import type { Queryable } from '@puente/database';
import { WorkHints } from '../dispatch/work-hints';
import { LedgerMetrics } from '../ledger-metrics';
import type { NewOperation } from '../operation';
import { PayloadCipher } from '../ports/payload-cipher.port';
import type { AcceptRow } from '../sql/accept';
import { insertFresh } from './acceptance';
import { acceptRow, isLater } from './accept-row';

/** Operations ready to be written: their inputs are sealed. Opaque to flows. */
export interface SealedOperations {
  readonly rows: readonly AcceptRow[];
  readonly due: readonly Pick<NewOperation, 'id' | 'tenantId'>[];
}

/** A statement takes so many rows at once. */
const PAGE = 500;

/**
 * Accepts many operations in a transaction that a flow opened itself, as `puente_dispatch` over several tenants or as one
 * tenant: for flows that group requests of which each brings several operations, or none. Three steps, so that nothing
 * but writing happens while the transaction is open: seal before it, write in it, announce after its commit.
 *
 * They carry no idempotency keys: rows of the flow's own protect them from being made twice.
 */
@Injectable()
export class JoinedAccept {
  constructor(
    private readonly cipher: PayloadCipher,
    private readonly metrics: LedgerMetrics,
    private readonly hints: WorkHints,
  ) {}

  async seal(operations: readonly Omit<NewOperation, 'idempotency'>[]): Promise<SealedOperations> {
    const rows = await Promise.all(operations.map((operation) => acceptRow(this.cipher, operation)));
    return { rows, due: operations.filter((operation) => !isLater(operation)) };
  }

  /** All of them or, when it throws, none: the transaction is then the caller's to roll back. */
  async write(tx: Queryable, sealed: readonly SealedOperations[]): Promise<void> {
    const rows = sealed.flatMap((each) => each.rows);
    for (let from = 0; from < rows.length; from += PAGE) await insertFresh(tx, rows.slice(from, from + PAGE));
  }

  /** After the commit. Never fails. */
  announce(sealed: readonly SealedOperations[]): void {
    const accepted = sealed.reduce((sum, { rows }) => sum + rows.length, 0);
    if (accepted === 0) return;
    this.metrics.accepted('accepted', accepted);
    this.hints.due(sealed.flatMap(({ due }) => due));
  }
}
