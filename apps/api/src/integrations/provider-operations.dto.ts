import { ON_UNKNOWN } from '@puente/kernel';
import { PRIORITIES, type PriorityName } from '@puente/ledger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { instant } from '../http/instant';
import { integrationName } from './integrations.dto';

/** How long a caller waits. */
export const waitMs = z.coerce
  .number()
  .int()
  .min(0)
  .max(60_000)
  .default(15_000)
  .meta({ description: 'How long to wait for the answer before 202.' });

/** How far ahead a call may be scheduled. */
const LONGEST_SCHEDULE_DAYS = 30;

const soonEnough = instant.refine((at) => at.getTime() <= Date.now() + LONGEST_SCHEDULE_DAYS * 86_400_000, {
  error: `expected a time within the next ${String(LONGEST_SCHEDULE_DAYS)} days`,
});

export class CallQuery extends createZodDto(
  z.strictObject({
    name: integrationName,
    waitMs,
    onUnknown: z
      .enum(ON_UNKNOWN)
      .default('review')
      .meta({ description: 'For calls that cannot be repeated safely: what to do when the answer is lost.' }),
    notBefore: soonEnough.optional().meta({
      description: `Make the call at this time, at most ${String(LONGEST_SCHEDULE_DAYS)} days ahead: the answer is 202. It can be cancelled until then. Not for reads.`,
    }),
    notAfter: soonEnough
      .optional()
      .meta({ description: 'Do not begin it after this time: it ends as `exhausted` when nothing was sent by then.' }),
    priority: z
      .enum(Object.keys(PRIORITIES) as [PriorityName, ...PriorityName[]])
      .optional()
      .meta({
        description:
          'What goes first when much waits. Without it `interactive` when the caller waits for the answer, else `normal`.',
      }),
  }),
) {}

export class ProviderOperationParams extends createZodDto(
  z.strictObject({
    provider: z.string().min(1).max(50).meta({ description: 'Id of the provider.' }),
    operation: z.string().min(1).max(64).meta({ description: 'Name of the operation.' }),
  }),
) {}

export class PendingOperation extends createZodDto(
  z.object({ operationId: z.uuid() }).meta({ examples: [{ operationId: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11' }] }),
) {}
