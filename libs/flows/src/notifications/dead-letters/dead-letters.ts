import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid } from '@puente/kernel';
import type { DeadLetterCause, DeadLetterState } from './dead-letter-rows';
import { DeadLetterNotFoundError } from './dead-letters.errors';
import { matches } from './letter-filter';
import type { LetterFilter } from './redrive.schemas';

/** A message that was put aside: what was wrong with it, where it came from, and what became of it since. */
export interface DeadLetterView {
  readonly id: string;
  readonly state: DeadLetterState;
  readonly queueUrl: string;
  /** The id SQS gave the message that was put aside. */
  readonly messageId: string;
  /** Null for messages that could not be read at all. */
  readonly notificationId: string | null;
  readonly cause: DeadLetterCause;
  readonly reason: string;
  readonly bodyMd5: string;
  readonly group: string;
  readonly at: Date;
  /** How often its message was sent back, earlier letters of it included. */
  readonly redrives: number;
  /** The letter whose message, sent back, became this one. */
  readonly redriveOf: string | null;
  readonly redrivenAt: Date | null;
  /** The send into the queue. */
  readonly operationId: string | null;
  /** The message by which the consumer took it over again. */
  readonly takenMessageId: string | null;
  /** Why the last redrive did not get it into the queue. */
  readonly failure: string | null;
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetterView[];
  /** Cursor of the next page: a number as text; null on the last one. */
  readonly next: string | null;
}

export interface DeadLetterListFilter extends LetterFilter {
  readonly states?: readonly DeadLetterState[] | undefined;
  readonly notificationId?: string | undefined;
}

const SELECT = `
  SELECT d.id, d.seq, d.state, d.queue_url AS "queueUrl", d.message_id AS "messageId",
         d.notification_id AS "notificationId", d.cause, d.reason, d.body_md5 AS "bodyMd5", d.group_id AS "group", d.at, d.redrives,
         d.redrive_of AS "redriveOf", d.redriven_at AS "redrivenAt", d.redrive_operation_id AS "operationId",
         d.taken_message_id AS "takenMessageId", d.redrive_failure AS failure
  FROM dead_letters d`;

type Row = DeadLetterView & { readonly seq: string };

/** Messages that were put aside, with the reason, and what became of them (S1.6). */
@Injectable()
export class DeadLetters {
  constructor(private readonly database: TenantDatabase) {}

  /** Newest first. @param cursor `next` of the page before */
  async list(
    tenantId: string,
    filter: DeadLetterListFilter = {},
    cursor?: string,
    limit = 25,
  ): Promise<DeadLetterPage> {
    const { states, notificationId, ...letters } = filter;
    const rows = await this.database.run(tenantId, (tx) =>
      tx.query<Row>(
        `${SELECT} WHERE d.tenant_id = $1 AND ($2::bigint IS NULL OR d.seq < $2::bigint)
           AND ($3::text[] IS NULL OR d.state = ANY ($3)) AND ($4::uuid IS NULL OR d.notification_id = $4)
           AND ${matches('$5::jsonb')} ORDER BY d.seq DESC LIMIT $6`,
        [tenantId, cursor ?? null, states ?? null, notificationId ?? null, JSON.stringify(letters), limit + 1],
      ),
    );
    const items = rows.slice(0, limit);
    return {
      items: items.map(viewOf),
      next: rows.length > limit ? (items.at(-1)?.seq ?? null) : null,
    };
  }

  /** @throws {DeadLetterNotFoundError} also for another tenant's */
  async get(tenantId: string, id: string): Promise<DeadLetterView> {
    return this.database.run(tenantId, (tx) => findDeadLetter(tx, id));
  }
}

/** @throws {DeadLetterNotFoundError} */
export async function findDeadLetter(tx: TenantTransaction, id: string): Promise<DeadLetterView> {
  const [row] = isUuid(id)
    ? await tx.query<Row>(`${SELECT} WHERE d.tenant_id = $1 AND d.id = $2`, [tx.tenantId, id])
    : [];
  if (!row) throw new DeadLetterNotFoundError(id);
  return viewOf(row);
}

function viewOf({ seq: _seq, ...view }: Row): DeadLetterView {
  return view;
}
