import { Injectable } from '@nestjs/common';
import { TENANT_TABLES, TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid, SYSTEM_TENANT_ID } from '@puente/kernel';
import { AuditLog, type Origin } from '../audit/audit-log';
import { TenantDataKeys } from '../envelopes/tenant-data-keys';
import { InvalidFieldsError } from '../invalid-fields.errors';
import { TenantWork, type UnfinishedWork } from '../ports/tenant-work.port';
import type { TenantStatus } from './tenant.entity';
import { TenantNotFoundError, TenantStateConflictError, TenantUnfinishedError } from './tenant.errors';

export interface DeletionOptions {
  /** The tenant's name, exactly: nobody deletes a tenant by a slip of the id. */
  readonly confirm: string;
  /** Also when it is not known what became of some operations. They are given up as dropped, and named in the audit trail. */
  readonly force?: boolean | undefined;
}

/** What is left of a deleted tenant's name: who looks for it may know only that there was one. */
const TOMBSTONE = 'deleted';
/** Two that want the same rows in another order: PostgreSQL ends one of them, which is this one now and then. */
const DEADLOCK = '40P01';
const TRIES = 3;

/**
 * Deletes a tenant for good: in one transaction its data key is destroyed, and with it every payload; its credentials,
 * queues and handlers are gone, its API keys revoked. A tombstone with its id stays, and so does its audit trail. What
 * can still be read of its rows is erased afterwards by {@link TenantErasure}.
 *
 * From the commit on nothing is called with its credentials, in any process: they are read for every call, and only of
 * active tenants. The consumers of its queue stopped when it was suspended, within seconds.
 */
@Injectable()
export class TenantDeletion {
  constructor(
    private readonly database: TenantDatabase,
    private readonly work: TenantWork,
    private readonly dataKeys: TenantDataKeys,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Repeating it changes nothing.
   *
   * @throws {TenantNotFoundError}
   * @throws {TenantStateConflictError} it is not suspended
   * @throws {InvalidFieldsError} `confirm` is not its name
   * @throws {TenantUnfinishedError} something runs; or, without `force`, may have had an effect that nobody knows of
   */
  async delete(origin: Origin, id: string, options: DeletionOptions): Promise<void> {
    if (id === SYSTEM_TENANT_ID)
      throw new TenantStateConflictError('The system tenant is the platform itself and cannot be deleted.');
    if (!isUuid(id)) throw new TenantNotFoundError(id);
    for (let left = TRIES; ; left -= 1) {
      try {
        await this.database.run(id, (tx) => this.deleted(tx, origin, options));
        this.dataKeys.forget(id);
        return;
      } catch (error) {
        if (left <= 1 || (error as { code?: unknown }).code !== DEADLOCK) throw error;
      }
    }
  }

  private async deleted(tx: TenantTransaction, origin: Origin, { confirm, force }: DeletionOptions): Promise<void> {
    const id = tx.tenantId;
    // Waits for every transaction that is writing rows of this tenant; later ones are refused. See refuse_deleted_tenant.
    const [tenant] = await tx.query<{ status: TenantStatus; name: string }>(
      `SELECT status, name FROM tenants WHERE id = $1 FOR UPDATE`,
      [id],
    );
    if (!tenant) throw new TenantNotFoundError(id);
    if (tenant.status === 'deleted') return;
    if (tenant.status !== 'suspended')
      throw new TenantStateConflictError(`The tenant ${id} is active. Suspend it first; nothing is lost by that.`);
    if (confirm !== tenant.name)
      throw new InvalidFieldsError([{ path: 'confirm', message: 'expected the name of the tenant' }]);
    const unfinished = await this.work.unfinished(tx);
    if (unfinished.some(({ state }) => state === 'running') || (unfinished.length > 0 && force !== true))
      throw new TenantUnfinishedError(id, unfinished);
    await removeAtOnce(tx);
    const detail = { abandoned: unfinished.map(abandonedOf) };
    await this.audit.recordInBoth(tx, id, {
      ...{ ...origin, action: 'tenant.deleted', target: `tenant:${id}`, outcome: 'done', detail },
    });
  }
}

async function removeAtOnce(tx: TenantTransaction): Promise<void> {
  for (const { table, atDeletion } of [...TENANT_TABLES].reverse())
    if (atDeletion === 'removed at once') await tx.query(`DELETE FROM ${table} WHERE tenant_id = current_tenant()`);
  await tx.query(`UPDATE api_keys SET revoked_at = puente_now() WHERE revoked_at IS NULL`);
  await tx.query(
    `UPDATE tenants SET status = 'deleted', data_key = NULL, name = $2, external_id = '', deleted_at = puente_now(),
       updated_at = puente_now() WHERE id = $1`,
    [tx.tenantId, TOMBSTONE],
  );
}

function abandonedOf({ state, count, ids }: UnfinishedWork) {
  return { state, count, operations: [...ids] };
}
