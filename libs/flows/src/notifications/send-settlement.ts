import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationView } from '@puente/ledger';
import { z } from 'zod';
import { lockByOperation, lockMessages } from './notification-rows';

const Sent = z.object({ messageId: z.string().min(1) });

/**
 * The queue has taken a notification, or refused it. The id it answered tells whether it kept the message: FIFO queues
 * answer a repeat of the last five minutes with the id of the first one, and keep only that.
 */
@Injectable()
export class SendSettlement {
  async settled(tx: TenantTransaction, operation: OperationView): Promise<void> {
    // Refused, exhausted or in review: the operation says so itself, and the journey shows it.
    if (operation.state !== 'succeeded') return;
    const sent = Sent.safeParse(operation.output);
    // Closed by a person as applied: it is in the queue, only its message id was never read.
    if (!sent.success) return this.queued(tx, operation, undefined);
    const queueUrl = await queueOf(tx, operation);
    if (queueUrl === undefined) return;
    await lockMessages(tx, queueUrl, [sent.data.messageId]);
    await this.queued(tx, operation, sent.data.messageId);
    await linkRepeats(tx, queueUrl, sent.data.messageId);
  }

  private async queued(tx: TenantTransaction, operation: OperationView, messageId: string | undefined): Promise<void> {
    const row = await lockByOperation(tx, 'send', operation);
    if (!row) return;
    await tx.query(
      `UPDATE notifications
       SET send_operation_id = $3, queued_at = coalesce($4, puente_now()),
           queue_message_id = CASE WHEN handled_at IS NULL THEN coalesce($5, queue_message_id) ELSE queue_message_id END
       WHERE tenant_id = $1 AND id = $2`,
      [tx.tenantId, row.id, operation.id, operation.settledAt, messageId ?? null],
    );
  }
}

/** Without a lock on the row: the message is locked first, as everywhere. */
async function queueOf(tx: TenantTransaction, operation: OperationView): Promise<string | undefined> {
  const [row] = await tx.query<{ queueUrl: string }>(
    `SELECT queue_url AS "queueUrl" FROM notifications WHERE tenant_id = $1 AND send_operation_id = ANY ($2::uuid[])`,
    [tx.tenantId, [operation.id, operation.replayOf].filter((id) => id !== null)],
  );
  return row?.queueUrl;
}

/**
 * Of all notifications with this message's id one is in the queue: the one that was handled, else the first accepted.
 * The consumer corrects this when the message comes, since the message carries the id of its own.
 */
async function linkRepeats(tx: TenantTransaction, queueUrl: string, messageId: string): Promise<void> {
  await tx.query(
    `WITH first AS (
       SELECT id FROM notifications WHERE tenant_id = $1 AND queue_url = $2 AND queue_message_id = $3
       ORDER BY handled_at IS NULL, seq LIMIT 1)
     UPDATE notifications AS n SET deduplicated_of = first.id FROM first
     WHERE n.tenant_id = $1 AND n.queue_url = $2 AND n.queue_message_id = $3 AND n.id <> first.id AND n.handled_at IS NULL`,
    [tx.tenantId, queueUrl, messageId],
  );
}
