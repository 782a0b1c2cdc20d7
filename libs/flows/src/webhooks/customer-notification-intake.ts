import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isDatabaseAway, TenantDatabase } from '@puente/database';
import { QueueBatchHandler, type QueueBinding, type QueueMessage, type Verdict } from '@puente/queue';
import { readCustomerNotification } from './customer-notification';
import type { NewEvent } from './event-planning';
import { JoinedPublishing } from './joined-publishing';
import { WebhookLog } from './webhook-log';

/**
 * Customer notifications out of the queue of S0.5: each becomes an event for the endpoints of its user. One transaction
 * for a batch, and when that fails one for each message. The message's own id is the event's, so that a queue which
 * delivers twice publishes once.
 */
@Injectable()
export class CustomerNotificationIntake extends QueueBatchHandler {
  constructor(
    private readonly database: TenantDatabase,
    private readonly publishing: JoinedPublishing,
    private readonly log: WebhookLog,
  ) {
    super();
  }

  async handle(messages: readonly QueueMessage[], queue: QueueBinding): Promise<readonly Verdict[]> {
    const together = await this.take(messages, queue);
    if (together) return together;
    const verdicts: Verdict[] = [];
    for (const message of messages) verdicts.push((await this.take([message], queue))?.[0] ?? { kind: 'retry' });
    return verdicts;
  }

  private async take(messages: readonly QueueMessage[], queue: QueueBinding): Promise<Verdict[] | undefined> {
    const read = messages.map((message) => eventOf(message, queue));
    try {
      const events = read.flatMap((one) => ('problem' in one ? [] : [one]));
      await this.database.run(queue.tenantId, (tx) => this.publishing.publish(tx, events));
      return read.map((one) => ('problem' in one ? { kind: 'dead', reason: one.problem } : { kind: 'done' }));
    } catch (error) {
      if (isDatabaseAway(error)) return messages.map(() => ({ kind: 'retry', unavailable: true }));
      if (messages.length === 1) this.log.upkeepFailed('customer notification', error);
      return undefined;
    }
  }
}

function eventOf(message: QueueMessage, { tenantId, queueUrl }: QueueBinding): NewEvent | { readonly problem: string } {
  const said = readCustomerNotification(message);
  if ('problem' in said) return said;
  const key = createHash('sha256').update(`${queueUrl} ${message.id}`).digest('hex');
  return { tenantId, ...said, eventId: `queue:${key}`, origin: 'queue' };
}
