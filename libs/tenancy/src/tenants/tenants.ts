import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid, SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { MoreThan } from 'typeorm';
import { AuditLog, type Origin } from '../audit/audit-log';
import { underLiveKey } from '../envelopes/retired-key';
import { TenantDataKeys } from '../envelopes/tenant-data-keys';
import { InvalidFieldsError } from '../invalid-fields.errors';
import { isPlainName } from '../plain-text';
import { TenantWork } from '../ports/tenant-work.port';
import { TenantExistsError, TenantNotFoundError, TenantStateConflictError } from './tenant.errors';
import { TenantRecord, type TenantStatus } from './tenant.entity';

export interface TenantView {
  readonly id: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly externalId: string;
  readonly createdAt: Date;
  readonly suspendedAt: Date | null;
  readonly deletedAt: Date | null;
  /** Deleted, and the last text that could be read without its key is gone as well. */
  readonly erasedAt: Date | null;
}

export interface TenantPage {
  readonly items: readonly TenantView[];
  /** Id after which the next page begins, null on the last one. */
  readonly next: string | null;
}

/**
 * The platform's tenants. Everything here runs as the system tenant, the only one that row-level security lets see the
 * others, and is written to its audit trail.
 */
@Injectable()
export class Tenants {
  constructor(
    private readonly database: TenantDatabase,
    private readonly dataKeys: TenantDataKeys,
    private readonly audit: AuditLog,
    private readonly work: TenantWork,
  ) {}

  /** @param input `id` for a tenant that already has one elsewhere: a UUID in lower case */
  async create(
    origin: Origin,
    input: { readonly id?: string | undefined; readonly name: string },
  ): Promise<TenantView> {
    const { id = uuidv7(), name } = input;
    if (!isUuid(id)) throw new InvalidFieldsError([{ path: 'id', message: 'expected a UUID in lower case' }]);
    if (!isPlainName(name))
      throw new InvalidFieldsError([{ path: 'name', message: 'expected 1 to 200 visible characters' }]);
    return this.asSystem(async (tx) => {
      if (!(await this.insert(tx, id, name))) throw new TenantExistsError(id);
      await this.audit.record(tx, { ...origin, action: 'tenant.created', target: `tenant:${id}`, outcome: 'done' });
      return this.read(tx, id);
    });
  }

  /** Makes the owner of global credentials and platform keys, once. Run at every boot. */
  async ensureSystemTenant(): Promise<void> {
    await this.asSystem(async (tx) => {
      const found = await tx.query(`SELECT FROM tenants WHERE id = $1`, [SYSTEM_TENANT_ID]);
      if (found.length > 0 || !(await this.insert(tx, SYSTEM_TENANT_ID, 'Platform'))) return;
      const target = `tenant:${SYSTEM_TENANT_ID}`;
      await this.audit.record(tx, { actor: 'system:boot', action: 'tenant.created', target, outcome: 'done' });
    });
  }

  /** @throws {TenantNotFoundError} */
  get(id: string): Promise<TenantView> {
    return this.asSystem((tx) => this.read(tx, id));
  }

  /** In the order of their ids; those we made are in the order of their creation. The system tenant comes first. */
  async list(cursor?: string, limit = 25): Promise<TenantPage> {
    if (cursor !== undefined && !isUuid(cursor))
      throw new InvalidFieldsError([{ path: 'cursor', message: 'expected `next` of the previous page' }]);
    const rows = await this.asSystem((tx) =>
      tx.manager.getRepository(TenantRecord).find({
        ...(cursor === undefined ? {} : { where: { id: MoreThan(cursor) } }),
        order: { id: 'ASC' },
        take: limit + 1,
      }),
    );
    const items = rows.slice(0, limit).map(tenantView);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /**
   * From now on its keys are answered with 403 and nothing is called in its name: what is accepted waits in the ledger,
   * what is in its queue stays there. Calls in flight end by themselves. Repeating it changes nothing.
   */
  suspend(origin: Origin, id: string): Promise<TenantView> {
    return this.change(origin, id, 'suspended');
  }

  /** What waited goes on at once. */
  async activate(origin: Origin, id: string): Promise<TenantView> {
    const tenant = await this.change(origin, id, 'active');
    this.work.goesOn();
    return tenant;
  }

  private async change(origin: Origin, id: string, status: 'active' | 'suspended'): Promise<TenantView> {
    if (id === SYSTEM_TENANT_ID)
      throw new TenantStateConflictError('The system tenant is the platform itself and always active.');
    return this.asSystem(async (tx) => {
      const before = isUuid(id)
        ? await tx.query<{ status: TenantStatus }>(`SELECT status FROM tenants WHERE id = $1 FOR UPDATE`, [id])
        : [];
      if (before[0]?.status === 'deleted') throw new TenantStateConflictError(`The tenant ${id} is deleted.`);
      if (before[0] && before[0].status !== status) {
        await tx.query(
          `UPDATE tenants SET status = $2, updated_at = puente_now(),
             suspended_at = CASE WHEN $2 = 'suspended' THEN puente_now() END WHERE id = $1`,
          [id, status],
        );
        await this.audit.recordInBoth(tx, id, {
          ...origin,
          action: status === 'active' ? 'tenant.activated' : 'tenant.suspended',
          target: `tenant:${id}`,
          outcome: 'done',
        });
      }
      return this.read(tx, id);
    });
  }

  private asSystem<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.database.run(SYSTEM_TENANT_ID, work);
  }

  private async insert(tx: TenantTransaction, id: string, name: string): Promise<boolean> {
    const rows = await underLiveKey(tx).query(
      `INSERT INTO tenants (id, name, data_key, external_id) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING RETURNING id`,
      [id, name, JSON.stringify(await this.dataKeys.create(id)), `puente-${randomBytes(24).toString('base64url')}`],
    );
    return rows.length === 1;
  }

  private async read(tx: TenantTransaction, id: string): Promise<TenantView> {
    const row = isUuid(id) ? await tx.manager.getRepository(TenantRecord).findOneBy({ id }) : null;
    if (!row) throw new TenantNotFoundError(id);
    return tenantView(row);
  }
}

/** A tenant as the platform sees it: without its key. */
export function tenantView(tenant: TenantRecord): TenantView {
  const { id, name, status, externalId, createdAt, suspendedAt, deletedAt, erasedAt } = tenant;
  return { id, name, status, externalId, createdAt, suspendedAt, deletedAt, erasedAt };
}
