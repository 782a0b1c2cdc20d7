import type { TenantTransaction } from '@puente/database';
import type { JsonObject } from '@puente/kernel';
import type { GroupedInsert } from '@puente/ledger';

/** What the consumer and the settlements must know of a notification. */
export interface NotificationRow {
  readonly id: string;
  readonly origin: 'api' | 'queue';
  readonly event: string | null;
  readonly topic: string;
  readonly content: JsonObject;
  readonly groupId: string;
  readonly bodyMd5: string;
  readonly queueUrl: string;
  readonly queueMessageId: string | null;
  readonly sends: number;
  readonly queuedAt: Date | null;
  readonly handledAt: Date | null;
  readonly deduplicatedOf: string | null;
  readonly publishedAt: Date | null;
  readonly deadLetteredAt: Date | null;
}

const COLUMNS = `id, origin, event, topic, content, group_id AS "groupId", body_md5 AS "bodyMd5",
  queue_url AS "queueUrl", queue_message_id AS "queueMessageId", sends, queued_at AS "queuedAt",
  handled_at AS "handledAt", deduplicated_of AS "deduplicatedOf", published_at AS "publishedAt", dead_lettered_at AS "deadLetteredAt"`;

export interface NewNotification {
  readonly id: string;
  readonly tenantId: string;
  readonly event: string | undefined;
  readonly topic: string;
  readonly content: JsonObject;
  readonly groupId: string;
  readonly bodyMd5: string;
  readonly queueUrl: string;
}

/** The row of a notification that comes by REST, inserted with its operation in a grouped accept. */
export function acceptedRow(notification: NewNotification, sendOperationId: string): GroupedInsert {
  return {
    name: 'notifications',
    sql: `
      INSERT INTO notifications (id, tenant_id, origin, event, topic, content, group_id, body_md5, queue_url,
                                 send_operation_id, sends, created_at)
      SELECT id, "tenantId", 'api', event, topic, content, "groupId", "bodyMd5", "queueUrl", "sendOperationId", 1, puente_now()
      FROM jsonb_to_recordset($1::jsonb) AS given (id uuid, "tenantId" uuid, event text, topic text, content jsonb,
             "groupId" text, "bodyMd5" text, "queueUrl" text, "sendOperationId" uuid)`,
    row: { ...notification, event: notification.event ?? null, sendOperationId },
  };
}

export async function insertForeign(tx: TenantTransaction, row: NewNotification, messageId: string): Promise<void> {
  await tx.query(
    `INSERT INTO notifications (id, tenant_id, origin, event, topic, content, group_id, body_md5, queue_url,
                                queue_message_id, queued_at, created_at)
     VALUES ($1, $2, 'queue', $3, $4, $5, $6, $7, $8, $9, puente_now(), puente_now())`,
    [row.id, tx.tenantId, row.event ?? null, row.topic, row.content, row.groupId, row.bodyMd5, row.queueUrl, messageId],
  );
}

/** Locked until the transaction ends: consumer, settlements and re-sender decide about a notification one by one. */
export async function lockById(tx: TenantTransaction, id: string): Promise<NotificationRow | undefined> {
  const [row] = await tx.query<NotificationRow>(
    `SELECT ${COLUMNS} FROM notifications WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
    [tx.tenantId, id],
  );
  return row;
}

/** The foreign notification this message made when it was delivered before. */
export async function lockForeign(
  tx: TenantTransaction,
  queueUrl: string,
  messageId: string,
): Promise<NotificationRow | undefined> {
  const [row] = await tx.query<NotificationRow>(
    `SELECT ${COLUMNS} FROM notifications
     WHERE tenant_id = $1 AND queue_url = $2 AND queue_message_id = $3 AND origin = 'queue' FOR UPDATE`,
    [tx.tenantId, queueUrl, messageId],
  );
  return row;
}

/** By the operation that was settled, or by the one it repeats. */
export async function lockByOperation(
  tx: TenantTransaction,
  step: 'send' | 'publish',
  operation: { readonly id: string; readonly replayOf: string | null },
): Promise<NotificationRow | undefined> {
  const [row] = await tx.query<NotificationRow>(
    `SELECT ${COLUMNS} FROM notifications
     WHERE tenant_id = $1 AND ${step}_operation_id = ANY ($2::uuid[]) FOR UPDATE`,
    [tx.tenantId, [operation.id, operation.replayOf].filter((id) => id !== null)],
  );
  return row;
}

/** One transaction at a time decides what a message of a queue is. Taken before any row is locked. */
export async function lockMessage(tx: TenantTransaction, queueUrl: string, messageId: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 7164))`, [`${queueUrl} ${messageId}`]);
}

