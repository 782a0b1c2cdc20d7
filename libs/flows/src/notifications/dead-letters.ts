import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';

/** A message that was put aside: what was wrong with it, and where it came from. Its text is in the dead-letter queue. */
export interface DeadLetterView {
  readonly id: string;
  readonly queueUrl: string;
  /** The id SQS gave the original message. */
  readonly messageId: string;
  /** Null for messages that could not be read at all. */
  readonly notificationId: string | null;
  readonly reason: string;
  readonly bodyMd5: string;
  readonly at: Date;
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetterView[];
  /** Id after which the next page begins; null on the last one. */
  readonly next: string | null;
}

/** Messages in the dead-letter queue with the reason we recorded (S1.6). */
@Injectable()
export class DeadLetters {
  constructor(private readonly database: TenantDatabase) {}

  /** Newest first; ids are UUIDs version 7, so their order is that of time. */
  async list(tenantId: string, cursor?: string, limit = 25): Promise<DeadLetterPage> {
    const rows = await this.database.run(tenantId, (tx) =>
      tx.query<DeadLetterView>(
        `SELECT id, queue_url AS "queueUrl", message_id AS "messageId", notification_id AS "notificationId", reason,
                body_md5 AS "bodyMd5", at
         FROM dead_letters WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2::uuid) ORDER BY id DESC LIMIT $3`,
        [tenantId, cursor ?? null, limit + 1],
      ),
    );
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }
}
