import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid } from '@puente/kernel';
import { InvalidCursorError, OperationNotFoundError } from '../ledger.errors';
import type { AttemptView, OperationFilter, OperationPage, OperationView } from '../operation';
import { ATTEMPTS, GET, LIST, LIST_SETTLED } from '../sql/read';
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
    const order = filter.settledFrom ? bySettlement(filter.settledFrom) : NEWEST_FIRST;
    const params = [...filterParams(filter), ...order.after(cursor), size + 1];
    const rows = await this.db.run(tenantId, (tx) => tx.query<ViewRow>(order.sql, params));
    const page = rows.slice(0, size);
    const last = rows.length > size ? page.at(-1) : undefined;
    const next = last ? Buffer.from(order.position(last)).toString('base64url') : null;
    return { items: await Promise.all(page.map((row) => this.views.of(row))), next };
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

function filterParams(filter: OperationFilter): unknown[] {
  const { provider, integration, operation, states, routeKey, createdFrom, createdBefore } = filter;
  return [provider, integration, operation, states, routeKey, createdFrom, createdBefore].map((value) => value ?? null);
}

/** What a list is ordered by. A cursor is the position of the last row; opaque, since that is nobody's business. */
interface ListOrder {
  readonly sql: string;
  position(row: ViewRow): string;
  after(cursor: string | undefined): readonly unknown[];
}

const NEWEST_FIRST: ListOrder = {
  sql: LIST,
  position: ({ seq }) => `o:${seq}`,
  after: (cursor) => read(cursor, /^o:(\d{1,18})$/, 1),
};

function bySettlement(from: Date): ListOrder {
  return {
    sql: LIST_SETTLED,
    position: ({ settled_micros, id }) => `s:${settled_micros ?? ''}:${id}`,
    after: (cursor) => [from, ...read(cursor, /^s:(\d{1,18}):([0-9a-f-]{36})$/, 2)],
  };
}

/** @throws {InvalidCursorError} also for a cursor of another order */
function read(cursor: string | undefined, pattern: RegExp, parts: number): readonly (string | null)[] {
  if (cursor === undefined) return Array<null>(parts).fill(null);
  const found = pattern.exec(Buffer.from(cursor, 'base64url').toString());
  if (!found || (found[2] !== undefined && !isUuid(found[2]))) throw new InvalidCursorError();
  return found.slice(1);
}
