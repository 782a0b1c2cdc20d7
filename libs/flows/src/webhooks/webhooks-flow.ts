import { Injectable } from '@nestjs/common';
import type { PublishedEvent } from './event-planning';
import { EventPublisher } from './event-publisher';
import { isReserved } from './event-types';
import { EventTypeReservedError } from './webhooks.errors';
import type { PublishBody } from './webhooks.schemas';

export interface PublishOptions {
  /** The caller's `Idempotency-Key`: the event's id, unless it has one of its own. */
  readonly idempotencyKey?: string | undefined;
  readonly traceId?: string | undefined;
}

/** Takes events by REST: when the answer comes they are committed with all their deliveries. */
@Injectable()
export class WebhooksFlow {
  constructor(private readonly publisher: EventPublisher) {}

  /**
   * @throws {EventTypeReservedError} {@link EventTooLargeError} {@link EventFanOutTooLargeError}
   * @throws {EventIdReusedError}
   */
  async publish(
    tenantId: string,
    { type, payload, key, id, userId }: PublishBody,
    { idempotencyKey, traceId }: PublishOptions = {},
  ): Promise<PublishedEvent> {
    if (isReserved(type)) throw new EventTypeReservedError(type);
    const data = JSON.stringify(payload);
    return this.publisher.publish({
      ...{ tenantId, type, data, key, userId, traceId },
      ...{ eventId: id ?? idempotencyKey, origin: 'api' },
    });
  }
}
