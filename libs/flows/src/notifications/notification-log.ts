import { Injectable, Logger } from '@nestjs/common';
import type { QueueBinding } from '@puente/queue';

/** Every line about notifications. Ids and reasons; never a subject or a text. */
@Injectable()
export class NotificationLog {
  private readonly log = new Logger('Notifications');

  messageFailed(queue: QueueBinding, messageId: string | undefined, error: unknown): void {
    this.log.error(
      {
        event: 'notification.intake_failed',
        queue: queue.queueUrl,
        tenantId: queue.tenantId,
        messageId,
        error: said(error),
      },
      'A message could not be taken over; the queue gives it again, and to the dead-letter queue after five times',
    );
  }

  resent(tenantId: string, notificationId: string, sends: number): void {
    this.log.warn(
      { event: 'notification.resent', tenantId, notificationId, sends },
      'A notification was sent once more: no queue ever gave it back',
    );
  }

  resendFailed(tenantId: string | undefined, notificationId: string | undefined, error: unknown): void {
    this.log.warn(
      { event: 'notification.resend_failed', tenantId, notificationId, error: said(error) },
      'Unseen notifications could not be sent again; the next pass tries once more',
    );
  }

  retentionFailed(error: unknown): void {
    this.log.warn(
      { event: 'notification.retention_failed', error: said(error) },
      'Old notifications could not all be removed; the next pass tries once more',
    );
  }

  deadLettered(tenantId: string, notificationId: string, reason: string): void {
    this.log.warn(
      { event: 'notification.dead_lettered', tenantId, notificationId, reason },
      'A notification could not be delivered and goes to the dead-letter queue',
    );
  }
}

function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
