import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@puente/kernel';
import { JoinedAccept, type NewOperation, PayloadCipher, type SealedOperations } from '@puente/ledger';
import { DeliveryOperations, type DeliveryOptions } from './delivery-operations';
import { EventContents, type EventFacts } from './event-content';
import type { DeliveryRow, EventOrigin, EventRow, Target, Wanted } from './event-rows';
import { patternsFor } from './event-types';
import { EventFanOutTooLargeError, EventTooLargeError } from './webhooks.errors';

/** As Standard Webhooks advises, and as SQS allows. */
export const LARGEST_PAYLOAD = 262_144;
const LARGEST_FAN_OUT = 64 * 1_024 * 1_024;

export interface NewEvent {
  readonly tenantId: string;
  readonly type: string;
  /** JSON text. */
  readonly data: string;
  readonly key?: string | undefined;
  readonly userId?: string | undefined;
  /** The publisher's own id: the same one again is the same event. */
  readonly eventId?: string | undefined;
  readonly origin: EventOrigin;
  /** Not to this endpoint, whatever it subscribed to. */
  readonly exceptTo?: string | undefined;
  readonly traceId?: string | undefined;
}

/** An event with everything that is written with it. */
export interface PlannedEvent {
  readonly row: EventRow;
  readonly deliveries: readonly DeliveryRow[];
  readonly operations: SealedOperations;
}

export interface PublishedEvent {
  readonly id: string;
  /** To how many endpoints it goes, held ones included. */
  readonly deliveries: number;
  /** Of them, to endpoints that are disabled: waiting for a replay. */
  readonly held: number;
  /** Its id was used before with the same content; nothing was written. */
  readonly replayed: boolean;
}

/** Turns an event and its targets into rows. All that costs time and needs no transaction happens here, before it. */
@Injectable()
export class EventPlanning {
  constructor(
    private readonly operations: DeliveryOperations,
    private readonly contents: EventContents,
    private readonly accept: JoinedAccept,
    private readonly cipher: PayloadCipher,
  ) {}

  /** @throws {EventTooLargeError} {@link EventFanOutTooLargeError} */
  async plan(event: NewEvent, targets: readonly Target[], options: DeliveryOptions = {}): Promise<PlannedEvent> {
    requireSmall(event, targets.length);
    const { tenantId, data, traceId } = event;
    const facts = factsOf(event);
    const made: NewOperation[] = [];
    const deliveries = targets.map((target): DeliveryRow => {
      const id = uuidv7();
      if (target.enabled)
        made.push(this.operations.deliver(tenantId, facts, data, target, { ...options, id, traceId }));
      const operationId = target.enabled ? id : null;
      const [event_id, created_at] = [facts.id, facts.at.toISOString()];
      return {
        id,
        tenant_id: tenantId,
        event_id,
        endpoint_id: target.endpointId,
        operation_id: operationId,
        created_at,
      };
    });
    const [row, operations] = await Promise.all([
      this.rowOf(event, facts, { deliveries: targets.length, held: targets.length - made.length }),
      this.accept.seal(made),
    ]);
    return { row, deliveries, operations };
  }

  private async rowOf(
    event: NewEvent,
    { id, key, userId, at }: EventFacts,
    counts: Pick<EventRow, 'deliveries' | 'held'>,
  ): Promise<EventRow> {
    const { tenantId, type, eventId, origin, data } = event;
    const payload = await this.contents.seal(tenantId, id, data);
    const hash = eventId === undefined ? null : await this.cipher.requestHash(tenantId, [type, key, userId, data]);
    return {
      ...{ id, tenant_id: tenantId, event_id: eventId ?? null, request_hash: hash?.toString('hex') ?? null },
      ...{ type, key, user_id: userId, origin, payload, ...counts, created_at: at.toISOString() },
    };
  }
}

/** @param own of Puente itself: only who names its type hears of it */
export function wantedBy({ tenantId, type, userId, origin, exceptTo }: NewEvent): Wanted {
  return { tenantId, patterns: patternsFor(type, origin === 'operation' || origin === 'endpoint'), userId, exceptTo };
}

function factsOf({ type, key, userId }: NewEvent): EventFacts {
  const at = new Date();
  return { id: uuidv7(at.getTime()), type, key: key ?? null, userId: userId ?? null, at };
}

function requireSmall({ data }: NewEvent, endpoints: number): void {
  const bytes = Buffer.byteLength(data, 'utf8');
  if (bytes > LARGEST_PAYLOAD) throw new EventTooLargeError(bytes, LARGEST_PAYLOAD);
  if (bytes * endpoints > LARGEST_FAN_OUT) throw new EventFanOutTooLargeError(bytes, endpoints);
}
