import { z } from 'zod';
import { DEAD_LETTER_CAUSES } from './dead-letter-rows';

/** PostgreSQL knows no year 0. */
const time = z.iso.datetime({ offset: true }).refine((text) => !text.startsWith('0000'), 'expected a year after 0');

/** Which letters: all of them, unless something is given. As it is kept: texts, no dates. */
export const LetterFilter = z.strictObject({
  ids: z
    .array(z.uuid().toLowerCase())
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'These and no others.', examples: [['01980000-0000-7000-8000-000000000001']] }),
  cause: z.enum(DEAD_LETTER_CAUSES).optional().meta({ description: 'Why they were put aside.' }),
  reason: z
    .string()
    .min(1)
    .max(200)
    .refine((text) => !text.includes('\0'), 'must not contain NUL')
    .optional()
    .meta({ description: 'Part of the reason, whatever the case of its letters.', examples: ['InvalidParameter'] }),
  since: time.optional().meta({ description: 'Put aside at this time or later.' }),
  until: time.optional().meta({ description: 'Put aside before this time.' }),
});
export type LetterFilter = z.output<typeof LetterFilter>;

export const SLOWEST = 1;
export const FASTEST = 100;

/** `POST /v1/notifications/redrives`. */
export const RedriveBody = z.strictObject({
  messagesPerSecond: z
    .int()
    .min(SLOWEST)
    .max(FASTEST)
    .default(10)
    .meta({ description: 'How fast letters are sent back at most.', examples: [10] }),
  filter: LetterFilter.default({}).meta({ description: 'Which letters; all that wait, when left out.' }),
});
export type RedriveBody = z.output<typeof RedriveBody>;
