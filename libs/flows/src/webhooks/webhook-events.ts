import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid, type JsonObject } from '@puente/kernel';
import { EventContents, type EventFacts } from './event-content';
import type { EventOrigin } from './event-rows';
import { EventPayloadExpiredError, WebhookEventNotFoundError } from './webhooks.errors';

export interface EventSummary {
  readonly id: string;
  /** The publisher's own id. */
  readonly eventId: string | null;
  readonly type: string;
  readonly key: string | null;
  readonly userId: string | null;
  readonly origin: EventOrigin;
  /** To how many endpoints it went when it was published; 0: nobody had subscribed to its type. */
  readonly deliveries: number;
  readonly held: number;
  readonly createdAt: Date;
}

export interface EventView extends EventSummary {
  /** Null when it is no longer kept, or the tenant's data key no longer opens it. */
  readonly payload: unknown;
  readonly payloadExpiredAt: Date | null;
}

export interface EventPage {
  readonly items: readonly EventSummary[];
  /** Id before which the next page begins, null on the last one. */
  readonly next: string | null;
}

export interface EventFilter {
  readonly type?: string | undefined;
  readonly userId?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

interface EventRow extends EventSummary {
  readonly payload: JsonObject;
  readonly payloadExpiredAt: Date | null;
}

const SUMMARY = `id, event_id AS "eventId", type, key, user_id AS "userId", origin, deliveries, held, created_at AS "createdAt"`;

/** Events as they were published; what became of them is with their deliveries. */
@Injectable()
export class WebhookEvents {
  constructor(
    private readonly database: TenantDatabase,
    private readonly contents: EventContents,
  ) {}

  /** Newest first. Decrypts nothing. @param cursor `next` of the page before */
  async list(tenantId: string, filter: EventFilter = {}, cursor?: string, limit = 25): Promise<EventPage> {
    const { type = null, userId = null, since = null, until = null } = filter;
    const rows = await this.database.run(tenantId, (tx) =>
      tx.query<EventSummary>(
        `SELECT ${SUMMARY} FROM webhook_events
         WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR type = $3)
           AND ($4::text IS NULL OR user_id = $4) AND ($5::timestamptz IS NULL OR created_at >= $5)
           AND ($6::timestamptz IS NULL OR created_at < $6)
         ORDER BY id DESC LIMIT $7`,
        [tenantId, cursor ?? null, type, userId, since, until, limit + 1],
      ),
    );
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** @throws {WebhookEventNotFoundError} also for another tenant's */
  async get(tenantId: string, id: string): Promise<EventView> {
    const { payload, ...row } = await this.database.run(tenantId, (tx) => rowOf(tx, id));
    const opened = row.payloadExpiredAt ? undefined : this.contents.open(tenantId, id, payload);
    const data = await opened?.catch(() => undefined); // worth showing without it
    return { ...row, payload: data === undefined ? null : (JSON.parse(data) as unknown) };
  }

  /** For sending it again. @throws {WebhookEventNotFoundError} {@link EventPayloadExpiredError} */
  async whole(tx: TenantTransaction, id: string): Promise<{ readonly facts: EventFacts; readonly data: string }> {
    const { payload, payloadExpiredAt, type, key, userId, createdAt } = await rowOf(tx, id);
    if (payloadExpiredAt) throw new EventPayloadExpiredError(id);
    return {
      facts: { id, type, key, userId, at: createdAt },
      data: await this.contents.open(tx.tenantId, id, payload),
    };
  }
}

async function rowOf(tx: TenantTransaction, id: string): Promise<EventRow> {
  if (!isUuid(id)) throw new WebhookEventNotFoundError(id);
  const [row] = await tx.query<EventRow>(
    `SELECT ${SUMMARY}, payload, payload_expired_at AS "payloadExpiredAt" FROM webhook_events WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, id],
  );
  if (!row) throw new WebhookEventNotFoundError(id);
  return row;
}
