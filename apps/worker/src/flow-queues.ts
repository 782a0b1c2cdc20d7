import { Injectable } from '@nestjs/common';
import { NotificationIntake, NotificationQueueBindings } from '@puente/flows/notifications';
import { CustomerNotificationIntake, CustomerQueueBindings } from '@puente/flows/webhooks';
import { QueueBatchHandler, type QueueBinding, QueueBindings, type QueueMessage, type Verdict } from '@puente/queue';

/** The queues of all flows. What two of them claim belongs to the first. */
@Injectable()
export class FlowQueueBindings extends QueueBindings {
  constructor(
    private readonly notifications: NotificationQueueBindings,
    private readonly customers: CustomerQueueBindings,
  ) {
    super();
  }

  async all(): Promise<readonly QueueBinding[]> {
    const [customers, notifications] = await Promise.all([this.customers.all(), this.notifications.all()]);
    const taken = new Set(customers.map(({ queueUrl }) => queueUrl));
    return [...customers, ...notifications.filter(({ queueUrl }) => !taken.has(queueUrl))];
  }
}

/** Gives each message to the flow whose queue it came from: the installation's one queue of customers, or else. */
@Injectable()
export class FlowIntakes extends QueueBatchHandler {
  constructor(
    private readonly notifications: NotificationIntake,
    private readonly customers: CustomerNotificationIntake,
    private readonly customerQueues: CustomerQueueBindings,
  ) {
    super();
  }

  handle(messages: readonly QueueMessage[], queue: QueueBinding): Promise<readonly Verdict[]> {
    return this.customerQueues.isOurs(queue.queueUrl)
      ? this.customers.handle(messages, queue)
      : this.notifications.handle(messages, queue);
  }
}
