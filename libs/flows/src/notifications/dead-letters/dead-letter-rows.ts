import type { TenantTransaction } from '@puente/database';
import type { JsonObject } from '@puente/kernel';

/** Why a message was put aside. */
export const DEAD_LETTER_CAUSES = [
  'invalid', //        it cannot be read, or SNS would refuse it for certain
  'refused', //        SNS refused it
  'exhausted', //      all tries to publish it failed, certainly without an effect
  'not_taken_over', // SQS gave it up: received as often as the queue allows, and never written down
  'found', //          in the dead-letter queue, and nobody knows how it came there
] as const;
export type DeadLetterCause = (typeof DEAD_LETTER_CAUSES)[number];

export const DEAD_LETTER_STATES = [
  'waiting', //   for a redrive
  'redriving', // on its way into the queue
  'redriven', //  in the queue again, or already taken over from there
  'obsolete', //  its notification was published in another way
] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

/** What the consumer must know of a letter. */
export interface Letter {
  readonly id: string;
  readonly messageId: string;
  readonly notificationId: string | null;
  readonly bodyMd5: string;
  readonly state: DeadLetterState;
  readonly redrives: number;
  /** By which message it came back; null while it has not. */
  readonly takenMessageId: string | null;
}

export interface LetterKeys {
  readonly ids: readonly string[];
  readonly messageIds: readonly string[];
}

export async function findLetters(tx: TenantTransaction, { ids, messageIds }: LetterKeys): Promise<Letter[]> {
  if (ids.length + messageIds.length === 0) return [];
  return tx.query<Letter>(
    `SELECT id, message_id AS "messageId", notification_id AS "notificationId", body_md5 AS "bodyMd5", state, redrives,
            taken_message_id AS "takenMessageId"
     FROM dead_letters WHERE tenant_id = $1 AND (id = ANY ($2::uuid[]) OR message_id = ANY ($3::text[]))`,
    [tx.tenantId, ids, messageIds],
  );
}

export interface Burial {
  readonly id: string;
  readonly queueUrl: string;
  readonly messageId: string;
  readonly groupId: string;
  readonly bodyMd5: string;
  readonly cause: DeadLetterCause;
  readonly reason: string;
  /** When it was put aside; now, when left out. */
  readonly at?: Date | undefined;
  readonly notificationId?: string | undefined;
  /** Body and attributes, sealed; of a notification its own row has them. */
  readonly content?: JsonObject | undefined;
  /** Of the copy sent through the ledger; without it the consumer or SQS moves the message itself. */
  readonly copyOperationId?: string | undefined;
  /** The redrive that met it in the dead-letter queue. */
  readonly foundBy?: string | undefined;
  /** The letter that was sent back and became this one. */
  readonly redriveOf?: Pick<Letter, 'id' | 'redrives'> | undefined;
}

/**
 * Writes down which messages were put aside and why, with their notifications. One that comes again before it was put
 * aside keeps its letter, unless that was redriven meanwhile: then it is nobody's any more.
 */
export async function recordBurials(tx: TenantTransaction, burials: readonly Burial[]): Promise<void> {
  if (burials.length === 0) return;
  const rows = burials.map(({ redriveOf, ...burial }, place) => ({
    ...burial,
    place,
    redriveOf: redriveOf?.id,
    redrives: redriveOf?.redrives ?? 0,
  }));
  await tx.query(
    `INSERT INTO dead_letters (id, tenant_id, queue_url, message_id, notification_id, cause, reason, body_md5, group_id,
                               content, at, came_at, came_seq, copy_operation_id, redrive_of, redrives, found_by)
     SELECT given.id, $1, given."queueUrl", given."messageId", given."notificationId", given.cause, given.reason,
            given."bodyMd5", given."groupId", given.content, coalesce(given.at, puente_now()),
            coalesce(n.created_at, given.at, puente_now()), coalesce(n.seq, 0), given."copyOperationId",
            given."redriveOf", given.redrives, given."foundBy"
     FROM jsonb_to_recordset($2::jsonb) AS given (id uuid, "queueUrl" text, "messageId" text,
            "notificationId" uuid, cause text, reason text, "bodyMd5" text, "groupId" text, content jsonb, at timestamptz,
            "copyOperationId" uuid, "redriveOf" uuid, redrives int, "foundBy" uuid, place int)
     LEFT JOIN notifications n ON n.tenant_id = $1 AND n.id = given."notificationId" ORDER BY given.place
     ON CONFLICT (tenant_id, message_id) DO UPDATE
       SET cause = excluded.cause, reason = excluded.reason, at = excluded.at,
           notification_id = coalesce(excluded.notification_id, dead_letters.notification_id),
           copy_operation_id = coalesce(excluded.copy_operation_id, dead_letters.copy_operation_id)
       WHERE dead_letters.state = 'waiting'`,
    [tx.tenantId, JSON.stringify(rows)],
  );
  await tx.query(
    `UPDATE notifications AS n
     SET dead_lettered_at = d.at, dead_letter_reason = d.reason, dead_letter_operation_id = d.copy_operation_id,
         queue_message_id = coalesce(queue_message_id, d.message_id)
     FROM dead_letters d
     WHERE d.tenant_id = $1 AND d.message_id = ANY ($2::text[]) AND d.state = 'waiting'
       AND n.tenant_id = $1 AND n.id = d.notification_id AND n.published_at IS NULL`,
    [tx.tenantId, burials.map(({ messageId }) => messageId)],
  );
}

/** Their messages were taken over again: whichever copies are still under way are of no more use. */
export async function markTaken(
  tx: TenantTransaction,
  taken: readonly { readonly id: string; readonly messageId: string }[],
): Promise<void> {
  if (taken.length === 0) return;
  await tx.query(
    `UPDATE dead_letters AS d
     SET taken_message_id = t."messageId", state = 'redriven', redriven_at = coalesce(redriven_at, puente_now()),
         redrives = CASE WHEN d.state = 'waiting' AND d.message_id <> t."messageId" THEN redrives + 1 ELSE redrives END
     FROM jsonb_to_recordset($2::jsonb) AS t (id uuid, "messageId" text) WHERE d.tenant_id = $1 AND d.id = t.id`,
    [tx.tenantId, JSON.stringify(taken)],
  );
}

/** The letter whose message, sent back, is the one the notification came by last. */
export async function lastRedriven(tx: TenantTransaction, notificationId: string): Promise<Letter | undefined> {
  const [letter] = await tx.query<Letter>(
    `SELECT id, redrives FROM dead_letters WHERE tenant_id = $1 AND notification_id = $2 AND state = 'redriven'
     ORDER BY seq DESC LIMIT 1`,
    [tx.tenantId, notificationId],
  );
  return letter;
}

/** The notification was published although it was put aside: a person had its operation repeated. */
export async function markObsolete(tx: TenantTransaction, notificationId: string): Promise<void> {
  await tx.query(
    `UPDATE dead_letters SET state = 'obsolete' WHERE tenant_id = $1 AND notification_id = $2 AND state = 'waiting'`,
    [tx.tenantId, notificationId],
  );
}
