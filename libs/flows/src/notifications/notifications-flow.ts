import { Injectable } from '@nestjs/common';
import { type JsonValue, uuidv7 } from '@puente/kernel';
import { type IdempotencyClaim, OperationLedger } from '@puente/ledger';
import { bodyMd5 } from '@puente/queue';
import { NotificationContents } from './notification-content';
import { NotificationOperations } from './notification-operations';
import { NotificationQueues } from './notification-queues';
import { acceptedRow } from './notification-rows';
import { NotificationTooLargeError } from './notifications.errors';
import { LARGEST_OWN_BODY, type NotifyBody } from './notifications.schemas';
import { queueBody } from './queue-body';

export interface NotifyOptions {
  /** The caller's `Idempotency-Key`: the same key gives the same notification, whatever happened in between. */
  readonly idempotencyKey?: string | undefined;
  readonly traceId?: string | undefined;
}

export interface Notified {
  readonly id: string;
  /** The send to the queue. */
  readonly operationId: string;
  /** The key was used before with the same request; nothing was written. */
  readonly replayed: boolean;
}

export const NOTIFY_ROUTE = 'POST /v1/notifications';

/**
 * Accepts notifications by REST: the row and the send to the tenant's queue are committed together before the caller
 * hears of it, and everything after that is the ledger's, the queue's and the consumer's work.
 */
@Injectable()
export class NotificationsFlow {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly queues: NotificationQueues,
    private readonly operations: NotificationOperations,
    private readonly contents: NotificationContents,
  ) {}

  /**
   * @throws {NotificationQueueMissingError} no queue is bound
   * @throws {NotificationTooLargeError}
   * @throws {IdempotencyKeyReusedError} the key came before with another request
   */
  async notify(tenantId: string, notification: NotifyBody, options: NotifyOptions = {}): Promise<Notified> {
    const { event, topic, subject, message, group } = notification;
    const queue = await this.queues.forSending(tenantId);
    const body = queueBody({ sns_topic: topic, subject, message, event });
    if (body.length > LARGEST_OWN_BODY) throw new NotificationTooLargeError(body.length, LARGEST_OWN_BODY);
    const id = uuidv7();
    const md5 = bodyMd5(body);
    const content = await this.contents.seal(tenantId, id, { body, attributes: {} });
    const send = this.operations.send(
      { tenantId, notificationId: id, group, traceId: options.traceId },
      { url: queue.queueUrl, integration: queue.integration },
      { body, md5, idempotency: claimOf(id, notification, options.idempotencyKey) },
    );
    const row = { id, tenantId, event, topic, content, groupId: group, bodyMd5: md5, queueUrl: queue.queueUrl };
    const accepted = await this.ledger.acceptGrouped(send, acceptedRow(row, send.id));
    const replayed = accepted.kind === 'replayed';
    return { id: replayed ? accepted.subjectId : id, operationId: accepted.operationId, replayed };
  }
}

function claimOf(id: string, notification: NotifyBody, key: string | undefined): IdempotencyClaim | undefined {
  if (key === undefined) return undefined;
  const { event, ...rest } = notification;
  const request: JsonValue = event === undefined ? rest : { ...rest, event };
  return { route: NOTIFY_ROUTE, key, request, subjectId: id };
}