/** @returns false when the message was taken over before */
export async function claimMessage(tx: TenantTransaction, key: string): Promise<boolean> {
  const claimed = await tx.query(
    `INSERT INTO inbox (tenant_id, source, message_key, received_at) VALUES ($1, 'notifications', $2, puente_now())
     ON CONFLICT DO NOTHING RETURNING 1`,
    [tx.tenantId, key],
  );
  return claimed.length > 0;
}

export interface Handling {
  readonly id: string;
  readonly queueUrl: string;
  readonly messageId: string;
  /** Null for the built-in handler. */
  readonly handlerKind: string | null;
  /** Null when the handler is switched off. */
  readonly publishOperationId: string | null;
}

/** Also undoes what an earlier life of the notification left: it may come back out of the dead-letter queue. */
export async function markHandled(tx: TenantTransaction, handling: Handling): Promise<void> {
  await tx.query(
    `UPDATE notifications
     SET queue_message_id = $3, queued_at = coalesce(queued_at, puente_now()), handled_at = puente_now(), handler_kind = $4,
         publish_operation_id = $5, deduplicated_of = NULL, dead_lettered_at = NULL, dead_letter_reason = NULL,
         dead_letter_operation_id = NULL
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, handling.id, handling.messageId, handling.handlerKind, handling.publishOperationId],
  );
  // Whoever else was told this message's id by the queue had its own text taken for a repeat of this one.
  await tx.query(
    `UPDATE notifications SET deduplicated_of = $4
     WHERE tenant_id = $1 AND queue_url = $2 AND queue_message_id = $3 AND id <> $4 AND handled_at IS NULL`,
    [tx.tenantId, handling.queueUrl, handling.messageId, handling.id],
  );
}

export interface Burial {
  readonly queueUrl: string;
  readonly messageId: string;
  readonly bodyMd5: string;
  readonly reason: string;
  readonly notificationId?: string | undefined;
  /** Of the copy sent through the ledger; without it the consumer moves the message itself. */
  readonly operationId?: string | undefined;
}

/** Records why a message went to the dead-letter queue, with the notification when it has one. */
export async function recordBurial(tx: TenantTransaction, id: string, burial: Burial): Promise<void> {
  const { queueUrl, messageId, bodyMd5, reason, notificationId = null, operationId = null } = burial;
  await tx.query(
    `INSERT INTO dead_letters (id, tenant_id, queue_url, message_id, notification_id, reason, body_md5, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, puente_now())
     ON CONFLICT (tenant_id, queue_url, message_id) DO UPDATE
       SET reason = excluded.reason, at = excluded.at,
           notification_id = coalesce(excluded.notification_id, dead_letters.notification_id)`,
    [id, tx.tenantId, queueUrl, messageId, notificationId, reason, bodyMd5],
  );
  if (notificationId === null) return;
  await tx.query(
    `UPDATE notifications
     SET dead_lettered_at = puente_now(), dead_letter_reason = $3, dead_letter_operation_id = $4,
         queue_message_id = coalesce(queue_message_id, $5)
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, notificationId, reason, operationId, messageId],
  );
}
