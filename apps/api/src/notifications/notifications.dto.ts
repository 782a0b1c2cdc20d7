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
import { since, until } from '../http/instant';
import { OperationAttempt } from '../operations/operations.dto';
import { filterText, limit, seqCursor } from '../http/page';

const ids = {
  notification: '0190f6d3-4444-7a55-9a0e-3f6f5f0d7a11',
  send: '0190f6d3-5555-7a55-9a0e-3f6f5f0d7a11',
};

export class Notify extends createZodDto(NotifyBody) {}

export class AcceptedNotification extends createZodDto(
  z
    .object({ id: z.uuid(), status: z.literal('accepted'), operationId: z.uuid() })
    .meta({ examples: [{ id: ids.notification, status: 'accepted', operationId: ids.send }] }),
) {}

export class NotificationParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the notification.' }) }),
) {}

export class ListNotificationsQuery extends createZodDto(
  z.strictObject({
    status: z.enum(NOTIFICATION_STATUSES).optional().meta({ description: 'How far they have come.' }),
    event: filterText(256).optional().meta({ description: 'Kind of event.' }),
    group: filterText(128).optional().meta({ description: 'Group in which the order is kept.' }),
    topic: filterText(1_024).optional().meta({ description: 'ARN of the topic they are published to.' }),
    since,
    until,
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

const example = {
  id: ids.notification,
  status: 'published' as const,
  origin: 'api' as const,
  event: 'order.paid',
  topic: 'arn:aws:sns:us-east-1:000000000000:demo',
  group: 'orders',
  queueMessageId: '5fea7756-0ea4-451a-a703-a558b933e274',
  snsMessageId: 'b9d9c8a2-6f41-5d0e-9a63-94dbd24ffb11',
  repeats: 0,
  deduplicatedOf: null,
  reason: null,
  createdAt: '2026-11-23T12:00:00.000Z',
  queuedAt: '2026-11-23T12:00:00.140Z',
  handledAt: '2026-11-23T12:00:00.300Z',
  publishedAt: '2026-11-23T12:00:00.420Z',
  deadLetteredAt: null,
};

export class NotificationPage extends createZodDto(
  z.object({ items: z.array(z.object(summary).meta({ examples: [example] })), next: z.string().nullable() }),
) {}

export class NotificationDetail extends createZodDto(
  z
    .object({
      ...summary,
      subject: z.string().nullable(),
      message: z.string().nullable(),
      bodyMd5: z.string(),
      queueUrl: z.string(),
      sends: z.int(),
      handler: z.string().nullable(),
      function: z.string().nullable().meta({ description: 'The function that took it in place of SNS.' }),
      duplicates: z.array(z.uuid()),
      steps: z.array(
        z.object({
          step: z.enum(['accepted', 'queued', 'handled', 'published', 'invoked', 'dead_lettered', 'redriven']),
          at: time,
          operationId: z.uuid().nullable(),
          state: z.string().nullable(),
          attempts: z.array(OperationAttempt.schema),
        }),
      ),
    })
    .meta({
      examples: [
        {
          ...example,
          subject: 'Pedido pagado',
          message: 'Su pedido A-1 está pagado 🎉',
          bodyMd5: '0cc175b9c0f1b6a831c399e269772661',
          queueUrl: 'https://sqs.us-east-1.amazonaws.com/123456789012/notifications.fifo',
          sends: 1,
          handler: '*',
          function: null,
          duplicates: [],
          steps: [
            { step: 'accepted', at: example.createdAt, operationId: null, state: null, attempts: [] },
            { step: 'queued', at: example.queuedAt, operationId: ids.send, state: 'succeeded', attempts: [] },
          ],
        },
      ],
    }),
) {}

export class HandlerParams extends createZodDto(z.strictObject({ kind: HandlerKind })) {}

export class PutHandler extends createZodDto(HandlerBody) {}

const handler = z
  .object({
    kind: z.string(),
    topicArn: z.string().nullable(),
    function: z.string().nullable(),
    integration: z.string(),
    onUnknown: z.enum(ON_UNKNOWN),
    enabled: z.boolean(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    examples: [
      {
        kind: 'order.paid',
        topicArn: 'arn:aws:sns:us-east-1:123456789012:orders',
        function: null,
        integration: 'default',
        onUnknown: 'resend',
        enabled: true,
        createdAt: '2026-11-23T12:00:00.000Z',
        updatedAt: '2026-11-23T12:00:00.000Z',
      },
    ],
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

const bindingExample = {
  queueUrl: 'https://sqs.us-east-1.amazonaws.com/123456789012/notifications.fifo',
  deadLetterQueueUrl: 'https://sqs.us-east-1.amazonaws.com/123456789012/notifications-dead.fifo',
  integration: 'default',
  createdAt: '2026-11-23T12:00:00.000Z',
};

export class QueueBinding extends createZodDto(z.object(binding).meta({ examples: [bindingExample] })) {}

export class BoundQueue extends createZodDto(
  z
    .object({
      ...binding,
      warnings: z
        .array(z.string())
        .meta({ description: 'What should be mended at the queues, although it works without.' }),
    })
    .meta({ examples: [{ ...bindingExample, warnings: [] }] }),
) {}
