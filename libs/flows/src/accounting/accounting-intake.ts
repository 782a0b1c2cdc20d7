import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isDatabaseAway, TenantDatabase, type TenantTransaction } from '@puente/database';
import { QueueBatchHandler, type QueueBinding, type QueueMessage, type Verdict } from '@puente/queue';
import { AccountingLog } from './accounting-log';
import { readQueueMessage } from './accounting-message';
import { AccountingMetrics } from './accounting-metrics';
import { type Arrival, EntryAcceptance, type Taken } from './entry-acceptance';
import { isUsable, Unusable } from './unusable';

const RETRY: Verdict = { kind: 'retry' };

/**
 * Messages of S0.3 and S0.4 out of their queue: written into the ledger, then deleted. So an Odoo that is away, or refuses
 * our credentials, uses up nobody's receives. One transaction for a batch, and when that fails one for each message; on a
 * FIFO queue one that failed holds up the rest of its group.
 */
@Injectable()
export class AccountingIntake extends QueueBatchHandler {
  constructor(
    private readonly database: TenantDatabase,
    private readonly acceptance: EntryAcceptance,
    private readonly log: AccountingLog,
    private readonly metrics: AccountingMetrics,
  ) {
    super();
  }

  async handle(messages: readonly QueueMessage[], queue: QueueBinding): Promise<readonly Verdict[]> {
    return (await this.together(messages, queue)) ?? (await this.oneByOne(messages, queue));
  }

  private async together(messages: readonly QueueMessage[], queue: QueueBinding): Promise<Verdict[] | undefined> {
    try {
      const taken = await this.database.run(queue.tenantId, async (tx) =>
        (await isActive(tx)) ? this.take(tx, messages, queue) : undefined,
      );
      if (!taken) return messages.map(() => RETRY);
      return messages.map((message, at) => this.verdict(taken[at], message, queue));
    } catch (error) {
      if (isDatabaseAway(error)) return messages.map(() => ({ kind: 'retry', unavailable: true }));
      if (messages.length > 1) return undefined;
      this.log.messageFailed(queue.tenantId, messages[0]?.id, error);
      return [RETRY];
    }
  }

  private async take(
    tx: TenantTransaction,
    messages: readonly QueueMessage[],
    queue: QueueBinding,
  ): Promise<readonly Taken[]> {
    const read = messages.map((message) => arrivalOf(message, queue));
    const good = read.filter(isUsable);
    const taken = await this.acceptance.take(tx, good);
    return read.map((one) =>
      one instanceof Unusable ? one : (taken[good.indexOf(one)] ?? new Unusable('it was not looked at')),
    );
  }

  private async oneByOne(messages: readonly QueueMessage[], queue: QueueBinding): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const heldUp = new Set<string>();
    for (const message of messages) {
      const verdict = heldUp.has(message.groupId) ? RETRY : ((await this.together([message], queue))?.[0] ?? RETRY);
      if (verdict.kind === 'retry' && message.groupId) heldUp.add(message.groupId);
      verdicts.push(verdict);
    }
    return verdicts;
  }

  private verdict(taken: Taken | undefined, { id }: QueueMessage, { tenantId }: QueueBinding): Verdict {
    if (taken === undefined) return RETRY;
    if (taken instanceof Unusable) {
      this.metrics.came('queue', 'refused');
      this.log.refused(tenantId, id, taken.problem);
      return { kind: 'dead', reason: taken.problem };
    }
    this.metrics.came('queue', taken.kind);
    if (taken.kind !== 'conflicted') return { kind: 'done' };
    this.log.conflicted(tenantId, taken.entryId);
    return { kind: 'dead', reason: `entry ${taken.entryId} has the same key and other contents` };
  }
}

/** The message's own id tells it apart only where its route has no key: a queue that delivers twice posts once. */
function arrivalOf(message: QueueMessage, { queueUrl }: QueueBinding): Arrival | Unusable {
  const read = readQueueMessage(message);
  if (read instanceof Unusable) return read;
  const { model, method } = read.attributes;
  if (typeof model !== 'string' || typeof method !== 'string')
    return new Unusable('the attributes model and method are missing, or no text', 'attributes');
  const hash = createHash('sha256').update(`${queueUrl} ${message.id}`).digest('hex');
  return { message: read, choice: { model, method }, origin: 'queue', messageId: message.id, otherwise: `message:${hash}` }; // prettier-ignore
}

/** Suspended a moment ago, and this process has not heard of it yet: the messages stay in the queue. */
async function isActive(tx: TenantTransaction): Promise<boolean> {
  return (await tx.query(`SELECT FROM tenants WHERE id = $1 AND status = 'active'`, [tx.tenantId])).length === 1;
}
