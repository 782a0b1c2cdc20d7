import { Inject, Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { Clock, uuidv7 } from '@puente/kernel';
import { AuditLog, type Origin } from '@puente/tenancy';
import { boundQueue, NotificationQueueEntity } from './notification-queue.entity';
import {
  NotificationQueueMissingError,
  NotificationQueueNotFoundError,
  NotificationQueueTakenError,
} from './notifications.errors';
import { NOTIFICATIONS_OPTIONS, type NotificationsOptions } from './notifications.options';
import type { QueueBindingBody } from './notifications.schemas';
import { type CheckedQueues, QueueCheck } from './queue-check';
import type { QueueFinding } from './queue-findings';

export interface NotificationQueueView {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly integration: string;
  readonly createdAt: Date;
}

export interface BindOptions {
  readonly origin: Origin;
  /** Whether the platform itself asks: only it binds queues of its own account, which no credentials of a tenant prove. */
  readonly platform?: boolean;
}

const REMEMBERED_MS = 2_000;

/** Which queue a tenant's notifications go through: one per tenant. */
@Injectable()
export class NotificationQueues {
  private readonly remembered = new Map<string, { readonly at: number; readonly queue: NotificationQueueView }>();

  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
    private readonly check: QueueCheck,
    private readonly clock: Clock,
    @Inject(NOTIFICATIONS_OPTIONS) private readonly options: NotificationsOptions,
  ) {}

  /** @throws {NotificationQueueNotFoundError} */
  async get(tenantId: string): Promise<NotificationQueueView> {
    const queue = await this.database.run(tenantId, (tx) => boundQueue(tx));
    if (!queue) throw new NotificationQueueNotFoundError();
    return viewOf(queue);
  }

  /**
   * The queue to send to; at most two seconds old, so that accepting a notification costs no query for it.
   *
   * @throws {NotificationQueueMissingError}
   */
  async forSending(tenantId: string): Promise<NotificationQueueView> {
    const known = this.remembered.get(tenantId);
    if (known && this.clock.monotonicMs() - known.at < REMEMBERED_MS) return known.queue;
    const queue = await this.database.run(tenantId, (tx) => boundQueue(tx));
    if (!queue) throw new NotificationQueueMissingError();
    const view = viewOf(queue);
    this.remembered.set(tenantId, { at: this.clock.monotonicMs(), queue: view });
    return view;
  }

  /**
   * Binds the tenant's queue, in place of the one before. The tenant's own credentials must reach both queues: otherwise
   * anybody could take another's address. No queue serves two tenants, not even as the dead-letter queue of one of them.
   *
   * @throws {NotificationQueueTakenError}
   * @throws {NotificationQueueUnusableError}
   */
  async bind(tenantId: string, body: QueueBindingBody, { origin, platform = false }: BindOptions) {
    const reserved = this.options.platformQueueUrls.some(
      (url) => url === body.queueUrl || url === body.deadLetterQueueUrl,
    );
    if (reserved && !platform) throw new NotificationQueueTakenError();
    const { arns, findings } = await this.check.check(tenantId, body);
    const bound = await this.database.run(tenantId, async (tx) => {
      const queue = await replaceQueue(tx, body, arns);
      const detail = { queueUrl: body.queueUrl, deadLetterQueueUrl: body.deadLetterQueueUrl };
      const target = 'notification-queue';
      await this.audit.record(tx, { ...origin, action: 'notification-queue.bound', target, outcome: 'done', detail });
      return viewOf(queue);
    });
    this.remembered.delete(tenantId);
    return { ...bound, warnings: findings.flatMap(({ ok, text }) => (ok ? [] : [text])) };
  }

  /**
   * What is so and what is wrong with the bound queues as they are now.
   *
   * @throws {NotificationQueueNotFoundError}
   * @throws {NotificationQueueUnusableError} one of them is gone, or not for the tenant's credentials
   * @throws {CredentialsUnavailableError}
   */
  async verify(tenantId: string): Promise<readonly QueueFinding[]> {
    return (await this.check.check(tenantId, await this.get(tenantId))).findings;
  }

  /**
   * What waits in the queue stays there; its consumer stops within seconds.
   *
   * @throws {NotificationQueueNotFoundError}
   */
  async unbind(tenantId: string, origin: Origin): Promise<void> {
    await this.database.run(tenantId, async (tx) => {
      const deleted = await tx.manager.getRepository(NotificationQueueEntity).delete({ tenantId });
      if (!deleted.affected) throw new NotificationQueueNotFoundError();
      const target = 'notification-queue';
      await this.audit.record(tx, { ...origin, action: 'notification-queue.unbound', target, outcome: 'done' });
    });
    this.remembered.delete(tenantId);
  }
}

async function replaceQueue(
  tx: TenantTransaction,
  binding: QueueBindingBody,
  arns: CheckedQueues['arns'],
): Promise<NotificationQueueEntity> {
  const { tenantId } = tx;
  try {
    await tx.manager
      .getRepository(NotificationQueueEntity)
      .upsert({ id: uuidv7(), tenantId, ...binding, queueArn: arns.queueUrl }, ['tenantId']);
    await tx.query(`DELETE FROM notification_queue_arns WHERE tenant_id = $1`, [tenantId]);
    await tx.query(
      `INSERT INTO notification_queue_arns (tenant_id, arn, role) VALUES ($1, $2, 'queue'), ($1, $3, 'dead_letters')`,
      [tenantId, arns.queueUrl, arns.deadLetterQueueUrl],
    );
  } catch (error) {
    if ((error as { code?: unknown }).code === '23505') throw new NotificationQueueTakenError();
    throw error;
  }
  return tx.manager.getRepository(NotificationQueueEntity).findOneByOrFail({ tenantId: tx.tenantId });
}

function viewOf({
  queueUrl,
  deadLetterQueueUrl,
  integration,
  createdAt,
}: NotificationQueueEntity): NotificationQueueView {
  return { queueUrl, deadLetterQueueUrl, integration, createdAt };
}
