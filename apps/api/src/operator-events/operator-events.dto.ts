import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { since, until } from '../http/instant';
import { limit, listOf } from '../http/page';

const eventType = z.string().regex(/^[a-z_]{1,40}(?:\.[a-z_]{1,40}){1,3}$/, 'expected a type as `credentials.due`');

export class OperatorEventsQuery extends createZodDto(
  z.strictObject({
    cursor: z.uuid().optional().meta({ description: '`next` of the previous page.' }),
    limit,
    type: listOf(eventType)
      .optional()
      .meta({ description: 'Only events of these types, with commas between them.', examples: ['credentials.due'] }),
    since,
    until,
  }),
) {}

export class OperatorEventPage extends createZodDto(
  z.object({
    items: z.array(
      z
        .object({
          id: z.uuid(),
          type: z.string().meta({ description: 'More types may come: ignore those you do not know.' }),
          subject: z.string().meta({ description: 'What it is about.' }),
          data: z.record(z.string(), z.unknown()),
          at: z.iso.datetime(),
        })
        .meta({
          examples: [
            {
              id: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11',
              type: 'credentials.due',
              subject: 'integration:sns/default',
              data: { provider: 'sns', integration: 'default', dueAt: '2026-12-07T12:00:00.000Z' },
              at: '2026-11-23T12:00:00.000Z',
            },
          ],
        }),
    ),
    next: z.string().nullable(),
  }),
) {}
