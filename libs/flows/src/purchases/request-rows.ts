import type { TenantTransaction } from '@puente/database';
import type { RequestStatus } from './purchases.schemas';

/** Who asked for how many units of what, and what became of it. */
export interface PurchaseRequest {
  readonly requestId: string;
  readonly origin: 'internal' | 'external';
  readonly groupId: string;
  readonly seller: number;
  readonly fixtureId: string;
  readonly leagueName: string;
  readonly round: string;
  readonly date: string;
  readonly result: string;
  readonly datetime: string;
  readonly depositToken: string;
  readonly quantity: number;
  /** CLP. */
  readonly amount: number;
  readonly userId: string | null;
  readonly wallet: boolean;
  readonly status: RequestStatus;
  /** The payment it waits for, or that ended it: of several tried, the newest. */
  readonly paymentId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const REQUEST_COLUMNS = `request_id AS "requestId", origin, group_id AS "groupId", seller::float8, fixture_id AS "fixtureId",
  league_name AS "leagueName", round, date, result, datetime, deposit_token AS "depositToken", quantity::float8, amount::float8,
  user_id AS "userId", wallet, status, payment_id AS "paymentId", created_at AS "createdAt", updated_at AS "updatedAt"`;

export type NewRequest = Omit<PurchaseRequest, 'createdAt' | 'updatedAt' | 'status' | 'paymentId'> & {
  readonly idempotencyKey?: string | undefined;
  readonly requestHash: Buffer | null;
  readonly holdMinutes: number | null;
};

/** @returns undefined when a request with this id or key is there already */
export async function insertRequest(tx: TenantTransaction, request: NewRequest): Promise<PurchaseRequest | undefined> {
  const [inserted] = await tx.query<PurchaseRequest>(
    `INSERT INTO purchase_requests (tenant_id, request_id, origin, group_id, seller, fixture_id, league_name, round, date, result,
       datetime, deposit_token, quantity, amount, user_id, wallet, status, units_held, idempotency_key, request_hash, expires_at,
       created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'pending', true, $17, $18,
       puente_now() + make_interval(mins => $19), puente_now(), puente_now())
     ON CONFLICT DO NOTHING
     RETURNING ${REQUEST_COLUMNS}`,
    [
      ...[tx.tenantId, request.requestId, request.origin, request.groupId, request.seller, request.fixtureId],
      ...[request.leagueName, request.round, request.date, request.result, request.datetime, request.depositToken],
      ...[request.quantity, request.amount, request.userId, request.wallet],
      ...[request.idempotencyKey ?? null, request.requestHash, request.holdMinutes],
    ],
  );
  return inserted;
}

/** Locked until the transaction ends: what becomes of a request is decided one by one. */
export async function lockRequest(tx: TenantTransaction, requestId: string): Promise<PurchaseRequest | undefined> {
  const [row] = await tx.query<PurchaseRequest>(
    `SELECT ${REQUEST_COLUMNS} FROM purchase_requests WHERE tenant_id = $1 AND request_id = $2 FOR UPDATE`,
    [tx.tenantId, requestId],
  );
  return row;
}

export interface FirstRequest extends PurchaseRequest {
  readonly requestHash: Buffer | null;
}

/** The request that came before with this key, or with this id. */
export async function findFirst(
  tx: TenantTransaction,
  by: { readonly idempotencyKey: string } | { readonly requestId: string },
): Promise<FirstRequest | undefined> {
  const [column, value] = 'requestId' in by ? ['request_id', by.requestId] : ['idempotency_key', by.idempotencyKey];
  const [row] = await tx.query<FirstRequest>(
    `SELECT ${REQUEST_COLUMNS}, request_hash AS "requestHash" FROM purchase_requests WHERE tenant_id = $1 AND ${column} = $2`,
    [tx.tenantId, value],
  );
  return row;
}

/** Whose request a token of Webpay's newest form is. */
export async function findByToken(tx: TenantTransaction, token: string): Promise<PurchaseRequest | undefined> {
  const [row] = await tx.query<PurchaseRequest>(
    `SELECT ${REQUEST_COLUMNS} FROM purchase_requests WHERE tenant_id = $1 AND deposit_token = $2 AND origin = 'internal'`,
    [tx.tenantId, token],
  );
  return row;
}

export async function setStatus(
  tx: TenantTransaction,
  requestId: string,
  change: {
    readonly status: RequestStatus;
    readonly decidedBy?: string;
    readonly depositToken?: string;
    readonly paymentId?: string;
  },
): Promise<void> {
  await tx.query(
    `UPDATE purchase_requests
     SET status = $3, units_held = $3 <> 'rejected', decided_by = coalesce($4, decided_by),
         deposit_token = coalesce($5, deposit_token), payment_id = coalesce($6, payment_id),
         expires_at = CASE WHEN $3 IN ('pending', 'sent') THEN expires_at END, updated_at = puente_now()
     WHERE tenant_id = $1 AND request_id = $2`,
    [
      ...[tx.tenantId, requestId, change.status, change.decidedBy ?? null],
      ...[change.depositToken ?? null, change.paymentId ?? null],
    ],
  );
}
