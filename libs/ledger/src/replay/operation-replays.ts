import { Injectable } from '@nestjs/common';
import { RepeatRegistry } from './repeat-registry';
import type { TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { TransactionalAccept } from '../accept/transactional-accept';
import { IdempotencyKeyReusedError, ReplayNotFoundError } from '../ledger.errors';
import { type OperationState, PRIORITIES } from '../operation';
import { GET_REPLAY, INSERT_REPLAY, LIST_REPLAYS, LOCK_REPLAYS, REPLAY_OF_KEY, REPLAY_STATES } from '../sql/replay';
import { ReplayPages } from './replay-pages';
import type { Replay, ReplayPlan, ReplayRequest, ReplaySummary, ReplayedOperation } from './replay-request';
import { replayOf } from './whole-row';

interface ReplayRow {
  readonly id: string;
  readonly idempotency_key: string | null;
  readonly request: unknown;
  readonly actor: string;
  readonly items: readonly ReplayedOperation[];
  readonly skipped: Replay['skipped'];
  readonly next: string | null;
  readonly created_at: Date;
}

/**
 * Does ended operations again, many at once: a replay is a new operation, linked to the old one, which stays as it is.
 * A request replays one page; its `next` goes on with the following one, up to what there was at the first.
 */
@Injectable()
export class OperationReplays {
  constructor(
    private readonly pages: ReplayPages,
    private readonly accept: TransactionalAccept,
    private readonly repeats: RepeatRegistry,
  ) {}

  /** What {@link replay} would do now. Nothing is written. @throws {InvalidCursorError} */
  async plan(tx: TenantTransaction, request: ReplayRequest): Promise<ReplayPlan> {
    const { replayable, skipped, next } = await this.pages.page(tx, request);
    return { operationIds: replayable.map(({ row }) => row.id), skipped, next };
  }

  /**
   * Makes the new operations. The caller writes the audit entry in the same transaction when the answer is fresh, and
   * wakes the dispatchers after it.
   *
   * @throws {InvalidCursorError}
   * @throws {IdempotencyKeyReusedError}
   */
  async replay(
    tx: TenantTransaction,
    request: ReplayRequest,
    by: { readonly actor: string; readonly idempotencyKey?: string | undefined },
  ): Promise<Replay> {
    await tx.query(LOCK_REPLAYS);
    const asked = JSON.stringify(request);
    const before = await sameKey(tx, by.idempotencyKey, asked);
    if (before) return viewOf(before, false);
    const { replayable, skipped, next } = await this.pages.page(tx, request);
    const operations = replayable.map(({ row, input }) => replayOf(row, input, PRIORITIES.bulk));
    await this.accept.acceptAll(tx, operations);
    const made = replayable.map(({ row }, at) => {
      return { of: row.id, operationId: operations[at]?.id ?? '', provider: row.provider };
    });
    await this.repeats.tell(tx, made);
    const items = made.map(({ of, operationId }) => ({ of, operationId }));
    const values = [uuidv7(), by.idempotencyKey ?? null, asked, by.actor, json(items), json(skipped), next];
    const [row] = await tx.query<ReplayRow>(INSERT_REPLAY, values);
    if (!row) throw new Error('An insert answers with its row');
    return viewOf(row, true);
  }

  /** Newest first. @param cursor `next` of the page before */
  async list(
    tx: TenantTransaction,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ readonly items: readonly ReplaySummary[]; readonly next: string | null }> {
    const rows = await tx.query<ReplaySummary & { seq: string }>(LIST_REPLAYS, [cursor ?? null, limit + 1]);
    const page = rows.slice(0, limit);
    return {
      items: page.map(({ seq: _, ...replay }) => replay),
      next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
    };
  }

  /** What a replay did, and what has become of its operations. @throws {ReplayNotFoundError} */
  async get(
    tx: TenantTransaction,
    id: string,
  ): Promise<Replay & { readonly states: Partial<Record<OperationState, number>> }> {
    const [row] = await tx.query<ReplayRow>(GET_REPLAY, [id]);
    if (!row) throw new ReplayNotFoundError(id);
    const ids = row.items.map(({ operationId }) => operationId);
    const counts = await tx.query<{ state: OperationState; n: number }>(REPLAY_STATES, [ids]);
    return { ...viewOf(row, false), states: Object.fromEntries(counts.map(({ state, n }) => [state, n])) };
  }
}

async function sameKey(tx: TenantTransaction, key: string | undefined, asked: string): Promise<ReplayRow | undefined> {
  if (key === undefined) return undefined;
  const [row] = await tx.query<ReplayRow & { same: boolean }>(REPLAY_OF_KEY, [key, asked]);
  if (row && !row.same) throw new IdempotencyKeyReusedError(key);
  return row;
}

function viewOf({ id, actor, items, skipped, next, created_at: createdAt }: ReplayRow, fresh: boolean): Replay {
  return { id, actor, items, skipped, next, createdAt, fresh };
}

function json(value: unknown): string {
  return JSON.stringify(value);
}
