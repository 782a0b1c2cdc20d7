import { Injectable } from '@nestjs/common';
import { isDatabaseAway, TenantDatabase, type TenantTransaction } from '@puente/database';
import { QueueBatchHandler, type QueueBinding, type QueueMessage, type Verdict } from '@puente/queue';
import { MessageTaking } from './message-taking';
import { NotificationLog } from './notification-log';

/**
 * What consumers do with a batch: one transaction for all of it, and when that fails, one per message, so that a bad one
 * costs nobody else anything (S1.3). A message that failed holds up the rest of its group, or order would break.
 */
@Injectable()
export class NotificationIntake extends QueueBatchHandler {
  constructor(
    private readonly database: TenantDatabase,
    private readonly taking: MessageTaking,
    private readonly log: NotificationLog,
  ) {
    super();
  }

  async handle(messages: readonly QueueMessage[], queue: QueueBinding): Promise<readonly Verdict[]> {
    return (await this.together(messages, queue)) ?? (await this.oneByOne(messages, queue));
  }

  private async together(
    messages: readonly QueueMessage[],
    queue: QueueBinding,
  ): Promise<readonly Verdict[] | undefined> {
    try {
      return await this.database.run(queue.tenantId, async (tx) =>
        (await isActive(tx)) ? this.taking.takeAll(tx, messages, queue) : messages.map(() => ({ kind: 'retry' })),
      );
    } catch (error) {
      if (isDatabaseAway(error)) return messages.map(() => ({ kind: 'retry', unavailable: true }));
      if (messages.length > 1) return undefined;
      this.log.messageFailed(queue, messages[0]?.id, error);
      return [{ kind: 'retry' }];
    }
  }

  private async oneByOne(messages: readonly QueueMessage[], queue: QueueBinding): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const heldUp = new Set<string>();
    for (const message of messages) {
      const verdict: Verdict = heldUp.has(message.groupId)
        ? { kind: 'retry' }
        : ((await this.together([message], queue))?.[0] ?? { kind: 'retry' });
      if (verdict.kind === 'retry' && message.groupId) heldUp.add(message.groupId);
      verdicts.push(verdict);
    }
    return verdicts;
  }
}

/** Suspended a moment ago, and this process has not heard of it yet: the messages stay in the queue. */
async function isActive(tx: TenantTransaction): Promise<boolean> {
  return (await tx.query(`SELECT FROM tenants WHERE id = $1 AND status = 'active'`, [tx.tenantId])).length === 1;
}
