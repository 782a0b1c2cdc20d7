import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { AuditLog, type Origin } from '@puente/tenancy';
import { ShopUserNotFoundError } from './purchases.errors';
import { post } from './wallet-rows';

/** A user of the tenant's shop. `billetera`, in CLP, is what S2.5 calls the balance of the wallet. */
export interface ShopUser {
  readonly id: string;
  readonly billetera: number;
  readonly email: string | null;
  readonly name: string;
}

export interface TopUp {
  readonly userId: string;
  /** CLP, above zero. */
  readonly amount: number;
  /** The same key adds the money once. */
  readonly idempotencyKey?: string | undefined;
}

/** The users of a tenant's shop, by the tenant's own identity of them, and what is in their wallets (S2.5). */
@Injectable()
export class Wallets {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
  ) {}

  /** Makes a user, or changes e-mail and name. Money is moved by {@link add} and by purchases alone. */
  put(
    tenantId: string,
    id: string,
    person: { email?: string | undefined; name: string },
    origin: Origin,
  ): Promise<ShopUser> {
    return this.database.run(tenantId, async (tx) => {
      await tx.query(
        `INSERT INTO shop_users (tenant_id, user_id, email, name, created_at, updated_at)
         VALUES ($1, $2, $3, $4, puente_now(), puente_now())
         ON CONFLICT (tenant_id, user_id) DO UPDATE SET email = excluded.email, name = excluded.name, updated_at = excluded.updated_at`,
        [tenantId, id, person.email ?? null, person.name],
      );
      await this.audit.record(tx, { ...origin, action: 'shop_user.put', target: `shop-user:${id}`, outcome: 'done' });
      return found(tx, id);
    });
  }

  /** @throws {ShopUserNotFoundError} */
  get(tenantId: string, id: string): Promise<ShopUser> {
    return this.database.run(tenantId, (tx) => found(tx, id));
  }

  /**
   * Adds money.
   *
   * @throws {ShopUserNotFoundError}
   * @throws {IdempotencyKeyReusedError} the key came before with another user or amount
   */
  add(tenantId: string, { userId, amount, idempotencyKey }: TopUp, origin: Origin): Promise<ShopUser> {
    return this.database.run(tenantId, async (tx) => {
      if (await post(tx, { kind: 'top_up', userId, amount, idempotencyKey })) {
        const target = `shop-user:${userId}`;
        await this.audit.record(tx, {
          ...origin,
          action: 'wallet.topped_up',
          target,
          outcome: 'done',
          detail: { amount },
        });
      }
      return found(tx, userId);
    });
  }
}

/** @throws {ShopUserNotFoundError} */
async function found(tx: TenantTransaction, id: string): Promise<ShopUser> {
  const user = await findUser(tx, id);
  if (!user) throw new ShopUserNotFoundError(id);
  return user;
}

export async function findUser(tx: TenantTransaction, id: string): Promise<ShopUser | undefined> {
  const [user] = await tx.query<ShopUser>(
    `SELECT user_id AS id, balance::float8 AS billetera, email, name FROM shop_users WHERE tenant_id = $1 AND user_id = $2`,
    [tx.tenantId, id],
  );
  return user;
}
