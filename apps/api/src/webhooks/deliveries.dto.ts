import { DELIVERY_STATUSES, EventType, REPLAYABLE } from '@puente/flows/webhooks';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { since, until } from '../http/instant';
import { filterText, limit, someOf } from '../http/page';
import { OperationAttempt } from '../operations/operations.dto';
import { EXAMPLE, idCursor } from './webhooks.dto';

const time = z.iso.datetime().nullable();

const delivery = {
  id: z.uuid(),
  eventId: z.uuid(),
  eventType: z.string(),
  endpointId: z.uuid(),
  status: z.enum(DELIVERY_STATUSES),
  operationId: z.uuid().nullable().meta({ description: 'Its newest operation; null while it is held.' }),
  attempts: z.int().meta({ description: 'Tries of that operation.' }),
  nextAttemptAt: time,
  lastCode: z.string().nullable().meta({ description: 'What the last try came to; null after a success.' }),
  lastStatus: z.int().nullable(),
  replays: z.int().meta({ description: 'How often it was sent anew.' }),
  createdAt: z.iso.datetime(),
  settledAt: time,
};

const example = {
  id: EXAMPLE.delivery,
  eventId: EXAMPLE.event,
  eventType: 'order.paid',
  endpointId: EXAMPLE.endpoint,
  status: 'pending' as const,
  operationId: EXAMPLE.delivery,
  attempts: 1,
  nextAttemptAt: '2026-11-23T12:00:06.200Z',
  lastCode: '500',
  lastStatus: 500,
  replays: 0,
  createdAt: '2026-11-23T12:00:00.000Z',
  settledAt: null,
};

const summary = z.object(delivery).meta({ examples: [example] });

export class Delivery extends createZodDto(summary) {}

export class DeliveryPage extends createZodDto(z.object({ items: z.array(summary), next: z.string().nullable() })) {}

export class DeliveryDetail extends createZodDto(
  z
    .object({
      ...delivery,
      log: z
        .array(z.object({ ...OperationAttempt.schema.shape, operationId: z.uuid() }))
        .meta({ description: 'Every try, oldest first: time, duration, status, excerpt of the answer.' }),
    })
    .meta({
      examples: [
        {
          ...example,
          log: [
            {
              operationId: EXAMPLE.delivery,
              number: 1,
              mode: 'call',
              startedAt: '2026-11-23T12:00:00.100Z',
              durationMs: 80,
              outcome: 'unknown',
              providerCode: '500',
              providerStatus: 500,
              excerpt: 'upstream is away',
              repeat: false,
              applied: true,
            },
          ],
        },
      ],
    }),
) {}

export class DeliveryParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the delivery.' }) }),
) {}

export class DeliveriesQuery extends createZodDto(
  z.strictObject({
    status: someOf(DELIVERY_STATUSES).optional().meta({ description: 'Only these, with commas between them.' }),
    since,
    until,
    cursor: idCursor,
    limit,
  }),
) {}

export class ReplayDeliveries extends createZodDto(
  z.strictObject({
    since: z.iso
      .datetime({ offset: true })
      .meta({ description: 'Published from then on.', examples: ['2026-11-23T00:00:00Z'] }),
    until: z.iso.datetime({ offset: true }).optional().meta({ description: 'Published before.' }),
    statuses: z
      .array(z.enum(REPLAYABLE))
      .min(1)
      .default([...REPLAYABLE])
      .meta({ description: 'What is sent again; all that did not arrive unless said otherwise.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Only count.' }),
    limit: z.int().min(1).max(1_000).default(500).meta({ description: 'At most so many now.' }),
    cursor: idCursor,
  }),
) {}

export class ReplayedDeliveries extends createZodDto(
  z
    .object({
      dryRun: z.boolean(),
      deliveries: z.int().meta({ description: 'How many were sent again, or would be.' }),
      next: z.string().nullable().meta({ description: 'Where the next request goes on; null when all are done.' }),
    })
    .meta({ examples: [{ dryRun: false, deliveries: 120, next: null }] }),
) {}

export class ReplayEvent extends createZodDto(
  z.strictObject({
    endpointId: z
      .uuid()
      .toLowerCase()
      .meta({ description: 'Where to.', examples: [EXAMPLE.endpoint] }),
  }),
) {}

export class TestSent extends createZodDto(
  z
    .object({
      eventId: z.uuid(),
      deliveryId: z.uuid(),
      operationId: z.uuid().meta({ description: '`GET /v1/operations/{id}?waitMs=` waits for what comes of it.' }),
    })
    .meta({ examples: [{ eventId: EXAMPLE.event, deliveryId: EXAMPLE.delivery, operationId: EXAMPLE.delivery }] }),
) {}

export class StatsQuery extends createZodDto(
  z.strictObject({
    hours: z.coerce.number().int().min(1).max(168).default(24).meta({ description: 'Over how long.' }),
  }),
) {}

export class EndpointStats extends createZodDto(
  z
    .object({
      hours: z.int(),
      delivered: z.int(),
      failed: z.int(),
      pending: z.int(),
      held: z.int(),
      latencyMs: z
        .object({ p50: z.int(), p95: z.int(), p99: z.int() })
        .nullable()
        .meta({ description: 'From publishing to the receiver’s answer, retries included.' }),
      queueAgeMs: z.number().nullable().meta({ description: 'Age of the oldest delivery that waits.' }),
      isSample: z.boolean().meta({ description: 'Only the newest 20,000 were counted.' }),
    })
    .meta({
      examples: [
        {
          ...{ hours: 24, delivered: 1200, failed: 2, pending: 3, held: 0 },
          ...{ latencyMs: { p50: 48, p95: 130, p99: 410 }, queueAgeMs: 5200, isSample: false },
        },
      ],
    }),
) {}

export class EventParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the event.' }) }),
) {}

export class EventsQuery extends createZodDto(
  z.strictObject({
    type: EventType.optional().meta({ description: 'Only of this type.' }),
    userId: filterText(200).optional().meta({ description: 'Only about this end user.' }),
    since,
    until,
    cursor: idCursor,
    limit,
  }),
) {}

const event = {
  id: z.uuid(),
  eventId: z.string().nullable().meta({ description: 'The publisher’s own id.' }),
  type: z.string(),
  key: z.string().nullable(),
  userId: z.string().nullable(),
  origin: z.enum(['api', 'queue', 'operation', 'endpoint', 'test']),
  deliveries: z.int().meta({ description: 'To how many endpoints it went; 0: nobody had subscribed to its type.' }),
  held: z.int(),
  createdAt: z.iso.datetime(),
};

const eventExample = {
  ...{ id: EXAMPLE.event, eventId: 'order-A-1-paid', type: 'order.paid', key: 'A-1', userId: null },
  ...{ origin: 'api' as const, deliveries: 2, held: 0, createdAt: '2026-11-23T12:00:00.000Z' },
};

export class EventPage extends createZodDto(
  z.object({
    items: z.array(z.object(event).meta({ examples: [eventExample] })),
    next: z.string().nullable(),
  }),
) {}

export class EventDetail extends createZodDto(
  z
    .object({
      ...event,
      payload: z.unknown().meta({ description: 'null when it is no longer kept.' }),
      payloadExpiredAt: time,
      recentDeliveries: z
        .array(summary)
        .meta({ description: 'The newest 25; `GET /v1/events/{id}/deliveries` has all of them.' }),
    })
    .meta({
      examples: [
        {
          ...eventExample,
          ...{ payload: { order: 'A-1', amount: 1500 }, payloadExpiredAt: null, recentDeliveries: [example] },
        },
      ],
    }),
) {}
