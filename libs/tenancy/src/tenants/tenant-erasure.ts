import { Injectable } from '@nestjs/common';
import { TENANT_TABLES, TenantDatabase, type TenantTable, type TenantTransaction } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { AuditLog } from '../audit/audit-log';
import { TenantWork } from '../ports/tenant-work.port';

const PAGE = 1_000;

/** How long to go on: a request that waits for it has not all day. */
export interface ErasureOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told after every page, with how many rows it had. */
  readonly onPage?: ((table: string, rows: number) => void) | undefined;
}

/**
 * After a deletion: ends the operations that waited, and takes from the rows that stay what anybody wrote into them, so
 * that only ids, states and times are left. Page by page, each in a transaction of its own, and every step may be done
 * twice: whoever is killed in between, or works on the same tenant at the same time, leaves nothing half done.
 */
@Injectable()
export class TenantErasure {
  constructor(
    private readonly database: TenantDatabase,
    private readonly work: TenantWork,
    private readonly audit: AuditLog,
  ) {}

  /** Deleted tenants of which something can still be read. */
  async pending(): Promise<string[]> {
    const rows = await this.database.run(SYSTEM_TENANT_ID, (tx) =>
      tx.query<{ id: string }>(
        `SELECT id FROM tenants WHERE status = 'deleted' AND erased_at IS NULL ORDER BY deleted_at, id`,
      ),
    );
    return rows.map(({ id }) => id);
  }

  /** @returns whether nothing is left to be done */
  async run(id: string, { signal, onPage }: ErasureOptions = {}): Promise<boolean> {
    const done = (table: string, rows: number): boolean => {
      onPage?.(table, rows);
      return signal?.aborted === true;
    };
    for (let ended = PAGE; ended > 0;) {
      ended = await this.database.run(id, (tx) => this.work.abandon(tx));
      if (done('operations', ended)) return false;
    }
    for (const spec of TENANT_TABLES.filter(({ partOf }) => partOf === undefined)) {
      for (let after: readonly unknown[] | undefined; ;) {
        const page = await this.database.run(id, (tx) => erasePage(tx, spec, after));
        if (page.length > 0 && done(spec.table, page.length)) return false;
        if (page.length < PAGE) break;
        after = spec.key.map((column) => page.at(-1)?.[column]);
      }
    }
    await this.database.run(SYSTEM_TENANT_ID, (tx) => this.finish(tx, id));
    return true;
  }

  private async finish(tx: TenantTransaction, id: string): Promise<void> {
    const erased = await tx.query(
      `UPDATE tenants SET erased_at = puente_now(), updated_at = puente_now()
       WHERE id = $1 AND status = 'deleted' AND erased_at IS NULL RETURNING id`,
      [id],
    );
    if (erased.length === 0) return; // somebody else was faster
    const event = {
      actor: 'system:erasure',
      action: 'tenant.erased',
      target: `tenant:${id}`,
      outcome: 'done',
    } as const;
    await this.audit.recordInBoth(tx, id, event);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** @returns the keys of the page's rows; fewer than a page: it was the last one */
async function erasePage(
  tx: TenantTransaction,
  spec: TenantTable,
  after: readonly unknown[] | undefined,
): Promise<readonly Row[]> {
  const { table, key, atDeletion } = spec;
  if (atDeletion === 'kept' || atDeletion === 'removed at once') return [];
  const order = key.join(', ');
  const places = key.map((_, at) => `$${String(at + 1)}`).join(', ');
  const rest = `tenant_id = current_tenant()${after ? ` AND (${order}) > (${places})` : ''}`;
  const parts = TENANT_TABLES.filter(({ partOf }) => partOf?.table === table);
  const page = await tx.query<Row>(
    `SELECT ${order}${parts.length > 0 ? ', id' : ''} FROM ${table} WHERE ${rest} ORDER BY ${order} LIMIT ${String(PAGE)}`,
    after ?? [],
  );
  const last = page.at(-1);
  if (!last) return page;
  const upTo = key.map((_, at) => `$${String(at + 1 + (after?.length ?? 0))}`).join(', ');
  const params = [...(after ?? []), ...key.map((column) => last[column])];
  await erase(tx, spec, `${rest} AND (${order}) <= (${upTo})`, params);
  for (const part of parts) {
    const column = part.partOf?.column ?? 'id';
    await erase(tx, part, `tenant_id = current_tenant() AND ${column} = ANY ($1::uuid[])`, [page.map(({ id }) => id)]);
  }
  return page;
}

/** Only what is not erased yet: a second pass over a million rows writes none of them. */
async function erase(
  tx: TenantTransaction,
  { table, atDeletion }: TenantTable,
  where: string,
  params: readonly unknown[],
): Promise<void> {
  if (atDeletion === 'removed') await tx.query(`DELETE FROM ${table} WHERE ${where}`, params);
  if (typeof atDeletion === 'string') return;
  const changes = Object.entries(atDeletion.erased);
  const set = changes.map(([column, value]) => `${column} = ${value}`).join(', ');
  const differs = changes.map(([column, value]) => `${column} IS DISTINCT FROM ${value}`).join(' OR ');
  await tx.query(`UPDATE ${table} SET ${set} WHERE ${where} AND (${differs})`, params);
}
