import {
  ENDED_STATES,
  OPERATION_STATES,
  REPLAY_LIMIT,
  REPLAYED_BY_DEFAULT,
  type ReplayRequest,
  type ReplaySkip,
} from '@puente/ledger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { instant, since } from '../http/instant';
import { filterText, limit, seqCursor } from '../http/page';

const SKIPS = ['not_found', 'live', 'state', 'replayed', 'happened', 'expired', 'unreadable'] as const;
SKIPS satisfies readonly ReplaySkip[];

const filter = z
  .strictObject({
    provider: filterText(50)
      .optional()
      .meta({ description: 'Only operations of this provider.', examples: ['sns'] }),
    integration: filterText(50).optional().meta({ description: 'Only operations of this account with the provider.' }),
    operation: filterText(64).optional().meta({ description: 'Only operations of this name.' }),
    states: z
      .array(z.enum(ENDED_STATES))
      .min(1)
      .default([...REPLAYED_BY_DEFAULT])
      .meta({
        description: 'In which they ended. What had its effect, or may have, is replayed only when it is named.',
      }),
    since,
    until: instant.optional().meta({ description: 'Only operations accepted before this.' }),
    settledSince: instant.optional().meta({ description: 'Only operations that ended at this time or later.' }),
    settledUntil: instant.optional().meta({ description: 'Only operations that ended before this.' }),
    ids: z.array(z.uuid().toLowerCase()).min(1).max(REPLAY_LIMIT).optional().meta({ description: 'Only these.' }),
  })
  .meta({ description: 'Which operations; all conditions must hold.' });

export class ReplayOperations extends createZodDto(
  z.strictObject({
    filter,
    dryRun: z
      .boolean()
      .default(false)
      .meta({ description: 'Only say what would be replayed.', examples: [true] }),
    repeatOnce: z.boolean().default(false).meta({
      description:
        'Also operations of effect `once` that happened, or may have. They will have happened twice: nothing at the provider prevents it.',
    }),
    limit: z
      .int()
      .min(1)
      .max(REPLAY_LIMIT)
      .default(100)
      .meta({ description: 'How many operations this request looks at, oldest first.' }),
    cursor: z.string().max(100).optional().meta({ description: '`next` of the request before, to go on.' }),
  }),
) {}

export class ReplayParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the replay.' }) }),
) {}

const example = {
  id: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7b22',
  dryRun: false,
  items: [{ of: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11', operationId: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7b23' }],
  skipped: [{ operationId: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a12', reason: 'happened' as const }],
  next: null,
};

const result = {
  items: z
    .array(z.object({ of: z.uuid(), operationId: z.uuid().nullable() }))
    .meta({ description: 'Old and new operation, oldest first; no new ones in a dry run.' }),
  skipped: z.array(z.object({ operationId: z.uuid(), reason: z.enum(SKIPS) })),
  next: z.string().nullable().meta({ description: 'Give it as `cursor` to go on; null: there is no more.' }),
};

export class ReplayResult extends createZodDto(
  z
    .object({ id: z.uuid().nullable().meta({ description: 'null in a dry run.' }), dryRun: z.boolean(), ...result })
    .meta({ examples: [example] }),
) {}

export class ReplayList extends createZodDto(z.strictObject({ cursor: seqCursor, limit })) {}

export class ReplayPage extends createZodDto(
  z.object({
    items: z.array(
      z
        .object({
          id: z.uuid(),
          actor: z.string(),
          replayed: z.int().meta({ description: 'New operations that it made.' }),
          skipped: z.int().meta({ description: 'Operations that it left out.' }),
          createdAt: z.iso.datetime(),
        })
        .meta({
          examples: [
            {
              ...{ id: example.id, actor: 'key:pnt_prod_1a2b3c', replayed: 1, skipped: 1 },
              createdAt: '2026-11-23T12:00:00.000Z',
            },
          ],
        }),
    ),
    next: z.string().nullable(),
  }),
) {}

export class ReplayDetail extends createZodDto(
  z
    .object({
      id: z.uuid(),
      actor: z.string(),
      createdAt: z.iso.datetime(),
      states: z
        .partialRecord(z.enum(OPERATION_STATES), z.int())
        .meta({ description: 'How many of the new operations are in which state now.' }),
      ...result,
    })
    .meta({
      examples: [
        {
          id: example.id,
          actor: 'key:pnt_prod_1a2b3c',
          createdAt: '2026-11-23T12:00:00.000Z',
          states: { succeeded: 1 },
          ...{ items: example.items, skipped: example.skipped, next: example.next },
        },
      ],
    }),
) {}

export function requestOf({ filter: given, repeatOnce, limit, cursor }: ReplayOperations): ReplayRequest {
  const { since: createdFrom, until: createdBefore, settledSince: settledFrom, settledUntil, ...named } = given;
  const times = { createdFrom, createdBefore, settledFrom, settledBefore: settledUntil };
  return { filter: { ...named, ...times }, repeatOnce, limit, cursor };
}
