import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { JsonValue } from '@puente/kernel';
import { InvalidCursorError, PayloadUnreadableError } from '../ledger.errors';
import { OperationViews } from '../reading/operation-views';
import { LOCK_REPLAYS, NEWEST, REPLAY_PAGE } from '../sql/replay';
import { isLive } from '../transitions';
import { REPLAYED_BY_DEFAULT, type ReplayRequest, type ReplaySkip, type SkippedOperation } from './replay-request';
import type { WholeRow } from './whole-row';

interface PageRow extends WholeRow {
  readonly replayed: boolean;
}

export interface Replayable {
  readonly row: WholeRow;
  readonly input: JsonValue;
}

export interface ReplayPage {
  readonly replayable: readonly Replayable[];
  readonly skipped: readonly SkippedOperation[];
  readonly next: string | null;
}

/** Finds and locks what a replay request names, in the order in which it was accepted. */
@Injectable()
export class ReplayPages {
  constructor(private readonly views: OperationViews) {}

  /** @throws {InvalidCursorError} */
  async page(tx: TenantTransaction, request: ReplayRequest): Promise<ReplayPage> {
    await tx.query(LOCK_REPLAYS);
    const { after, upTo } = await bounds(tx, request.cursor);
    const rows = await tx.query<PageRow>(REPLAY_PAGE, [...params(request), after, upTo, request.limit]);
    rows.sort((a, b) => (BigInt(a.seq) < BigInt(b.seq) ? -1 : 1));
    const replayable: Replayable[] = [];
    const skipped = missing(request, rows);
    for (const row of rows) {
      const input = await this.inputOf(row, request);
      if ('reason' in input) skipped.push({ operationId: row.id, reason: input.reason });
      else replayable.push({ row, input: input.value });
    }
    const last = rows.length === request.limit ? rows.at(-1) : undefined;
    return { replayable, skipped, next: last ? cursorOf(last.seq, upTo) : null };
  }

  private async inputOf(row: PageRow, request: ReplayRequest): Promise<{ reason: ReplaySkip } | { value: JsonValue }> {
    const reason = skipped(row, request);
    if (reason) return { reason };
    try {
      return { value: await this.views.open(row, 'input', row.input) };
    } catch (error) {
      if (error instanceof PayloadUnreadableError) return { reason: 'unreadable' };
      throw error;
    }
  }
}

function skipped(row: PageRow, { filter, repeatOnce }: ReplayRequest): ReplaySkip | undefined {
  const states: readonly string[] = filter.states ?? REPLAYED_BY_DEFAULT;
  if (isLive(row.state)) return 'live';
  if (!states.includes(row.state)) return 'state';
  if (row.replayed) return 'replayed';
  if (row.effect === 'once' && (row.state === 'succeeded' || row.maybe_sent) && !repeatOnce) return 'happened';
  return row.payload_expired_at === null ? undefined : 'expired';
}

function missing({ filter, cursor }: ReplayRequest, rows: readonly PageRow[]): SkippedOperation[] {
  if (!filter.ids || cursor !== undefined) return [];
  const found = new Set(rows.map(({ id }) => id));
  return filter.ids.filter((id) => !found.has(id)).map((operationId) => ({ operationId, reason: 'not_found' }));
}

/** Named ones are found in whatever state they are, so that the answer says why they were left out. */
function params({ filter }: ReplayRequest): unknown[] {
  const { provider, integration, operation, createdFrom, createdBefore, settledFrom, settledBefore, ids } = filter;
  const states = ids ? null : (filter.states ?? REPLAYED_BY_DEFAULT);
  const given = [provider, integration, operation, states, createdFrom, createdBefore, settledFrom, settledBefore, ids];
  return given.map((value) => value ?? null);
}

async function bounds(tx: TenantTransaction, cursor: string | undefined): Promise<{ after: string; upTo: string }> {
  if (cursor === undefined) {
    const [newest] = await tx.query<{ seq: string }>(NEWEST);
    return { after: '0', upTo: newest?.seq ?? '0' };
  }
  const found = /^p:(\d{1,18}):(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString());
  const [, after, upTo] = found ?? [];
  if (after === undefined || upTo === undefined) throw new InvalidCursorError();
  return { after, upTo };
}

function cursorOf(after: string, upTo: string): string {
  return Buffer.from(`p:${after}:${upTo}`).toString('base64url');
}
