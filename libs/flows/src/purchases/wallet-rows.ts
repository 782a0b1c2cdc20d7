import type { TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { IdempotencyKeyReusedError } from '@puente/ledger';
import { ShopUserNotFoundError, WalletInsufficientError } from './purchases.errors';

/** `funding`: where money comes from when it is added. `sales`: where it goes for what is bought. */
type Account = 'funding' | 'sales' | `user:${string}`;

export interface WalletEntry {
  readonly kind: 'top_up' | 'purchase' | 'refund';
  readonly userId: string;
  /** CLP, above zero. */
  readonly amount: number;
  readonly requestId?: string;
  readonly idempotencyKey?: string | undefined;
}

/** From which account each kind takes, and which it gives to. */
const MOVES: Readonly<
  Record<WalletEntry['kind'], (user: Account) => { readonly from: Account; readonly to: Account }>
> = {
  top_up: (user) => ({ from: 'funding', to: user }),
  purchase: (user) => ({ from: user, to: 'sales' }),
  refund: (user) => ({ from: 'sales', to: user }),
};

/**
 * Posts an entry and moves the user's balance with it, under the lock of the user's row: two entries of one wallet never
 * see the same balance.
 *
 * @returns false when an entry with this idempotency key is there already, with the same user and amount
 * @throws {ShopUserNotFoundError} {@link WalletInsufficientError} {@link IdempotencyKeyReusedError}
 */
export async function post(tx: TenantTransaction, entry: WalletEntry): Promise<boolean> {
  const { kind, userId, amount } = entry;
  await lockBalance(tx, userId);
  if (entry.idempotencyKey !== undefined && (await cameBefore(tx, entry, entry.idempotencyKey))) return false;
  const [moved] = await tx.query(
    `UPDATE shop_users SET balance = balance + $3, updated_at = puente_now()
     WHERE tenant_id = $1 AND user_id = $2 AND balance + $3 >= 0 RETURNING user_id`,
    [tx.tenantId, userId, kind === 'purchase' ? -amount : amount],
  );
  if (!moved) throw new WalletInsufficientError(userId, amount);
  const id = uuidv7();
  await tx.query(
    `INSERT INTO wallet_entries (id, tenant_id, kind, user_id, request_id, idempotency_key, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, puente_now())`,
    [id, tx.tenantId, kind, userId, entry.requestId ?? null, entry.idempotencyKey ?? null],
  );
  const { from, to } = MOVES[kind](`user:${userId}`);
  await tx.query(
    `INSERT INTO wallet_postings (tenant_id, entry_id, account, amount) VALUES ($1, $2, $3, -$5::bigint), ($1, $2, $4, $5::bigint)`,
    [tx.tenantId, id, from, to, amount],
  );
  return true;
}

async function lockBalance(tx: TenantTransaction, userId: string): Promise<void> {
  const locked = await tx.query(`SELECT FROM shop_users WHERE tenant_id = $1 AND user_id = $2 FOR UPDATE`, [
    tx.tenantId,
    userId,
  ]);
  if (locked.length === 0) throw new ShopUserNotFoundError(userId);
}

async function cameBefore(tx: TenantTransaction, { userId, amount }: WalletEntry, key: string): Promise<boolean> {
  const [first] = await tx.query<{ userId: string; amount: number }>(
    `SELECT e.user_id AS "userId", p.amount::float8 AS amount
     FROM wallet_entries e
     JOIN wallet_postings p ON p.tenant_id = e.tenant_id AND p.entry_id = e.id AND p.account = 'user:' || e.user_id
     WHERE e.tenant_id = $1 AND e.idempotency_key = $2`,
    [tx.tenantId, key],
  );
  if (!first) return false;
  if (first.userId !== userId || first.amount !== amount) throw new IdempotencyKeyReusedError(key);
  return true;
}
