import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid, type JsonObject, uuidv7 } from '@puente/kernel';
import { IdempotencyKeyReusedError } from '@puente/ledger';
import { AuditLog, type Origin } from '@puente/tenancy';
import { boundQueue, type NotificationQueueEntity } from '../notification-queue.entity';
import { NotificationQueueMissingError } from '../notifications.errors';
import { type DeadLetterView, findDeadLetter } from './dead-letters';
import { DeadLetterNotFoundError, DeadLetterNotWaitingError } from './dead-letters.errors';
import { RedriveEndedError, RedriveNotFoundError, RedriveRunningError } from './dead-letters.errors';
import { LetterSending, lockLetter } from './letter-sending';
import { end, progressOf, REDRIVE, type RedriveCounts, type RedriveRow, type RedriveState } from './redrive-rows';
import type { LetterFilter, RedriveBody } from './redrive.schemas';

export interface RedriveView extends RedriveCounts {
  readonly id: string;
  readonly state: RedriveState;
  readonly messagesPerSecond: number;
  readonly filter: LetterFilter;
  readonly actor: string;
  /** Letters named in the filter that did not wait, or are none. */
  readonly skipped: number;
  /** Letters still to be sent, those on their way included. */
  readonly remaining: number;
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface RedrivePage {
  readonly items: readonly RedriveView[];
  /** Cursor of the next page: a number as text; null on the last one. */
  readonly next: string | null;
}

export interface RedriveRequest {
  readonly origin: Origin;
  /** The same key again: the first answer, and nothing is sent twice. */
  readonly idempotencyKey?: string | undefined;
}

export const REDRIVE_LETTER_ROUTE = 'POST /v1/notifications/dead-letters/{id}/redrive';

/** Sends dead letters back into the queue: one at once, or many at a pace, as a redrive that a worker carries out. */
@Injectable()
export class Redrives {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
    private readonly sending: LetterSending,
  ) {}

  /**
   * Sends one letter back, independently of any redrive. Its copy disappears from the dead-letter queue soon after.
   *
   * @throws {DeadLetterNotFoundError} {@link DeadLetterNotWaitingError} {@link DeadLetterUnsendableError}
   * @throws {NotificationQueueMissingError}
   * @throws {IdempotencyKeyReusedError}
   */
  async redriveLetter(
    tenantId: string,
    id: string,
    { origin, idempotencyKey }: RedriveRequest,
  ): Promise<DeadLetterView> {
    return this.database.run(tenantId, async (tx) => {
      const letter = isUuid(id) ? await lockLetter(tx, id) : undefined;
      if (!letter) throw new DeadLetterNotFoundError(id);
      const claim = { route: REDRIVE_LETTER_ROUTE, key: idempotencyKey ?? '', request: { id }, subjectId: id };
      const idempotency = idempotencyKey === undefined ? undefined : claim;
      const sent = await this.sending.sendOne(tx, letter, await demandQueue(tx), idempotency);
      // After the key: a repeated request finds its letter on the way already.
      if (sent && letter.state !== 'waiting') throw new DeadLetterNotWaitingError(id, letter.state);
      const view = await findDeadLetter(tx, id);
      const event = {
        ...origin,
        action: 'dead-letter.redriven',
        target: `dead-letter:${id}`,
        outcome: 'done' as const,
      };
      if (sent) await this.audit.record(tx, event);
      return view;
    });
  }

  /**
   * Begins to send back all waiting letters, or those a filter names. One redrive of a tenant at a time.
   *
   * @throws {RedriveRunningError}
   * @throws {NotificationQueueMissingError}
   * @throws {IdempotencyKeyReusedError}
   */
  create(tenantId: string, body: RedriveBody, { origin, idempotencyKey }: RedriveRequest): Promise<RedriveView> {
    return this.database.run(tenantId, async (tx) => {
      const before = await sameKey(tx, idempotencyKey, body);
      if (before) return viewOf(tx, before);
      await demandQueue(tx);
      const id = uuidv7();
      const [row] = await tx.query<RedriveRow>(
        `INSERT INTO redrives AS r (id, tenant_id, rate, filter, actor, idempotency_key, next_send_at, created_at, skipped)
         SELECT $2, $1, $3, $4::jsonb, $5, $6, puente_now(), puente_now(), jsonb_array_length(coalesce($4::jsonb -> 'ids', '[]')) -
           (SELECT count(*) FROM dead_letters d WHERE d.tenant_id = $1 AND d.state = 'waiting' AND $4::jsonb -> 'ids' ? d.id::text)
         ON CONFLICT DO NOTHING RETURNING ${REDRIVE}`,
        [tenantId, id, body.messagesPerSecond, JSON.stringify(body.filter), origin.actor, idempotencyKey ?? null],
      );
      if (!row) return this.beaten(tx, body, idempotencyKey);
      const view = await viewOf(tx, row);
      await this.record(tx, origin, 'started', id, { messagesPerSecond: row.rate, letters: view.remaining });
      return view;
    });
  }

