import {
  HandlerBody,
  HandlerKind,
  NOTIFICATION_STATUSES,
  NotifyBody,
  QueueBindingBody,
} from '@puente/flows/notifications';
import { ON_UNKNOWN } from '@puente/kernel';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { instant } from '../http/instant';
import { OperationAttempt } from '../operations/operations.dto';
import { filterText, limit, seqCursor } from '../http/page';

export class Notify extends createZodDto(NotifyBody) {}

export class AcceptedNotification extends createZodDto(
  z.object({ id: z.uuid(), status: z.literal('accepted'), operationId: z.uuid() }),
) {}

export class NotificationParams extends createZodDto(z.strictObject({ id: z.uuid().toLowerCase() })) {}

export class ListNotificationsQuery extends createZodDto(
  z.strictObject({
    status: z.enum(NOTIFICATION_STATUSES).optional(),
    event: filterText(256).optional(),
    group: filterText(128).optional(),
    topic: filterText(1_024).optional(),
    since: instant.optional(),
    until: instant.optional(),
    cursor: seqCursor,
    limit,
  }),
) {}

const time = z.iso.datetime().nullable();

const summary = {
  id: z.uuid(),
  status: z.enum(NOTIFICATION_STATUSES),
  origin: z.enum(['api', 'queue']).meta({ description: 'By REST, or from a producer that knows only the queue.' }),
  event: z.string().nullable(),
  topic: z.string(),
  group: z.string(),
  queueMessageId: z.string().nullable(),
  snsMessageId: z.string().nullable(),
  repeats: z.int().meta({ description: 'Publishes made although an earlier one may have happened.' }),
  deduplicatedOf: z.uuid().nullable().meta({ description: 'The queue took it for a repeat of this one.' }),
  reason: z.object({ code: z.string(), message: z.string().nullable() }).nullable(),
  createdAt: z.iso.datetime(),
  queuedAt: time,
  handledAt: time,
  publishedAt: time,
  deadLetteredAt: time,
};

export class NotificationPage extends createZodDto(
  z.object({ items: z.array(z.object(summary)), next: z.string().nullable() }),
) {}

export class NotificationDetail extends createZodDto(
  z.object({
    ...summary,
    subject: z.string().nullable(),
    message: z.string().nullable(),
    bodyMd5: z.string(),
    queueUrl: z.string(),
    sends: z.int(),
    handler: z.string().nullable(),
    duplicates: z.array(z.uuid()),
    steps: z.array(
      z.object({
        step: z.enum(['accepted', 'queued', 'handled', 'published', 'dead_lettered']),
        at: time,
        operationId: z.uuid().nullable(),
        state: z.string().nullable(),
        attempts: z.array(OperationAttempt.schema),
      }),
    ),
  }),
) {}

export class HandlerParams extends createZodDto(z.strictObject({ kind: HandlerKind })) {}

export class PutHandler extends createZodDto(HandlerBody) {}

const handler = z.object({
  kind: z.string(),
  topicArn: z.string().nullable(),
  integration: z.string(),
  onUnknown: z.enum(ON_UNKNOWN),
  enabled: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

export class HandlerDetail extends createZodDto(handler) {}

export class HandlerList extends createZodDto(z.object({ items: z.array(handler) })) {}

export class BindQueue extends createZodDto(QueueBindingBody) {}

const binding = {
  queueUrl: z.string(),
  deadLetterQueueUrl: z.string(),
  integration: z.string(),
  createdAt: z.iso.datetime(),
};

export class QueueBinding extends createZodDto(z.object(binding)) {}

export class BoundQueue extends createZodDto(
  z.object({
    ...binding,
    warnings: z
      .array(z.string())
      .meta({ description: 'What should be mended at the queues, although it works without.' }),
  }),
) {}

export class DeadLetterQuery extends createZodDto(
  z.strictObject({ cursor: z.uuid().optional().meta({ description: '`next` of the previous page.' }), limit }),
) {}

export class DeadLetterPage extends createZodDto(
  z.object({
    items: z.array(
      z.object({
        id: z.uuid(),
        queueUrl: z.string(),
        messageId: z.string(),
        notificationId: z.uuid().nullable().meta({ description: 'null: the message could not be read at all.' }),
        reason: z.string(),
        bodyMd5: z.string(),
        at: z.iso.datetime(),
      }),
    ),
    next: z.string().nullable(),
  }),
) {}
