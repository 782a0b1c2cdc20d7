import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { type QueueBinding, QueueBindings } from '@puente/queue';

/** The notification queues of all active tenants, for the consumers. What a suspended one has in its queue stays there. */
@Injectable()
export class NotificationQueueBindings extends QueueBindings {
  constructor(private readonly database: DispatchDatabase) {
    super();
  }

  all(): Promise<QueueBinding[]> {
    return this.database.query<QueueBinding>(
      `SELECT q.tenant_id AS "tenantId", q.queue_url AS "queueUrl", q.dead_letter_queue_url AS "deadLetterUrl", q.integration
       FROM notification_queues q JOIN tenants t ON t.id = q.tenant_id WHERE t.status = 'active'`,
    );
  }
}
