import type { TenantTransaction } from '@puente/database';
import type { JsonObject } from '@puente/kernel';
import { type NotificationStatus, STATUS_SQL } from './notification-status';

export interface NotificationFilter {
  readonly statuses?: readonly NotificationStatus[] | undefined;
  readonly event?: string | undefined;
  readonly group?: string | undefined;
  readonly topic?: string | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/** A notification with what its operations say of it; nothing is decrypted for this. */
export interface JourneyRow {
  readonly id: string;
  readonly seq: string;
  readonly status: NotificationStatus;
  readonly origin: 'api' | 'queue';
  readonly event: string | null;
  readonly topic: string;
  readonly group: string;
  readonly content: JsonObject;
  readonly bodyMd5: string;
  readonly queueUrl: string;
  readonly queueMessageId: string | null;
  readonly sends: number;
  readonly sendOperationId: string | null;
  readonly sendState: string | null;
  readonly publishOperationId: string | null;
  readonly publishState: string | null;
  readonly repeats: number;
  readonly handlerKind: string | null;
  readonly handlerFunction: string | null;
  readonly snsMessageId: string | null;
  readonly deduplicatedOf: string | null;
  readonly deadLetterReason: string | null;
  readonly deadLetterOperationId: string | null;
  readonly reasonCode: string | null;
  readonly reasonMessage: string | null;
  readonly createdAt: Date;
  readonly queuedAt: Date | null;
  readonly handledAt: Date | null;
  readonly publishedAt: Date | null;
  readonly deadLetteredAt: Date | null;
}

const SELECT = `
  SELECT n.id, n.seq, ${STATUS_SQL} AS status, n.origin, n.event, n.topic, n.group_id AS "group", n.content,
         n.body_md5 AS "bodyMd5", n.queue_url AS "queueUrl", n.queue_message_id AS "queueMessageId", n.sends,
         n.send_operation_id AS "sendOperationId", s.state AS "sendState", n.publish_operation_id AS "publishOperationId",
         p.state AS "publishState", coalesce(p.repeats, 0) AS repeats, n.handler_kind AS "handlerKind",
         n.handler_function AS "handlerFunction", n.sns_message_id AS "snsMessageId", n.deduplicated_of AS "deduplicatedOf",
         n.dead_letter_reason AS "deadLetterReason", n.dead_letter_operation_id AS "deadLetterOperationId",
         coalesce(p.provider_code, p.failure, s.provider_code, s.failure) AS "reasonCode",
         CASE WHEN p.id IS NOT NULL THEN p.failure_message ELSE s.failure_message END AS "reasonMessage",
         n.created_at AS "createdAt", n.queued_at AS "queuedAt", n.handled_at AS "handledAt",
         n.published_at AS "publishedAt", n.dead_lettered_at AS "deadLetteredAt"
  FROM notifications n
  LEFT JOIN operations s ON s.tenant_id = n.tenant_id AND s.id = n.send_operation_id
  LEFT JOIN operations p ON p.tenant_id = n.tenant_id AND p.id = n.publish_operation_id`;

export async function findJourney(tx: TenantTransaction, id: string): Promise<JourneyRow | undefined> {
  const [row] = await tx.query<JourneyRow>(`${SELECT} WHERE n.tenant_id = $1 AND n.id = $2`, [tx.tenantId, id]);
  return row;
}

/** Newest first, from before `beforeSeq` on. */
export async function listJourneys(
  tx: TenantTransaction,
  filter: NotificationFilter,
  beforeSeq: string | undefined,
  limit: number,
): Promise<JourneyRow[]> {
  const params: unknown[] = [tx.tenantId];
  const where = ['n.tenant_id = $1'];
  const and = (condition: (param: string) => string, value: unknown): void => {
    if (value === undefined) return;
    params.push(value);
    where.push(condition(`$${String(params.length)}`));
  };
  and((param) => `n.seq < ${param}::bigint`, beforeSeq);
  and((param) => `n.event = ${param}`, filter.event);
  and((param) => `n.group_id = ${param}`, filter.group);
  and((param) => `n.topic = ${param}`, filter.topic);
  and((param) => `n.created_at >= ${param}`, filter.createdFrom);
  and((param) => `n.created_at < ${param}`, filter.createdBefore);
  and((param) => `${STATUS_SQL} = ANY (${param})`, filter.statuses);
  params.push(limit);
  return tx.query<JourneyRow>(
    `${SELECT} WHERE ${where.join(' AND ')} ORDER BY n.seq DESC LIMIT $${String(params.length)}`,
    params,
  );
}

/** Ids of the notifications that the queue took for repeats of this one. */
export async function repeatsOf(tx: TenantTransaction, id: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM notifications WHERE tenant_id = $1 AND deduplicated_of = $2 ORDER BY seq LIMIT 100`,
    [tx.tenantId, id],
  );
  return rows.map((row) => row.id);
}

/** One time that a notification was put aside and sent back. */
export interface Return {
  readonly at: Date;
  readonly reason: string;
  readonly copyOperationId: string | null;
  readonly redrivenAt: Date | null;
  readonly operationId: string | null;
  /** Of the send into the queue. */
  readonly state: string | null;
}

/** Oldest first; without the letter that waits still, which the notification itself tells of. */
export function returnsOf(tx: TenantTransaction, id: string): Promise<Return[]> {
  return tx.query<Return>(
    `SELECT d.at, d.reason, d.copy_operation_id AS "copyOperationId", d.redriven_at AS "redrivenAt",
            d.redrive_operation_id AS "operationId", o.state
     FROM dead_letters d LEFT JOIN operations o ON o.tenant_id = d.tenant_id AND o.id = d.redrive_operation_id
     WHERE d.tenant_id = $1 AND d.notification_id = $2 AND (d.redrive_operation_id IS NOT NULL OR d.redriven_at IS NOT NULL)
     ORDER BY d.seq LIMIT 100`,
    [tx.tenantId, id],
  );
}
