import type { TenantTransaction } from '@puente/database';

export type RefundState = 'requested' | 'unknown' | 'done' | 'refused';

export interface RefundRow {
  readonly id: string;
  readonly paymentId: string;
  readonly amount: number;
  readonly balanceBefore: number;
  readonly state: RefundState;
  /** How Webpay gave it back: a reversal within hours, an annulment later. */
  readonly kind: 'REVERSED' | 'NULLIFIED' | null;
  readonly idempotencyKey: string | null;
  readonly actor: string;
  readonly authorizationCode: string | null;
  readonly responseCode: number | null;
  readonly problem: string | null;
  readonly operationId: string;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

const COLUMNS = `
  id, payment_id AS "paymentId", amount::float8 AS amount, balance_before::float8 AS "balanceBefore", state, kind,
  idempotency_key AS "idempotencyKey", actor, authorization_code AS "authorizationCode", response_code AS "responseCode",
  problem, operation_id AS "operationId", created_at AS "createdAt", settled_at AS "settledAt"`;

export async function insertRefund(
  tx: TenantTransaction,
  refund: Pick<RefundRow, 'id' | 'paymentId' | 'amount' | 'balanceBefore' | 'idempotencyKey' | 'actor'>,
): Promise<RefundRow> {
  const { id, paymentId, amount, balanceBefore, idempotencyKey, actor } = refund;
  const [row] = await tx.query<RefundRow>(
    `INSERT INTO payment_refunds (id, tenant_id, payment_id, amount, balance_before, state, idempotency_key, actor,
       operation_id, created_at)
     VALUES ($1, $2, $3, $4, $5, 'requested', $6, $7, $1, puente_now()) RETURNING ${COLUMNS}`,
    [id, tx.tenantId, paymentId, amount, balanceBefore, idempotencyKey, actor],
  );
  if (!row) throw new Error('The refund was not written');
  return row;
}

/** Oldest first. */
export function refundsOf(tx: TenantTransaction, paymentId: string): Promise<RefundRow[]> {
  return tx.query<RefundRow>(
    `SELECT ${COLUMNS} FROM payment_refunds WHERE tenant_id = $1 AND payment_id = $2 ORDER BY id`,
    [tx.tenantId, paymentId],
  );
}

/** Of an operation, or of the one that it was made again of. */
export async function findRefund(
  tx: TenantTransaction,
  operation: { readonly id: string; readonly replayOf: string | null },
): Promise<RefundRow | undefined> {
  const [row] = await tx.query<RefundRow>(
    `SELECT ${COLUMNS} FROM payment_refunds WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
    [tx.tenantId, [operation.id, operation.replayOf].filter((id) => id !== null)],
  );
  return row;
}

export type RefundPatch = Pick<RefundRow, 'state'> &
  Partial<Pick<RefundRow, 'kind' | 'authorizationCode' | 'responseCode' | 'problem'>>;

/** The payment is locked by the caller. */
export async function saveRefund(tx: TenantTransaction, id: string, patch: RefundPatch): Promise<RefundRow> {
  const { state, kind = null, authorizationCode = null, responseCode = null, problem = null } = patch;
  const [row] = await tx.query<RefundRow>(
    `UPDATE payment_refunds SET state = $3, kind = $4, authorization_code = $5, response_code = $6, problem = $7,
       settled_at = CASE WHEN $3 IN ('done', 'refused') THEN puente_now() END
     WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
    [tx.tenantId, id, state, kind, authorizationCode, responseCode, problem],
  );
  if (!row) throw new Error(`Refund ${id} is gone`);
  return row;
}
