import { Injectable } from '@nestjs/common';
import { AccountingIntake, AccountingQueueBindings } from '@puente/flows/accounting';
import { NotificationIntake, NotificationQueueBindings } from '@puente/flows/notifications';
import { CustomerNotificationIntake, CustomerQueueBindings } from '@puente/flows/webhooks';
import { QueueBatchHandler, type QueueBinding, QueueBindings, type QueueMessage, type Verdict } from '@puente/queue';

/** The queues of all flows. What two of them claim belongs to the first. */
@Injectable()
export class FlowQueueBindings extends QueueBindings {
  constructor(
    private readonly notifications: NotificationQueueBindings,
    private readonly customers: CustomerQueueBindings,
    private readonly accounting: AccountingQueueBindings,
  ) {
    super();
  }

  async all(): Promise<readonly QueueBinding[]> {
    const flows = await Promise.all([this.customers.all(), this.accounting.all(), this.notifications.all()]);
    const byUrl = new Map<string, QueueBinding>();
    for (const queue of flows.flat()) if (!byUrl.has(queue.queueUrl)) byUrl.set(queue.queueUrl, queue);
    return [...byUrl.values()];
  }
}

/** Gives each message to the flow whose queue it came from: one of the installation's own, or else a tenant's. */
@Injectable()
export class FlowIntakes extends QueueBatchHandler {
  constructor(
    private readonly notifications: NotificationIntake,
    private readonly customers: CustomerNotificationIntake,
    private readonly customerQueues: CustomerQueueBindings,
    private readonly accounting: AccountingIntake,
    private readonly accountingQueues: AccountingQueueBindings,
  ) {
    super();
  }

  handle(messages: readonly QueueMessage[], queue: QueueBinding): Promise<readonly Verdict[]> {
    if (this.customerQueues.isOurs(queue.queueUrl)) return this.customers.handle(messages, queue);
    if (this.accountingQueues.isOurs(queue.queueUrl)) return this.accounting.handle(messages, queue);
    return this.notifications.handle(messages, queue);
  }
}
