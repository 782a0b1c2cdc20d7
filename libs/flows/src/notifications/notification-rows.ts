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

export interface ForeignNotification extends NewNotification {
  readonly queueMessageId: string;
}

export async function insertForeign(tx: TenantTransaction, rows: readonly ForeignNotification[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO notifications (id, tenant_id, origin, event, topic, content, group_id, body_md5, queue_url,
                                queue_message_id, queued_at, created_at)
     SELECT id, $1, 'queue', event, topic, content, "groupId", "bodyMd5", "queueUrl", "queueMessageId", puente_now(), puente_now()
     FROM jsonb_to_recordset($2::jsonb) AS given (id uuid, event text, topic text, content jsonb, "groupId" text,
            "bodyMd5" text, "queueUrl" text, "queueMessageId" text)`,
    [tx.tenantId, JSON.stringify(rows)],
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

/**
 * The notifications that messages name, and the foreign ones they made when they were delivered before. Locked in one
 * order, so that two consumers never wait for each other.
 */
export function lockForMessages(
  tx: TenantTransaction,
  queueUrl: string,
  { ids, messageIds }: { readonly ids: readonly string[]; readonly messageIds: readonly string[] },
): Promise<NotificationRow[]> {
  return tx.query<NotificationRow>(
    `SELECT ${COLUMNS} FROM notifications
     WHERE tenant_id = $1 AND (id = ANY ($2::uuid[])
       OR (queue_url = $3 AND queue_message_id = ANY ($4::text[]) AND origin = 'queue'))
     ORDER BY id FOR UPDATE`,
    [tx.tenantId, ids, queueUrl, messageIds],
  );
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

/** One transaction at a time decides what a message of a queue is. Taken before any row is locked, in one order. */
export async function lockMessages(
  tx: TenantTransaction,
  queueUrl: string,
  messageIds: readonly string[],
): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT hashtextextended($1 || ' ' || id, 7164) AS key FROM unnest($2::text[]) AS id ORDER BY 1) AS sorted`,
    [queueUrl, messageIds],
  );
}

/** @returns the keys that are new; the others were taken over before */
export async function claimInInbox(tx: TenantTransaction, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const claimed = await tx.query<{ key: string }>(
    `INSERT INTO inbox (tenant_id, source, message_key, received_at)
     SELECT $1, 'notifications', key, puente_now() FROM unnest($2::text[]) AS key ORDER BY key
     ON CONFLICT DO NOTHING RETURNING message_key AS key`,
    [tx.tenantId, keys],
  );
  return new Set(claimed.map(({ key }) => key));
}

export interface Handling {
  readonly id: string;
  readonly messageId: string;
  /** Null for the built-in handler. */
  readonly handlerKind: string | null;
  /** Null when it goes to SNS. */
  readonly handlerFunction: string | null;
  /** Null when the handler is switched off. */
  readonly publishOperationId: string | null;
}

/** Also undoes what an earlier life of the notification left: it may come back out of the dead-letter queue. */
export async function markHandled(
  tx: TenantTransaction,
  queueUrl: string,
  handlings: readonly Handling[],
): Promise<void> {
  if (handlings.length === 0) return;
  await tx.query(
    `UPDATE notifications AS n
     SET queue_message_id = h."messageId", queued_at = coalesce(queued_at, puente_now()), handled_at = puente_now(),
         handler_kind = h."handlerKind", handler_function = h."handlerFunction",
         publish_operation_id = h."publishOperationId", deduplicated_of = NULL,
         dead_lettered_at = NULL, dead_letter_reason = NULL, dead_letter_operation_id = NULL
     FROM jsonb_to_recordset($2::jsonb) AS h (id uuid, "messageId" text, "handlerKind" text, "handlerFunction" text,
            "publishOperationId" uuid)
     WHERE n.tenant_id = $1 AND n.id = h.id`,
    [tx.tenantId, JSON.stringify(handlings)],
  );
  // Whoever else was told this message's id by the queue had its own text taken for a repeat of this one.
  await tx.query(
    `UPDATE notifications AS n SET deduplicated_of = h.id
     FROM jsonb_to_recordset($3::jsonb) AS h (id uuid, "messageId" text)
     WHERE n.tenant_id = $1 AND n.queue_url = $2 AND n.queue_message_id = h."messageId" AND n.id <> h.id
       AND n.handled_at IS NULL`,
    [tx.tenantId, queueUrl, JSON.stringify(handlings)],
  );
}
