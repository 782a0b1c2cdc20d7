import type { Queryable } from '@puente/database';
import { IdempotencyInProgressError, IdempotencyKeyReusedError } from '../ledger.errors';
import type { Accepted } from '../operation';
import { ACCEPT, type AcceptRow, FIND_FIRST_USES, type FirstUse, LOCK_ORDER_KEYS } from '../sql/accept';

/** A row that was written, and the database's clock then. */
export interface Inserted {
  readonly id: string;
  readonly created_at: Date;
  /** Behind another one of its order key, which lets it come forward. */
  readonly blocked: boolean;
}

/** Writes what is new of these rows. Needs an open transaction when one of them has an order key. */
export async function insertFresh(db: Queryable, rows: readonly AcceptRow[]): Promise<Map<string, Inserted>> {
  if (rows.some(({ order_key }) => order_key !== undefined))
    await db.query(LOCK_ORDER_KEYS, [JSON.stringify(rows.map(orderOf))]);
  const inserted = await db.query<Inserted>(ACCEPT, [JSON.stringify(rows)]);
  return new Map(inserted.map((row) => [row.id, row]));
}

export async function findFirstUses(db: Queryable, rows: readonly AcceptRow[]): Promise<Map<string, FirstUse>> {
  const keys = rows.map(({ tenant_id, route, key }) => ({ tenant_id, route, key }));
  const found = await db.query<FirstUse>(FIND_FIRST_USES, [JSON.stringify(keys)]);
  return new Map(found.map((use) => [keyOf(use), use]));
}

export function keyOf(row: {
  readonly tenant_id: string;
  readonly route: string | undefined;
  readonly key: string | undefined;
}): string {
  return JSON.stringify([row.tenant_id, row.route, row.key]);
}

export function acceptedFresh(row: AcceptRow): Accepted {
  return { kind: 'accepted', operationId: row.id, subjectId: row.subject_id };
}

/**
 * What a request whose key is taken gets: the first one's operation, an error, or, when that one ended without any
 * effect because of its credentials, the right to begin anew in its place.
 *
 * @throws {IdempotencyKeyReusedError}
 * @throws {IdempotencyInProgressError}
 */
export function replayOf(row: AcceptRow, first: FirstUse): Accepted | 'anew' {
  if (first.request_hash !== row.request_hash) throw new IdempotencyKeyReusedError(first.key, first.operation_id);
  if (first.open) throw new IdempotencyInProgressError(first.key, first.operation_id);
  if (first.may_begin_anew) return 'anew';
  return { kind: 'replayed', operationId: first.operation_id, subjectId: first.subject_id };
}

/**
 * Accepts one operation, whatever else happens to its key meanwhile. A round without an answer means that the first
 * request rolled back, or that another one began anew, between our two looks; the next round sees which.
 */
export async function acceptOne(
  db: Queryable,
  row: AcceptRow,
): Promise<{ readonly accepted: Accepted; readonly inserted?: Inserted }> {
  let current = row;
  for (let round = 0; round < 5; round++) {
    const inserted = (await insertFresh(db, [current])).get(current.id);
    if (inserted) return { accepted: acceptedFresh(row), inserted };
    const first = (await findFirstUses(db, [row])).get(keyOf(row));
    if (!first) {
      current = row;
      continue;
    }
    const replay = replayOf(row, first);
    if (replay !== 'anew') return { accepted: replay };
    current = { ...row, replaces: first.operation_id };
  }
  throw new IdempotencyInProgressError(row.key ?? '', row.id);
}

function orderOf({ tenant_id, order_key }: AcceptRow): Pick<AcceptRow, 'tenant_id' | 'order_key'> {
  return { tenant_id, order_key };
}
