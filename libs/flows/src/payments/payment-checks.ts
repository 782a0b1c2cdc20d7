import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import type { CallResult } from '@puente/integrations';
import { CheckReports } from './check-reports';
import type { PaymentRow } from './payment';
import { PaymentMoves } from './payment-moves';
import { PaymentOperations } from './payment-operations';
import { findPayment, lockPayment, savePayment } from './payment-rows';
import { readTransaction, type Verdict } from './payment-transaction';
import { PaymentVerdicts } from './payment-verdicts';

/** A question in the background: a payer's own is bounded by how long they wait. */
const ASK_MS = 15_000;
/** Webpay does not answer any more, 7 days after the creation: from then on only a person can know (T36). */
const NOT_QUERYABLE = 'STATUS_EXPIRED';

export type Checked = Verdict['kind'] | 'unread' | 'not_queryable' | 'no_token';

export interface CheckResult {
  readonly row: PaymentRow;
  readonly answer: Checked;
}

/** Asks Webpay what became of a payment, and applies the answer. It never commits, and costs nothing to repeat. */
@Injectable()
export class PaymentChecks {
  constructor(
    private readonly database: TenantDatabase,
    private readonly operations: PaymentOperations,
    private readonly verdicts: PaymentVerdicts,
    private readonly moves: PaymentMoves,
    private readonly reports: CheckReports,
  ) {}

  /**
   * @param then what to do in the same transaction once the answer is applied
   * @returns undefined: there is no such payment
   */
  async ask(
    tenantId: string,
    paymentId: string,
    then: (tx: TenantTransaction, result: CheckResult) => Promise<PaymentRow> = async (_, { row }) => row,
    waitMs = ASK_MS,
  ): Promise<PaymentRow | undefined> {
    const asked = await this.database.run(tenantId, (tx) => findPayment(tx, paymentId));
    if (!asked) return undefined;
    const result = asked.token === null ? undefined : await this.status(asked, asked.token, waitMs);
    return this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, paymentId);
      if (!row) return undefined;
      const checked = result ? await this.applied(tx, row, result) : { row, answer: 'no_token' as const };
      tx.afterCommit(() => this.reports.metrics.checked(checked.answer));
      return then(tx, checked);
    });
  }

  /** Without credentials, or with the database away, there is no answer either. */
  private async status(row: PaymentRow, token: string, waitMs: number): Promise<CallResult | 'failed'> {
    try {
      return await this.operations.status(row, token, waitMs);
    } catch (error) {
      this.reports.log.statusUnread(row.tenantId, row.id, error instanceof Error ? error.message : String(error));
      return 'failed';
    }
  }

  private async applied(tx: TenantTransaction, row: PaymentRow, result: CallResult | 'failed'): Promise<CheckResult> {
    if (result === 'failed' || result.kind === 'pending') return { row, answer: 'unread' };
    if (result.kind === 'done') return this.told(tx, row, result.output);
    const { failure } = result;
    this.reports.log.statusUnread(tx.tenantId, row.id, failure.code ?? failure.kind);
    if (failure.code === NOT_QUERYABLE) {
      const stopped = await savePayment(tx, row.id, { nextCheckAt: null });
      const flagged = row.state === 'unknown' ? await this.moves.flag(tx, stopped, 'not_queryable') : stopped;
      return { row: flagged, answer: 'not_queryable' };
    }
    if (result.kind === 'unauthorized' && row.state === 'unknown')
      return { row: await this.moves.flag(tx, row, 'credentials_refused', codeOf(failure.code)), answer: 'unread' };
    return { row, answer: 'unread' };
  }

  private async told(tx: TenantTransaction, row: PaymentRow, output: unknown): Promise<CheckResult> {
    const transaction = readTransaction(output);
    if (!transaction) return { row, answer: 'unread' };
    const { row: after, verdict } = await this.verdicts.apply(tx, row, transaction, 'status');
    return { row: after, answer: verdict };
  }
}

function codeOf(code: string | undefined): { readonly code: string } | Record<string, never> {
  return code === undefined ? {} : { code };
}
