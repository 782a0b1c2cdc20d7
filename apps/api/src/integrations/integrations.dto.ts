import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

export const integrationName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'expected 1 to 50 lower-case letters, digits, - or _')
  .default('default')
  .meta({ description: 'Which of several accounts with this provider.' });

const fields = z.record(z.string().max(64), z.unknown());

export class IntegrationQuery extends createZodDto(z.strictObject({ name: integrationName })) {}

export class PutIntegration extends createZodDto(
  z
    .strictObject({
      secrets: fields.meta({
        description: 'Write-only. The fields of the provider’s document, section Credenciales Requeridas.',
      }),
      config: fields.default({}),
      activate: z
        .boolean()
        .default(true)
        .meta({ description: 'Probe the credentials and, if they work, use them from now on.' }),
    })
    .meta({
      examples: [{ secrets: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: '…' }, config: { region: 'us-east-1' } }],
    }),
) {}

export class PatchIntegration extends createZodDto(
  z.strictObject({
    secrets: fields.optional(),
    config: fields.optional(),
    version: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Refuse with 409 when this is no longer the newest version.' }),
    activate: z.boolean().default(true),
  }),
) {}

export class RotateIntegration extends createZodDto(
  z.strictObject({
    secrets: fields,
    overlapHours: z
      .number()
      .min(0)
      .max(168)
      .default(24)
      .meta({ description: 'How long the old credentials stay usable.' }),
  }),
) {}
