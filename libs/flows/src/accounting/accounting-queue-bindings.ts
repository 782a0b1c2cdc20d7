import { Inject, Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { type QueueBinding, QueueBindings } from '@puente/queue';
import { ACCOUNTING_QUEUE, type AccountingQueueSettings } from './accounting-queue';

/** The one queue of accounting, as long as its tenant is active. */
@Injectable()
export class AccountingQueueBindings extends QueueBindings {
  constructor(
    private readonly database: DispatchDatabase,
    @Inject(ACCOUNTING_QUEUE) private readonly queue: AccountingQueueSettings | undefined,
  ) {
    super();
  }

  async all(): Promise<QueueBinding[]> {
    if (!this.queue) return [];
    const active = await this.database.query(`SELECT FROM tenants WHERE id = $1 AND status = 'active'`, [
      this.queue.tenantId,
    ]);
    return active.length === 1 ? [{ ...this.queue, integration: 'default' }] : [];
  }

  isOurs(queueUrl: string): boolean {
    return this.queue?.queueUrl === queueUrl;
  }
}
