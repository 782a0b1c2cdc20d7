import {
  DEAD_LETTER_CAUSES,
  DEAD_LETTER_STATES,
  LetterFilter,
  REDRIVE_STATES,
  RedriveBody,
} from '@puente/flows/notifications';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { limit, seqCursor } from '../http/page';

const { cause, reason, since, until } = LetterFilter.shape;

const ids = {
  letter: '0190f6d4-6666-7a55-9a0e-3f6f5f0d7a11',
  notification: '0190f6d3-4444-7a55-9a0e-3f6f5f0d7a11',
  operation: '0190f6d5-7777-7a55-9a0e-3f6f5f0d7a11',
  redrive: '0190f6d5-8888-7a55-9a0e-3f6f5f0d7a11',
};
const queueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/notifications.fifo';

export class DeadLetterQuery extends createZodDto(
  z.strictObject({
    state: z.enum(DEAD_LETTER_STATES).optional().meta({ description: 'What became of them.' }),
    cause,
    reason,
    notificationId: z.uuid().toLowerCase().optional().meta({ description: 'Of this notification.' }),
    since,
    until,
    cursor: seqCursor,
    limit,
  }),
) {}

export class DeadLetterParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the dead letter.' }) }),
) {}

const letter = z
  .object({
    id: z.uuid(),
    state: z.enum(DEAD_LETTER_STATES).meta({
      description:
        '`waiting` for a redrive; `redriving`: on its way into the queue; `redriven`: in the queue again; `obsolete`: its notification was published in another way.',
    }),
    queueUrl: z.string(),
    messageId: z.string().meta({ description: 'Of the message that was put aside.' }),
    notificationId: z.uuid().nullable().meta({ description: 'null: the message could not be read at all.' }),
    cause: z.enum(DEAD_LETTER_CAUSES),
    reason: z.string(),
    bodyMd5: z.string(),
    group: z.string(),
    at: z.iso.datetime(),
    redrives: z.int().meta({ description: 'How often its message was sent back, earlier letters of it included.' }),
    redriveOf: z.uuid().nullable().meta({ description: 'The letter whose message, sent back, became this one.' }),
    redrivenAt: z.iso.datetime().nullable(),
    operationId: z.uuid().nullable().meta({ description: 'The send into the queue.' }),
    takenMessageId: z.string().nullable().meta({ description: 'The message by which it was taken over again.' }),
    failure: z.string().nullable().meta({ description: 'Why the last redrive did not get it into the queue.' }),
  })
  .meta({
    examples: [
      {
        id: ids.letter,
        state: 'redriven',
        queueUrl,
        messageId: '5fea7756-0ea4-451a-a703-a558b933e274',
        notificationId: ids.notification,
        cause: 'refused',
        reason: 'refused by SNS: InvalidParameter',
        bodyMd5: '0cc175b9c0f1b6a831c399e269772661',
        group: 'orders',
        at: '2026-11-23T12:00:01.000Z',
        redrives: 1,
        redriveOf: null,
        redrivenAt: '2026-11-24T09:30:00.000Z',
        operationId: ids.operation,
        takenMessageId: 'b9d9c8a2-6f41-4d0e-9a63-94dbd24ffb11',
        failure: null,
      },
    ],
  });

export class DeadLetterDetail extends createZodDto(letter) {}

export class DeadLetterPage extends createZodDto(z.object({ items: z.array(letter), next: z.string().nullable() })) {}

export class DeadLetterQueueState extends createZodDto(
  z
    .object({
      deadLetterQueueUrl: z.string(),
      depth: z.int().meta({ description: 'Messages in the dead-letter queue; SQS calls its numbers approximate.' }),
      inFlight: z.int().meta({ description: 'Of them, in somebody’s hands.' }),
      waiting: z.int().meta({ description: 'Letters that wait for a redrive.' }),
      waitingByCause: z.partialRecord(z.enum(DEAD_LETTER_CAUSES), z.int()),
      redriving: z.int(),
      oldestWaitingAt: z.iso.datetime().nullable(),
      copiesToRemove: z.int().meta({ description: 'Messages that are in the queue again and will be deleted here.' }),
      unrecorded: z.int().meta({
        description:
          'Messages of which nothing is recorded, at least: SQS put them there by itself. A redrive of all letters takes them along.',
      }),
      redriveId: z.uuid().nullable().meta({ description: 'The redrive that is running.' }),
    })
    .meta({
      examples: [
        {
          deadLetterQueueUrl: queueUrl.replace('.fifo', '-dead.fifo'),
          depth: 5,
          inFlight: 0,
          waiting: 4,
          waitingByCause: { invalid: 3, refused: 1 },
          redriving: 0,
          oldestWaitingAt: '2026-11-23T12:00:01.000Z',
          copiesToRemove: 0,
          unrecorded: 1,
          redriveId: null,
        },
      ],
    }),
) {}

export class CreateRedrive extends createZodDto(RedriveBody) {}

export class RedriveParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the redrive.' }) }),
) {}

export class RedriveQuery extends createZodDto(z.strictObject({ cursor: seqCursor, limit })) {}

const redrive = z
  .object({
    id: z.uuid(),
    state: z.enum(REDRIVE_STATES),
    messagesPerSecond: z.int(),
    filter: RedriveBody.shape.filter.unwrap(),
    actor: z.string(),
    sent: z.int().meta({ description: 'Letters that are in the queue again.' }),
    failed: z.int().meta({ description: 'Letters the queue refused; each says why and waits again.' }),
    found: z.int().meta({ description: 'Messages met in the dead-letter queue of which nothing was recorded.' }),
    skipped: z.int().meta({ description: 'Letters named in the filter that did not wait.' }),
    remaining: z.int(),
    problem: z.string().nullable().meta({ description: 'Why it does not get on at the moment.' }),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({
    examples: [
      {
        id: ids.redrive,
        state: 'running',
        messagesPerSecond: 10,
        filter: { cause: 'refused' },
        actor: 'api-key:0190f6d0-1111-7a55-9a0e-3f6f5f0d7a11',
        sent: 120,
        failed: 0,
        found: 0,
        skipped: 0,
        remaining: 30,
        problem: null,
        createdAt: '2026-11-24T09:30:00.000Z',
        startedAt: '2026-11-24T09:30:00.400Z',
        finishedAt: null,
      },
    ],
  });

export class RedriveDetail extends createZodDto(redrive) {}

export class RedrivePage extends createZodDto(z.object({ items: z.array(redrive), next: z.string().nullable() })) {}
