import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { OperationLedger } from '@puente/ledger';
import { NotificationContents } from './notification-content';
import { NotificationOperations } from './notification-operations';
import { LetterSending, lockLetter } from './dead-letters/letter-sending';
import { boundQueue } from './notification-queue.entity';
import { lockById } from './notification-rows';
import type { Unseen } from './unseen-notifications';

/**
 * Sends a notification, or a letter that was sent back, once more, into the queue that is bound now. Safe, since both are
 * known by their own ids: should the first message turn up after all, it is acknowledged and nothing is published twice.
 */
@Injectable()
export class NotificationResending {
  constructor(
    private readonly database: TenantDatabase,
    private readonly ledger: OperationLedger,
    private readonly operations: NotificationOperations,
    private readonly contents: NotificationContents,
    private readonly letters: LetterSending,
  ) {}

  /** @returns how often it was sent by now; undefined when there was nothing to do any more */
  async resend({ kind, tenantId, id }: Unseen): Promise<number | undefined> {
    return this.database.run(tenantId, (tx) =>
      kind === 'letter' ? this.resendLetter(tx, id) : this.resendNotification(tx, id),
    );
  }

  private async resendLetter(tx: TenantTransaction, id: string): Promise<number | undefined> {
    const letter = await lockLetter(tx, id);
    if (letter?.state !== 'redriven' || letter.takenMessageId !== null) return undefined;
    const queue = await boundQueue(tx);
    if (!queue) return undefined;
    await this.letters.sendOne(tx, letter, queue);
    return letter.redrives + 1;
  }

  private async resendNotification(tx: TenantTransaction, id: string): Promise<number | undefined> {
    const { tenantId } = tx;
    const row = await lockById(tx, id);
    if (!row?.queuedAt || row.handledAt || row.deduplicatedOf || row.deadLetteredAt) return undefined;
    const queue = await boundQueue(tx);
    if (!queue) return undefined;
    const { body } = await this.contents.open(tenantId, id, row.content);
    const send = this.operations.send(
      { tenantId, notificationId: id, group: row.groupId },
      { url: queue.queueUrl, integration: queue.integration },
      { body, md5: row.bodyMd5 },
    );
    await this.ledger.accept(tx, send);
    await tx.query(
      `UPDATE notifications SET send_operation_id = $3, sends = sends + 1, queued_at = NULL, queue_url = $4
         WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, send.id, queue.queueUrl],
    );
    return row.sends + 1;
  }
}
