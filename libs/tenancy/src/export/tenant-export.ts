import { Injectable } from '@nestjs/common';
import {
  type ExportedRows,
  TENANT_TABLES,
  TenantDatabase,
  type TenantTable,
  type TenantTransaction,
} from '@puente/database';
import { isUuid, type JsonObject } from '@puente/kernel';
import { AuditLog, type Origin } from '../audit/audit-log';
import { EnvelopeUnreadableError } from '../envelopes/envelope.errors';
import { TenantPayloadCipher } from '../envelopes/tenant-payload-cipher';
import { TenantNotFoundError, TenantStateConflictError } from '../tenants/tenant.errors';
import { lineOf, pageOf, partsOf, type PageQuery } from './export-pages';
import { jsonLine } from './json-line';

export interface ExportOptions {
  /** Whether inputs, outputs and texts are opened and shown. Default: yes, they are the tenant's. */
  readonly payloads?: boolean | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** A table that is part of an export, and how. */
interface Exported {
  readonly spec: TenantTable;
  readonly rows: ExportedRows;
}

interface Page {
  readonly rows: readonly Row[];
  readonly parts: readonly { readonly of: Exported; readonly rows: readonly Row[] }[];
}

/**
 * Everything we keep of a tenant, as lines of JSON: what it has a right to take along. Secrets are not in it, in no
 * form; payloads are, opened. What each table gives is said in {@link TENANT_TABLES}.
 *
 * Read page by page and not from one snapshot, which would keep PostgreSQL from cleaning up for as long as somebody's
 * download lasts: of a tenant that works meanwhile it shows each row as it was when its page was read. Suspend the
 * tenant first to get a still picture.
 */
@Injectable()
export class TenantExport {
  constructor(
    private readonly database: TenantDatabase,
    private readonly cipher: TenantPayloadCipher,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Lines, the last one of type `end`: without it the export is not whole. Read them as slowly as you like, and stop by
   * returning; only a page is held. Audited before the first one.
   *
   * @throws {TenantNotFoundError}
   * @throws {TenantStateConflictError} the tenant is deleted; also while it is read, when that happens meanwhile
   */
  async begin(origin: Origin, id: string, options: ExportOptions = {}): Promise<AsyncGenerator<string>> {
    const { payloads = true } = options;
    if (!isUuid(id)) throw new TenantNotFoundError(id);
    const tenant = await this.database.run(id, async (tx) => {
      const row = await tenantRow(tx);
      const detail = { payloads };
      const event = { action: 'tenant.exported', target: `tenant:${id}`, outcome: 'done', detail } as const;
      await this.audit.recordInBoth(tx, id, { ...origin, ...event });
      return row;
    });
    return this.lines(tenant, payloads);
  }

  private async *lines(tenant: Row, payloads: boolean): AsyncGenerator<string> {
    const counts: Record<string, number> = {};
    const written = (line: Record<string, unknown>): string => {
      const type = String(line.type);
      counts[type] = (counts[type] ?? 0) + 1;
      return jsonLine(line);
    };
    yield jsonLine({ type: 'export', version: 1, at: new Date(), payloads });
    yield written({ type: 'tenant', ...tenant });
    for (const table of exportedTables((spec) => spec.partOf === undefined)) {
      for await (const page of this.pages(String(tenant.id), table, payloads)) {
        for (const row of page.rows) yield written(await this.opened(String(tenant.id), table, row, payloads));
        for (const { of, rows } of page.parts) for (const row of rows) yield written(lineOf(of.rows, row));
      }
    }
    yield jsonLine({ type: 'end', counts });
  }

  private async *pages(tenantId: string, { spec, rows: shown }: Exported, payloads: boolean): AsyncGenerator<Page> {
    const parts = exportedTables(({ partOf }) => partOf?.table === spec.table);
    for (let after: readonly unknown[] | undefined; ;) {
      const page = await this.database.run(tenantId, async (tx) => {
        await tenantRow(tx);
        const rows = await read(tx, pageOf(spec, shown, payloads, after));
        const partsOfPage: Page['parts'][number][] = [];
        for (const part of parts) partsOfPage.push({ of: part, rows: await partRows(tx, part, rows) });
        return { rows, parts: partsOfPage };
      });
      const last = page.rows.at(-1);
      if (!last) return;
      yield page;
      after = spec.key.map((column) => last[column]);
    }
  }

  private async opened(
    tenantId: string,
    { spec, rows }: Exported,
    row: Row,
    payloads: boolean,
  ): Promise<Record<string, unknown>> {
    const line = lineOf(rows, row);
    const unreadable: string[] = [];
    for (const column of payloads ? (rows.sealed ?? []) : []) {
      const envelope = row[column] as JsonObject | null;
      line[column] = null;
      if (envelope === null) continue;
      try {
        const place = { tenantId, table: spec.table, rowId: String(row.id), column };
        line[column] = await this.cipher.open(place, envelope);
      } catch (error) {
        // One row that does not open, whoever is to blame, keeps nobody from the rest.
        if (!(error instanceof EnvelopeUnreadableError)) throw error;
        unreadable.push(column);
      }
    }
    return unreadable.length === 0 ? line : { ...line, unreadable };
  }
}

/** Locks nothing: whoever deletes the tenant meanwhile ends the export at its next page. */
async function tenantRow(tx: TenantTransaction): Promise<Row> {
  const [row] = await tx.query<{ status: string }>(
    `SELECT id, name, status, external_id AS "externalId", created_at AS "createdAt", suspended_at AS "suspendedAt"
     FROM tenants WHERE id = $1`,
    [tx.tenantId],
  );
  if (!row) throw new TenantNotFoundError(tx.tenantId);
  if (row.status !== 'deleted') return row;
  throw new TenantStateConflictError(`The tenant ${tx.tenantId} is deleted: only its audit trail can still be read.`);
}

function exportedTables(wanted: (spec: TenantTable) => boolean): Exported[] {
  return TENANT_TABLES.filter(wanted).flatMap((spec) =>
    typeof spec.exported === 'string' ? [] : [{ spec, rows: spec.exported }],
  );
}

function partRows(tx: TenantTransaction, { spec, rows }: Exported, of: readonly Row[]): Promise<Row[]> {
  const ids = of.map(({ id }) => id);
  return read(tx, partsOf(spec, rows, spec.partOf?.column ?? 'id', ids));
}

function read(tx: TenantTransaction, { sql, params }: PageQuery): Promise<Row[]> {
  return tx.query<Row>(sql, params);
}
