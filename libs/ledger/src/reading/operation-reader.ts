import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { InvalidCursorError, OperationNotFoundError } from '../ledger.errors';
import type { AttemptView, OperationFilter, OperationPage, OperationView } from '../operation';
import { ATTEMPTS, GET, LIST } from '../sql/read';
import { OperationViews, type ViewRow } from './operation-views';

const MAX_PAGE = 100;

interface AttemptRow {
  readonly number: number;
  readonly mode: AttemptView['mode'];
  readonly started_at: Date;
  readonly ended_at: Date;
  readonly duration_ms: number;
  readonly outcome: string;
  readonly provider_code: string | null;
  readonly provider_status: number | null;
  readonly excerpt: string | null;
  readonly repeat: boolean;
  readonly applied: boolean;
}

/** Reads one tenant's operations, under row-level security. */
@Injectable()
export class OperationReader {
  constructor(
    private readonly db: TenantDatabase,
    private readonly views: OperationViews,
  ) {}

  async get(where: TenantTransaction | string, id: string): Promise<OperationView> {
    const read = (tx: TenantTransaction): Promise<ViewRow[]> => tx.query<ViewRow>(GET, [id]);
    const [row] = typeof where === 'string' ? await this.db.run(where, read) : await read(where);
    if (!row) throw new OperationNotFoundError(id);
    return this.views.of(row);
  }

  async list(tenantId: string, filter: OperationFilter, cursor?: string, limit = 50): Promise<OperationPage> {
    const size = Math.min(MAX_PAGE, Math.max(1, Math.trunc(limit)));
    const { provider, operation, states, routeKey, createdFrom, createdBefore } = filter;
    const params = [provider, operation, states, routeKey, createdFrom, createdBefore].map((value) => value ?? null);
    const before = cursor === undefined ? null : seqOf(cursor);
    const rows = await this.db.run(tenantId, (tx) => tx.query<ViewRow>(LIST, [before, ...params, size + 1]));
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    return { items: await Promise.all(page.map((row) => this.views.of(row))), next: last ? cursorOf(last.seq) : null };
  }

  async attempts(tenantId: string, id: string): Promise<AttemptView[]> {
    return this.db.run(tenantId, async (tx) => {
      if ((await tx.query(GET, [id])).length === 0) throw new OperationNotFoundError(id);
      return (await tx.query<AttemptRow>(ATTEMPTS, [id])).map((row) => ({
        number: row.number,
        mode: row.mode,
        startedAt: row.started_at,
        endedAt: row.ended_at,
        durationMs: row.duration_ms,
        outcome: row.outcome,
        providerCode: row.provider_code,
        providerStatus: row.provider_status,
        excerpt: row.excerpt,
        repeat: row.repeat,
        applied: row.applied,
      }));
    });
  }
}

/** Opaque on purpose: what a page is ordered by is nobody's business. */
function cursorOf(seq: string): string {
  return Buffer.from(`o:${seq}`).toString('base64url');
}

function seqOf(cursor: string): string {
  const [, seq] = /^o:(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (seq === undefined) throw new InvalidCursorError();
  return seq;
}
