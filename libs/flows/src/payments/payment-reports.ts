import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { csvText } from './csv-text';
import type { PaymentState } from './payment-states';

/** One movement of money on a day: a sale, or what was given back of one (negative). */
export interface ConciliationLine {
  readonly kind: 'sale' | 'refund';
  readonly buyOrder: string;
  readonly authorizationCode: string | null;
  /** Whole Chilean pesos. */
  readonly amount: number;
  /** `MMDD`, as Webpay books the sale. */
  readonly accountingDate: string | null;
  readonly at: Date;
  readonly paymentType: string | null;
  readonly installments: number | null;
  readonly cardLast4: string | null;
  readonly reference: string;
  readonly paymentId: string;
  readonly state: PaymentState;
}

export interface Conciliation {
  readonly date: string;
  readonly currency: 'CLP';
  readonly items: readonly ConciliationLine[];
  readonly total: number;
}

/** One attempt to pay, as Transbank's validation asks for it. */
export interface EvidenceLine {
  readonly buyOrder: string;
  readonly reference: string;
  readonly createdAt: Date;
  readonly committedAt: Date | null;
  readonly amount: number;
  readonly state: PaymentState;
  readonly reason: string | null;
  /** How the payer came back, in order: `normal`, `aborted`, `timeout`, `recovered`. */
  readonly flows: string;
  readonly commits: number;
  readonly responseCode: number | null;
  readonly authorizationCode: string | null;
  readonly paymentType: string | null;
  readonly installments: number | null;
  readonly cardLast4: string | null;
  readonly refundedAmount: number;
  readonly integration: string;
}

/** The day in Chile, by our own time of the commit: Webpay's date is that of the form. */
const CONCILIATION = `
  WITH day AS (SELECT $2::date::timestamp AT TIME ZONE 'America/Santiago' AS "from",
                      ($2::date + 1)::timestamp AT TIME ZONE 'America/Santiago' AS "before"),
  lines AS (
    SELECT 'sale' AS kind, p.authorization_code AS "authorizationCode", coalesce(p.captured_amount, p.approved_amount)::float8 AS amount,
           p.committed_at AS at, p.id AS payment_id
    FROM payments p, day WHERE p.tenant_id = $1 AND p.committed_at >= day."from" AND p.committed_at < day.before
      AND p.approved_amount IS NOT NULL
    UNION ALL
    SELECT 'refund', r.authorization_code, -r.amount::float8, r.settled_at, r.payment_id
    FROM payment_refunds r, day WHERE r.tenant_id = $1 AND r.state = 'done' AND r.settled_at >= day."from" AND r.settled_at < day.before)
  SELECT l.kind, p.buy_order AS "buyOrder", l."authorizationCode", l.amount, p.accounting_date AS "accountingDate", l.at,
         p.payment_type AS "paymentType", p.installments, p.card_last4 AS "cardLast4", p.reference, p.id AS "paymentId", p.state
  FROM lines l JOIN payments p ON p.tenant_id = $1 AND p.id = l.payment_id ORDER BY l.at, p.id, l.kind DESC`;

const EVIDENCE = `
  SELECT p.buy_order AS "buyOrder", p.reference, p.created_at AS "createdAt", p.committed_at AS "committedAt",
         p.amount::float8 AS amount, p.state, p.reason, p.commits, p.response_code AS "responseCode",
         p.authorization_code AS "authorizationCode", p.payment_type AS "paymentType", p.installments,
         p.card_last4 AS "cardLast4", p.refunded_amount::float8 AS "refundedAmount", p.integration,
         coalesce((SELECT string_agg(e.data->>'kind', ' ' ORDER BY e.id) FROM payment_events e
                   WHERE e.tenant_id = p.tenant_id AND e.payment_id = p.id AND e.type = 'payer.returned'), '') AS flows
  FROM payments p WHERE p.tenant_id = $1 AND p.created_at >= $2 AND p.created_at < $3 ORDER BY p.id`;

const CONCILIATION_COLUMNS = [
  ...(['buyOrder', 'authorizationCode', 'amount', 'accountingDate', 'kind', 'at', 'paymentType'] as const),
  ...(['installments', 'cardLast4', 'reference', 'paymentId', 'state'] as const),
];
const EVIDENCE_COLUMNS = [
  ...(['buyOrder', 'reference', 'createdAt', 'committedAt', 'amount', 'state', 'reason', 'flows', 'commits'] as const),
  ...(['responseCode', 'authorizationCode', 'paymentType', 'installments', 'cardLast4', 'refundedAmount'] as const),
  'integration' as const,
];

/** What others want of our books: a day for the bank, a range for Transbank's validation. */
@Injectable()
export class PaymentReports {
  constructor(private readonly database: TenantDatabase) {}

  /** @param date `2026-11-23`, a day in Chile */
  async conciliation(tenantId: string, date: string): Promise<Conciliation> {
    const items = await this.read<ConciliationLine>(tenantId, CONCILIATION, [date]);
    return { date, currency: 'CLP', items, total: items.reduce((sum, { amount }) => sum + amount, 0) };
  }

  /** All attempts that were begun in the range, in their order. */
  evidence(tenantId: string, from: Date, before: Date): Promise<EvidenceLine[]> {
    return this.read<EvidenceLine>(tenantId, EVIDENCE, [from, before]);
  }

  private read<Line>(tenantId: string, sql: string, params: readonly unknown[]): Promise<Line[]> {
    return this.database.run(tenantId, (tx: TenantTransaction) => tx.query<Line>(sql, [tenantId, ...params]));
  }
}

export function conciliationCsv({ items }: Conciliation): string {
  return csvText(CONCILIATION_COLUMNS, items);
}

export function evidenceCsv(lines: readonly EvidenceLine[]): string {
  return csvText(EVIDENCE_COLUMNS, lines);
}
