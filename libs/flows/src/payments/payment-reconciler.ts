import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { AutomaticRefunds } from './automatic-refunds';
import type { PaymentRow } from './payment';
import { PaymentEndings } from './payment-endings';
import { PaymentLog } from './payment-log';
import { PaymentMoves } from './payment-moves';
import { lockPayment, savePayment } from './payment-rows';

/** Payments of one pass; the rest in the next one. */
const PAGE = 200;
const AT_ONCE = 8;

const DUE = `
  SELECT p.tenant_id AS "tenantId", p.id FROM payments p
  WHERE p.next_check_at <= puente_now() AND EXISTS (SELECT FROM tenants t WHERE t.id = p.tenant_id AND t.status = 'active')
  ORDER BY p.next_check_at LIMIT $1`;

interface Ref {
  readonly tenantId: string;
  readonly id: string;
}

/**
 * Asks for every payment that is not decided, with longer and longer waits, as long as Webpay answers: 7 days. A worker does
 * it every few seconds; several at once share the work, since whoever takes a payment moves its next turn first.
 */
@Injectable()
export class PaymentReconciler {
  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly database: TenantDatabase,
    private readonly endings: PaymentEndings,
    private readonly refunds: AutomaticRefunds,
    private readonly moves: PaymentMoves,
  ) {}

  private readonly log = new PaymentLog();

  /** Never fails; one payment does not keep another from its turn. @returns how many were due */
  async pass(): Promise<number> {
    try {
      const due = await this.dispatch.query<Ref>(DUE, [PAGE]);
      const left = [...due];
      const next = async (): Promise<void> => {
        for (let ref = left.shift(); ref; ref = left.shift()) await this.look(ref);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, next));
      return due.length;
    } catch (error) {
      this.log.passFailed('payments that are due', error);
      return 0;
    }
  }

  private async look(ref: Ref): Promise<void> {
    try {
      const row = await this.take(ref);
      if (row) await this.end(row);
    } catch (error) {
      this.log.passFailed(`payment ${ref.id}`, error);
    }
  }

  /** undefined: somebody else has it. */
  private take({ tenantId, id }: Ref): Promise<PaymentRow | undefined> {
    return this.database.run(tenantId, async (tx) => {
      const row = await lockPayment(tx, id);
      if (!row?.nextCheckAt || row.nextCheckAt > row.now) return undefined;
      const checks = row.checks + 1;
      return savePayment(tx, id, { checks, nextCheckAt: this.moves.nextCheck({ ...row, checks }, row.state) });
    });
  }

  private end(row: PaymentRow): Promise<void> {
    switch (row.state) {
      case 'committing':
        return this.endings.ofCommit(row);
      case 'unknown':
        return this.endings.ofUnknown(row);
      case 'needs_review':
      case 'paid':
      case 'captured':
      case 'partially_refunded':
        return this.refunds.of(row);
      case 'created':
      case 'pending':
      case 'cancelled':
      case 'expired':
        return this.endings.ofWaiting(row);
      case 'rejected':
      case 'refunded':
      case 'reversed':
        return Promise.resolve();
    }
  }
}
