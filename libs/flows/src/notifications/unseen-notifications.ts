import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { Clock } from '@puente/kernel';
import { QueueActivity } from '@puente/queue';

export interface Unseen {
  /** A letter is a message that came out of the dead letters and was lost on its way back. */
  readonly kind: 'notification' | 'letter';
  readonly id: string;
  readonly tenantId: string;
}

interface Candidate extends Unseen {
  readonly queueUrl: string;
  /** Whether it still is the tenant's queue. */
  readonly bound: boolean;
  readonly ageMs: number;
}

/** How many a pass looks at in each queue; the rest waits for the next. */
const MOST_PER_QUEUE = 100;

/**
 * Messages that a queue took and never gave back: notifications, and letters that were sent back. Being old is not enough, since a long backlog makes all of them
 * old: only when this process has found the queue empty after the send is the message certainly not in it any more.
 * Looked for queue by queue, so that a long backlog of one tenant hides nobody else's. A suspended tenant's are left alone:
 * nobody reads its queue, so they are still in it.
 */
@Injectable()
export class UnseenNotifications {
  constructor(
    private readonly database: DispatchDatabase,
    private readonly activity: QueueActivity,
    private readonly clock: Clock,
  ) {}

  /** @param afterMs how old the last send must be; doubled with each one */
  async find(afterMs: number): Promise<Unseen[]> {
    const candidates = await this.database.query<Candidate>(
      `SELECT kind, old.id, "tenantId", "queueUrl", (extract(epoch FROM puente_now() - sent) * 1000)::float8 AS "ageMs",
              q.queue_url IS NOT NULL AS bound
       FROM (SELECT *, row_number() OVER (PARTITION BY "tenantId", "queueUrl" ORDER BY sent) AS place FROM (
         SELECT 'notification' AS kind, id, tenant_id AS "tenantId", queue_url AS "queueUrl", queued_at AS sent
         FROM notifications
         WHERE queued_at IS NOT NULL AND handled_at IS NULL AND deduplicated_of IS NULL AND dead_lettered_at IS NULL
           AND queued_at < ${before('sends')}
         UNION ALL
         SELECT 'letter', id, tenant_id, redrive_queue_url, redriven_at
         FROM dead_letters
         WHERE state = 'redriven' AND taken_message_id IS NULL AND redriven_at < ${before('redrives')}) AS each) AS old
       JOIN tenants t ON t.id = "tenantId" AND t.status = 'active'
       LEFT JOIN notification_queues q ON q.tenant_id = "tenantId" AND q.queue_url = "queueUrl"
       WHERE place <= $2`,
      [afterMs, MOST_PER_QUEUE],
    );
    return candidates.filter((candidate) => this.isGone(candidate));
  }

  private isGone({ queueUrl, bound, ageMs }: Candidate): boolean {
    // Not its queue any more: no consumer will ever see what is left in it.
    if (!bound) return true;
    const emptyAt = this.activity.lastEmptyAt(queueUrl);
    return emptyAt !== undefined && this.clock.now().getTime() - emptyAt.getTime() < ageMs;
  }
}

/** Longer ago with each send. */
function before(sends: string): string {
  return `puente_now() - $1 * interval '1 millisecond' * power(2, least(greatest(${sends}, 1), 10) - 1)`;
}
