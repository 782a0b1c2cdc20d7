import { ON_UNKNOWN } from '@puente/kernel';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { integrationName } from './integrations.dto';

/** How long a caller waits. */
export const waitMs = z.coerce
  .number()
  .int()
  .min(0)
  .max(60_000)
  .default(15_000)
  .meta({ description: 'How long to wait for the answer before 202.' });

export class CallQuery extends createZodDto(
  z.strictObject({
    name: integrationName,
    waitMs,
    onUnknown: z
      .enum(ON_UNKNOWN)
      .default('review')
      .meta({ description: 'For calls that cannot be repeated safely: what to do when the answer is lost.' }),
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
