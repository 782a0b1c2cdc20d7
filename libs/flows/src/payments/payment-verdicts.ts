import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { PaymentRow } from './payment';
import { recordEvent } from './payment-history';
import { PaymentListener } from './payment-listener.port';
import { PaymentMoves } from './payment-moves';
import { findPaid, lockOrder, type PaymentPatch } from './payment-rows';
import { isOpen } from './payment-states';
import { judge, type ToldTransaction, type Verdict } from './payment-transaction';

/** Who said it. */
export type Source = 'commit' | 'status';

/**
 * What follows from what Webpay says of a transaction, whoever asked and whenever: the answer of a commit, found again by
 * the ledger, or read by a status. The row is locked by the caller.
 */
@Injectable()
export class PaymentVerdicts {
  constructor(
    private readonly moves: PaymentMoves,
    private readonly listener: PaymentListener,
  ) {}

  async apply(
    tx: TenantTransaction,
    row: PaymentRow,
    told: ToldTransaction,
    source: Source,
  ): Promise<{ readonly row: PaymentRow; readonly verdict: Verdict['kind'] }> {
    const verdict = judge(row, told);
    const { status, responseCode = null, vci = null } = told;
    const data = { source, verdict: verdict.kind, status, responseCode, vci };
    await recordEvent(tx, row.id, { type: `${source}.answered`, data });
    return { row: await this.after(tx, row, told, verdict, data), verdict: verdict.kind };
  }

  private after(
    tx: TenantTransaction,
    row: PaymentRow,
    told: ToldTransaction,
    verdict: Verdict,
    data: Record<string, string | number | null>,
  ): Promise<PaymentRow> | PaymentRow {
    const patch = factsOf(row, told);
    switch (verdict.kind) {
      case 'approved':
        return this.approved(tx, row, patch, data);
      case 'mismatch':
        return this.moves.move(tx, row, {
          ...{ event: 'contested', reason: 'mismatch', patch: { ...patch, approvedAmount: chargedOf(told) } },
          data: { ...data, fields: verdict.fields },
        });
      case 'given_back':
        // Not by us: what we give back is written down before, and never leaves a payment open.
        return this.moves.move(tx, row, { event: 'contested', reason: 'given_back_elsewhere', patch, data });
      case 'refused':
        return this.moves.move(tx, row, { event: 'refused', patch, data });
      case 'abandoned':
        return this.moves.move(tx, row, { event: 'abandoned', reason: 'payer_left', patch, data });
      case 'unfinished':
        return data.source === 'commit' ? this.moves.move(tx, row, { event: 'unfinished', data }) : row;
      case 'unclear':
        return this.moves.flag(tx, row, 'status_unclear', data);
    }
  }

  /** An approval counts once for an order, and only while its payment is open; else the money waits for a person. */
  private async approved(
    tx: TenantTransaction,
    row: PaymentRow,
    facts: PaymentPatch,
    data: Record<string, string | number | null>,
  ): Promise<PaymentRow> {
    const patch = { ...facts, approvedAmount: row.amount };
    if (!isOpen(row.state))
      return this.moves.move(tx, row, { event: 'contested', reason: 'late_approval', patch, data });
    await lockOrder(tx, row.reference);
    const other = await findPaid(tx, row.reference, row.id);
    if (!other && !(await this.listener.isWanted(tx, row.reference)))
      return this.moves.move(tx, row, {
        ...{ event: 'contested', reason: 'late_approval', patch },
        data: { ...data, order: 'over' },
      });
    if (!other) return this.moves.move(tx, row, { event: 'approved', patch, data });
    return this.moves.move(tx, row, {
      ...{ event: 'contested', reason: 'double_payment', patch },
      data: { ...data, paidBy: other.id },
    });
  }
}

/** Money moved, as Webpay says it. */
function chargedOf({ status, responseCode, amount }: ToldTransaction): number | undefined {
  return (status === 'AUTHORIZED' || status === 'CAPTURED') && responseCode === 0 ? amount : undefined;
}

function factsOf(row: PaymentRow, told: ToldTransaction): PaymentPatch {
  return {
    responseCode: told.responseCode ?? null,
    authorizationCode: told.authorizationCode ?? null,
    paymentType: told.paymentTypeCode ?? null,
    cardLast4: told.cardNumber?.slice(-4) ?? null,
    installments: told.installmentsNumber ?? null,
    vci: told.vci ?? null,
    accountingDate: told.accountingDate ?? null,
    transactionDate: told.transactionDate ?? null,
    committedAt: row.committedAt ?? row.now,
  };
}