  /** Newest first. @param cursor `next` of the page before */
  list(tenantId: string, cursor?: string, limit = 25): Promise<RedrivePage> {
    return this.database.run(tenantId, async (tx) => {
      const rows = await tx.query<RedriveRow>(
        `SELECT ${REDRIVE} FROM redrives r WHERE tenant_id = $1 AND ($2::bigint IS NULL OR seq < $2::bigint)
         ORDER BY seq DESC LIMIT $3`,
        [tenantId, cursor ?? null, limit + 1],
      );
      const page = rows.slice(0, limit);
      const items: RedriveView[] = [];
      for (const row of page) items.push(await viewOf(tx, row));
      return { items, next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null };
    });
  }

  /** @throws {RedriveNotFoundError} also for another tenant's */
  get(tenantId: string, id: string): Promise<RedriveView> {
    return this.database.run(tenantId, async (tx) => viewOf(tx, await find(tx, id)));
  }

  /**
   * Sends no further letter. Those on their way arrive.
   *
   * @throws {RedriveNotFoundError} {@link RedriveEndedError}
   */
  cancel(tenantId: string, id: string, origin: Origin): Promise<RedriveView> {
    return this.database.run(tenantId, async (tx) => {
      const { state } = await find(tx, id, 'FOR UPDATE');
      if (state !== 'queued' && state !== 'running') throw new RedriveEndedError(id, state);
      const counts = await end(tx, id, 'cancelled');
      const view = await viewOf(tx, await find(tx, id));
      await this.record(tx, origin, 'cancelled', id, { ...counts });
      return view;
    });
  }

  /** What a worker says of it; part of its transaction. */
  record(tx: TenantTransaction, origin: Origin, what: string, id: string, detail: JsonObject): Promise<void> {
    const outcome = what === 'failed' ? 'failed' : 'done';
    return this.audit.record(tx, { ...origin, action: `redrive.${what}`, target: `redrive:${id}`, outcome, detail });
  }

  /** Another one lives, or the same request was faster. */
  private async beaten(tx: TenantTransaction, body: RedriveBody, key: string | undefined): Promise<RedriveView> {
    const same = await sameKey(tx, key, body);
    if (same) return viewOf(tx, same);
    const [running] = await tx.query<{ id: string }>(
      `SELECT id FROM redrives WHERE tenant_id = $1 AND state IN ('queued', 'running')`,
      [tx.tenantId],
    );
    throw new RedriveRunningError(running?.id ?? '(ended just now)');
  }
}

/** @throws {NotificationQueueMissingError} */
async function demandQueue(tx: TenantTransaction): Promise<NotificationQueueEntity> {
  const queue = await boundQueue(tx);
  if (!queue) throw new NotificationQueueMissingError();
  return queue;
}

/** @throws {RedriveNotFoundError} */
async function find(tx: TenantTransaction, id: string, lock: 'FOR UPDATE' | '' = ''): Promise<RedriveRow> {
  const [row] = isUuid(id)
    ? await tx.query<RedriveRow>(`SELECT ${REDRIVE} FROM redrives r WHERE tenant_id = $1 AND id = $2 ${lock}`, [
        tx.tenantId,
        id,
      ])
    : [];
  if (!row) throw new RedriveNotFoundError(id);
  return row;
}

/** @throws {IdempotencyKeyReusedError} the key came before with another request */
async function sameKey(
  tx: TenantTransaction,
  key: string | undefined,
  { messagesPerSecond, filter }: RedriveBody,
): Promise<RedriveRow | undefined> {
  if (key === undefined) return undefined;
  const [row] = await tx.query<RedriveRow & { same: boolean }>(
    `SELECT ${REDRIVE}, rate = $3 AND filter = $4::jsonb AS same FROM redrives r WHERE tenant_id = $1 AND idempotency_key = $2`,
    [tx.tenantId, key, messagesPerSecond, JSON.stringify(filter)],
  );
  if (row && !row.same) throw new IdempotencyKeyReusedError(key);
  return row;
}

async function viewOf(tx: TenantTransaction, row: RedriveRow): Promise<RedriveView> {
  const { id, state, rate, filter, actor, skipped, counts, problem, createdAt, startedAt, finishedAt } = row;
  const { toSend, onTheWay, ...live } = counts ? { ...counts, toSend: 0, onTheWay: 0 } : await progressOf(tx, id);
  const stations = { createdAt, startedAt, finishedAt };
  const told = { id, state, messagesPerSecond: rate, filter, actor, skipped, problem };
  return { ...told, ...live, remaining: toSend + onTheWay, ...stations };
}
