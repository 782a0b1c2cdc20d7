import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { OperationLedger, type OperationView } from '@puente/ledger';
import { z } from 'zod';
import { NotificationContents } from './notification-content';
import { NotificationLog } from './notification-log';
import { NotificationOperations } from './notification-operations';
import { boundQueue } from './notification-queue.entity';
import { lastRedriven, markObsolete, recordBurials } from './dead-letters/dead-letter-rows';
import { lockByOperation, type NotificationRow } from './notification-rows';
import { TOPIC_NOT_FOUND } from './topic-not-found';

const Published = z.object({ messageId: z.string().min(1) });

/** What SNS or a function made of a notification: it is there, with SNS's message id; or the way into the dead-letter queue with the reason. */
@Injectable()
export class PublishSettlement {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly operations: NotificationOperations,
    private readonly contents: NotificationContents,
    private readonly log: NotificationLog,
  ) {}

  async settled(tx: TenantTransaction, operation: OperationView): Promise<void> {
    const row = await lockByOperation(tx, 'publish', operation);
    if (!row) return;
    await tx.query(`UPDATE notifications SET publish_operation_id = $3 WHERE tenant_id = $1 AND id = $2`, [
      tx.tenantId,
      row.id,
      operation.id,
    ]);
    switch (operation.state) {
      case 'succeeded':
        return markPublished(tx, row.id, operation);
      case 'rejected':
        return isTopicNotFound(operation) ? undefined : this.bury(tx, row, operation);
      case 'exhausted':
        return this.bury(tx, row, operation);
      default:
        return; // in review, cancelled or dropped: the operation itself says so, and a person decides
    }
  }

  /** Through the ledger, as everything that has an effect outside. The group's next notification does not wait for it. */
  private async bury(tx: TenantTransaction, row: NotificationRow, operation: OperationView): Promise<void> {
    if (row.publishedAt !== null || row.deadLetteredAt !== null) return;
    const messageId = row.queueMessageId ?? row.id;
    const reason = reasonOf(operation);
    const queue = await boundQueue(tx);
    const { body, attributes } = await this.contents.open(tx.tenantId, row.id, row.content);
    const copy = queue
      ? this.operations.deadLetter(
          { tenantId: tx.tenantId, notificationId: row.id, group: row.groupId },
          { url: queue.deadLetterQueueUrl, integration: queue.integration },
          { body, attributes, messageId, reason },
        )
      : undefined;
    if (copy) await this.ledger.accept(tx, copy);
    await recordBurials(tx, [
      {
        id: uuidv7(),
        queueUrl: row.queueUrl,
        messageId,
        groupId: row.groupId,
        bodyMd5: row.bodyMd5,
        cause: operation.state === 'exhausted' ? 'exhausted' : 'refused',
        reason,
        notificationId: row.id,
        copyOperationId: copy?.id,
        redriveOf: await lastRedriven(tx, row.id),
      },
    ]);
    this.log.deadLettered(tx.tenantId, row.id, reason);
  }
}

async function markPublished(tx: TenantTransaction, id: string, operation: OperationView): Promise<void> {
  await markObsolete(tx, id);
  const published = Published.safeParse(operation.output);
  await tx.query(
    `UPDATE notifications SET published_at = coalesce($3, puente_now()), sns_message_id = $4 WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id, operation.settledAt, published.success ? published.data.messageId : null],
  );
}

/** Only SNS has topics: a function that is not there is a mistake in our settings, and its messages must not be lost. */
function isTopicNotFound({ provider, providerCode }: OperationView): boolean {
  return provider === 'sns' && providerCode !== null && TOPIC_NOT_FOUND.includes(providerCode);
}

function reasonOf({ provider, state, providerCode, failure, failureMessage }: OperationView): string {
  const why = [providerCode ?? failure, failureMessage].filter((part) => part !== null && part !== '').join(': ');
  return `${state === 'exhausted' ? 'all tries failed' : `refused by ${provider === 'sns' ? 'SNS' : 'the function'}`}: ${why || 'no reason given'}`;
}
