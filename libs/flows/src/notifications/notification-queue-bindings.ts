import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { type QueueBinding, QueueBindings } from '@puente/queue';

/** All tenants' notification queues, for the consumers. */
@Injectable()
export class NotificationQueueBindings extends QueueBindings {
  constructor(private readonly database: DispatchDatabase) {
    super();
  }

  all(): Promise<QueueBinding[]> {
    return this.database.query<QueueBinding>(
      `SELECT tenant_id AS "tenantId", queue_url AS "queueUrl", dead_letter_queue_url AS "deadLetterUrl", integration
       FROM notification_queues`,
    );
  }
}
