import type { TenantTransaction } from '@puente/database';
import type { PaymentRow } from './payment';
import { MONEY_STATES, type PaymentState } from './payment-states';

/** Property → column, of everything that changes. */
const CHANGING = {
  state: 'state',
  reason: 'reason',
  review: 'review',
  token: 'token',
  formUrl: 'form_url',
  formExpiresAt: 'form_expires_at',
  commits: 'commits',
  commitOperationId: 'commit_operation_id',
  commitBegunAt: 'commit_begun_at',
  committedAt: 'committed_at',
  responseCode: 'response_code',
  authorizationCode: 'authorization_code',
  paymentType: 'payment_type',
  cardLast4: 'card_last4',
  installments: 'installments',
  vci: 'vci',
  accountingDate: 'accounting_date',
  transactionDate: 'transaction_date',
  approvedAmount: 'approved_amount',
  refundedAmount: 'refunded_amount',
  capturedAmount: 'captured_amount',
  captureOperationId: 'capture_operation_id',
  nextCheckAt: 'next_check_at',
  checks: 'checks',
} as const satisfies Partial<Record<keyof PaymentRow, string>>;

export type PaymentPatch = { readonly [K in keyof typeof CHANGING]?: PaymentRow[K] | undefined };

const FIXED = {
  ...{ id: 'id', tenantId: 'tenant_id', reference: 'reference', integration: 'integration' },
  ...{ buyOrder: 'buy_order', sessionId: 'session_id', amount: 'amount', resultUrl: 'result_url' },
  ...{ expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
} as const satisfies Partial<Record<keyof PaymentRow, string>>;

/** Pesos fit a double exactly (2^53 is 9 quadrillion), and the driver gives bigint as text. */
const AMOUNTS: ReadonlySet<string> = new Set(['amount', 'approved_amount', 'refunded_amount', 'captured_amount']);

const COLUMNS = [
  ...Object.entries({ ...FIXED, ...CHANGING }).map(
    ([property, column]) => `p.${column}${AMOUNTS.has(column) ? '::float8' : ''} AS "${property}"`,
  ),
  'puente_now() AS now',
].join(', ');

export interface NewPayment {
  readonly id: string;
  readonly reference: string;
  readonly integration: string;
  readonly buyOrder: string;
  readonly sessionId: string;
  readonly amount: number;
  readonly resultUrl: string | null;
  readonly returnHash: Buffer;
  readonly expireMs: number;
}

/** Written before anybody is called: whatever happens to the call, the intent is there. */
export async function insertPayment(tx: TenantTransaction, payment: NewPayment): Promise<void> {
  const { id, reference, integration, buyOrder, sessionId, amount, resultUrl, returnHash, expireMs } = payment;
  await tx.query(
    `INSERT INTO payments (id, tenant_id, reference, integration, buy_order, session_id, amount, state, result_url,
       return_hash, expires_at, next_check_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'created', $8, $9, puente_now() + make_interval(secs => $10),
       puente_now() + make_interval(secs => $10), puente_now(), puente_now())`,
    [id, tx.tenantId, reference, integration, buyOrder, sessionId, amount, resultUrl, returnHash, expireMs / 1_000],
  );
}

export async function findPayment(tx: TenantTransaction, id: string): Promise<PaymentRow | undefined> {
  return one(tx, 'p.id = $2', [id]);
}

/** Until the transaction ends nobody else changes it. */
export async function lockPayment(tx: TenantTransaction, id: string): Promise<PaymentRow | undefined> {
  return one(tx, 'p.id = $2', [id], 'FOR NO KEY UPDATE');
}

export async function findByToken(tx: TenantTransaction, token: string): Promise<PaymentRow | undefined> {
  return one(tx, 'p.token = $2', [token]);
}

export async function findByBuyOrder(tx: TenantTransaction, buyOrder: string): Promise<PaymentRow | undefined> {
  return one(tx, 'p.buy_order = $2', [buyOrder]);
}

/** Whose commit or capture it is; also of one that was made again of an older one. */
export async function lockByOperation(
  tx: TenantTransaction,
  step: 'commit' | 'capture',
  operation: { readonly id: string; readonly replayOf: string | null },
): Promise<PaymentRow | undefined> {
  const ids = [operation.id, operation.replayOf].filter((id) => id !== null);
  return one(tx, `p.${step}_operation_id = ANY ($2::uuid[])`, [ids], 'FOR NO KEY UPDATE');
}

/** The newest attempt at this order that a second press of the button may use; the order is locked. */
export async function findReusable(
  tx: TenantTransaction,
  wanted: Pick<NewPayment, 'reference' | 'amount' | 'integration' | 'resultUrl'>,
  reuseMs: number,
): Promise<PaymentRow | undefined> {
  const { reference, amount, integration, resultUrl } = wanted;
  return one(
    tx,
    `p.reference = $2 AND p.amount = $3 AND p.integration = $4 AND p.result_url IS NOT DISTINCT FROM $5
     AND p.state IN ('created', 'pending') AND p.created_at > puente_now() - make_interval(secs => $6)
     ORDER BY p.id DESC LIMIT 1`,
    [reference, amount, integration, resultUrl, reuseMs / 1_000],
  );
}

/** Another payment of the same order that counts as paid. */
export async function findPaid(
  tx: TenantTransaction,
  reference: string,
  exceptId?: string,
): Promise<PaymentRow | undefined> {
  return one(tx, 'p.reference = $2 AND p.state = ANY ($3) AND p.id IS DISTINCT FROM $4::uuid LIMIT 1', [
    reference,
    MONEY_STATES,
    exceptId ?? null,
  ]);
}

/** One at a time over all processes decides about an order: attempts at it, and which of them counts. */
export async function lockOrder(tx: TenantTransaction, reference: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('payments/' || $1 || '/' || $2, 0))`, [
    tx.tenantId,
    reference,
  ]);
}

/** Properties that are undefined stay as they are. @returns the row as it is now */
export async function savePayment(tx: TenantTransaction, id: string, patch: PaymentPatch): Promise<PaymentRow> {
  const params: unknown[] = [tx.tenantId, id];
  const set = Object.entries(CHANGING).flatMap(([property, column]) => {
    const value = patch[property as keyof PaymentPatch];
    if (value === undefined) return [];
    params.push(value);
    return [`${column} = $${String(params.length)}`];
  });
  await tx.query(
    `UPDATE payments SET ${[...set, 'updated_at = puente_now()'].join(', ')} WHERE tenant_id = $1 AND id = $2`,
    params,
  );
  const row = await findPayment(tx, id);
  if (!row) throw new Error(`Payment ${id} was locked and is gone`);
  return row;
}

export interface PaymentFilter {
  readonly states?: readonly PaymentState[] | undefined;
  readonly reference?: string | undefined;
  readonly needsReview?: boolean | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/** Newest first, from before `beforeId` on. */
export async function listPayments(
  tx: TenantTransaction,
  filter: PaymentFilter,
  beforeId: string | undefined,
  limit: number,
): Promise<PaymentRow[]> {
  const params: unknown[] = [tx.tenantId];
  const where = ['p.tenant_id = $1'];
  const and = (condition: (param: string) => string, value: unknown): void => {
    if (value === undefined) return;
    params.push(value);
    where.push(condition(`$${String(params.length)}`));
  };
  and((param) => `p.id < ${param}::uuid`, beforeId);
  and((param) => `p.state = ANY (${param})`, filter.states);
  and((param) => `p.reference = ${param}`, filter.reference);
  and((param) => `(p.review IS NOT NULL) = ${param}`, filter.needsReview);
  and((param) => `p.created_at >= ${param}`, filter.createdFrom);
  and((param) => `p.created_at < ${param}`, filter.createdBefore);
  params.push(limit);
  return tx.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payments p WHERE ${where.join(' AND ')} ORDER BY p.id DESC LIMIT $${String(params.length)}`,
    params,
  );
}

/** In order of our own commit time: what a day's settlement or a certification asks for. */
export async function committedBetween(tx: TenantTransaction, from: Date, before: Date): Promise<PaymentRow[]> {
  return tx.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payments p
     WHERE p.tenant_id = $1 AND p.committed_at >= $2 AND p.committed_at < $3 ORDER BY p.committed_at, p.id`,
    [tx.tenantId, from, before],
  );
}

async function one(
  tx: TenantTransaction,
  where: string,
  params: readonly unknown[],
  lock = '',
): Promise<PaymentRow | undefined> {
  const [row] = await tx.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payments p WHERE p.tenant_id = $1 AND ${where} ${lock}`,
    [tx.tenantId, ...params],
  );
  return row;
}
