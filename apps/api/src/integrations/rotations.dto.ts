import { ROTATION_STATES } from '@puente/tenancy';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { limit, someOf } from '../http/page';

/** `due`, `overdue`, or both. */
export const rotationStates = someOf(ROTATION_STATES).optional().meta({
  description: '`due`: to be rotated within 14 days; `overdue`: should have been. Both with a comma between them.',
});

export class RotationsQuery extends createZodDto(
  z.strictObject({
    cursor: z.string().max(64).optional().meta({ description: '`next` of the previous page.' }),
    limit,
    state: rotationStates,
  }),
) {}

export class RotationPage extends createZodDto(
  z.object({
    items: z.array(
      z
        .object({
          tenantId: z.uuid(),
          integrationId: z.uuid(),
          provider: z.string(),
          name: z.string(),
          state: z.enum(ROTATION_STATES),
          dueAt: z.iso.datetime(),
        })
        .meta({
          examples: [
            {
              tenantId: '0190f6d1-2222-7a55-9a0e-3f6f5f0d7a11',
              integrationId: '0190f6d2-3333-7a55-9a0e-3f6f5f0d7a11',
              provider: 'sns',
              name: 'default',
              state: 'overdue' as const,
              dueAt: '2026-11-20T12:00:00.000Z',
            },
          ],
        }),
    ),
    next: z.string().nullable(),
  }),
) {}
