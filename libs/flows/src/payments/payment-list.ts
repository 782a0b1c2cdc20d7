import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { type PaymentView, viewOf } from './payment';
import { historyOf, type PaymentEventView } from './payment-history';
import { findPayment, listPayments, type PaymentFilter } from './payment-rows';
import { PaymentNotFoundError } from './payments.errors';

export interface PaymentPage {
  readonly items: readonly PaymentView[];
  /** Id after which the next page begins, null on the last one. */
  readonly next: string | null;
}

export interface PaymentDetail extends PaymentView {
  /** Everything that was learnt about it or done with it, oldest first. */
  readonly history: readonly PaymentEventView[];
}

/** Payments for people: what there are, and everything about one. */
@Injectable()
export class PaymentList {
  constructor(private readonly database: TenantDatabase) {}

  /** Newest first. */
  async list(tenantId: string, filter: PaymentFilter, cursor?: string, limit = 25): Promise<PaymentPage> {
    const rows = await this.database.run(tenantId, (tx) => listPayments(tx, filter, cursor, limit + 1));
    const items = rows.slice(0, limit).map(viewOf);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** @throws {PaymentNotFoundError} */
  get(tenantId: string, id: string): Promise<PaymentDetail> {
    return this.database.run(tenantId, async (tx) => {
      const row = await findPayment(tx, id);
      if (!row) throw new PaymentNotFoundError(id);
      const history = await historyOf(tx, [id]);
      return { ...viewOf(row), history: history.map(({ paymentId: _, ...event }) => event) };
    });
  }
}
