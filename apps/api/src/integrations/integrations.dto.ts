import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { filterText } from '../http/page';
import { rotationStates } from './rotations.dto';

export const integrationName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'expected 1 to 50 lower-case letters, digits, - or _')
  .default('default')
  .meta({ description: 'Which of several accounts with this provider.' });

const newestSeen = z
  .int()
  .min(1)
  .optional()
  .meta({ description: 'Refuse with 409 when this is no longer the newest version.' });

const fields = z.record(z.string().max(64), z.unknown());

export class IntegrationQuery extends createZodDto(z.strictObject({ name: integrationName })) {}

export class ListIntegrationsQuery extends createZodDto(z.strictObject({ rotation: rotationStates })) {}

export class PutIntegration extends createZodDto(
  z
    .strictObject({
      secrets: fields.meta({
        description: 'Write-only. The fields of the provider’s document, section Credenciales Requeridas.',
      }),
      config: fields.default({}),
      version: newestSeen,
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
  z
    .strictObject({
      secrets: fields.optional(),
      config: fields.optional(),
      version: newestSeen,
      activate: z.boolean().default(true),
    })
    .meta({ examples: [{ config: { region: 'sa-east-1' }, version: 3 }] }),
) {}

export class RotateIntegration extends createZodDto(
  z
    .strictObject({
      secrets: fields.meta({ description: 'Write-only. The new ones; a field left out is carried over.' }),
      version: newestSeen,
      overlapHours: z.number().min(0).max(168).default(24).meta({
        description: 'How long the old credentials are kept: a way back. New calls use the new ones at once.',
      }),
    })
    .meta({ examples: [{ secrets: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: '…' }, overlapHours: 24 }] }),
) {}

export class IntegrationParams extends createZodDto(
  z.strictObject({
    provider: filterText(50)
      .min(1)
      .meta({ description: 'Id of the provider.', examples: ['sns'] }),
  }),
) {}

export class Verification extends createZodDto(
  z
    .object({
      version: z.int(),
      verdict: z.enum(['good', 'refused', 'unclear']),
      outcome: z.string(),
      code: z.string().nullable(),
    })
    .meta({ examples: [{ version: 3, verdict: 'refused', outcome: 'unauthorized', code: 'InvalidClientTokenId' }] }),
) {}

const health = z
  .object({
    state: z.enum(['ok', 'alert', 'idle']).meta({ description: '`idle`: no call in the last five minutes.' }),
    window: z.object({ calls: z.int(), errorPercent: z.number().nullable(), p95Ms: z.int().nullable() }).meta({
      description: 'The last five minutes. Errors are those of the provider: what it refuses does not count.',
    }),
    limitUsedPercent: z
      .number()
      .nullable()
      .meta({ description: 'Of the quota that was used most. Null: no quota is known.' }),
    alerts: z.array(
      z.object({
        kind: z.enum(['latency', 'errors', 'limit']),
        since: z.iso.datetime(),
        value: z.number(),
        threshold: z.number(),
      }),
    ),
  })
  .meta({
    description:
      'How the provider answers. An alert is on until ten minutes were without it, and is an operator event.',
  });

const detail = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    name: z.string(),
    model: z.enum(['global', 'tenant', 'hybrid']).nullable(),
    isActive: z.boolean(),
    version: z.int().meta({ description: 'The newest version; name it in a change to refuse being overtaken.' }),
    activeVersion: z.int().nullable(),
    config: fields,
    configSources: z.record(z.string(), z.enum(['tenant', 'global'])),
    secrets: z.record(
      z.string(),
      z.object({
        set: z.boolean(),
        fingerprint: z
          .string()
          .nullable()
          .meta({ description: 'Keyed hash, 8 hexadecimal digits: tells secrets apart, reveals none.' }),
        source: z.enum(['tenant', 'global']).nullable(),
      }),
    ),
    versions: z.array(
      z.object({
        version: z.int(),
        state: z.enum(['staged', 'verified', 'active', 'retiring', 'revoked']),
        probe: z.unknown(),
        fingerprints: z.record(z.string(), z.string()),
        createdAt: z.iso.datetime(),
        verifiedAt: z.iso.datetime().nullable(),
        activatedAt: z.iso.datetime().nullable(),
        retireAt: z.iso.datetime().nullable(),
      }),
    ),
    rotation: z
      .object({ dueAt: z.iso.datetime().nullable(), state: z.enum(['ok', 'due', 'overdue']).nullable() })
      .meta({
        description:
          'When the secrets must be exchanged: every 90 days, or when the provider ends them if that is sooner. `due`: within 14 days.',
      }),
    quarantine: z.object({ at: z.iso.datetime(), reason: z.string() }).nullable(),
    health,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    examples: [
      {
        id: '0190f6d2-3333-7a55-9a0e-3f6f5f0d7a11',
        provider: 'sns',
        name: 'default',
        model: 'tenant',
        isActive: true,
        version: 3,
        activeVersion: 3,
        config: { region: 'us-east-1' },
        configSources: { region: 'tenant' },
        secrets: {
          accessKeyId: { set: true, fingerprint: '1c2d3e4f', source: 'tenant' },
          secretAccessKey: { set: true, fingerprint: '5a6b7c8d', source: 'tenant' },
        },
        versions: [
          {
            version: 3,
            state: 'active',
            probe: { verdict: 'good', outcome: 'ok', code: null, at: '2026-11-23T12:00:00.000Z' },
            fingerprints: { accessKeyId: '1c2d3e4f', secretAccessKey: '5a6b7c8d' },
            createdAt: '2026-11-23T12:00:00.000Z',
            verifiedAt: '2026-11-23T12:00:01.000Z',
            activatedAt: '2026-11-23T12:00:01.000Z',
            retireAt: null,
          },
          {
            version: 2,
            state: 'retiring',
            probe: { verdict: 'good', outcome: 'ok', code: null, at: '2026-08-01T09:00:00.000Z' },
            fingerprints: { accessKeyId: '9e8d7c6b', secretAccessKey: '1f2e3d4c' },
            createdAt: '2026-08-01T09:00:00.000Z',
            verifiedAt: '2026-08-01T09:00:01.000Z',
            activatedAt: '2026-08-01T09:00:01.000Z',
            retireAt: '2026-11-24T12:00:01.000Z',
          },
        ],
        rotation: { dueAt: '2027-02-21T12:00:00.000Z', state: 'ok' },
        quarantine: null,
        health: {
          state: 'alert',
          window: { calls: 1_840, errorPercent: 0.2, p95Ms: 2_450 },
          limitUsedPercent: 61.5,
          alerts: [{ kind: 'latency', since: '2026-11-23T11:52:00.000Z', value: 2_450, threshold: 2_000 }],
        },
        createdAt: '2026-08-01T09:00:00.000Z',
        updatedAt: '2026-11-23T12:00:01.000Z',
      },
    ],
  });

export class IntegrationDetail extends createZodDto(detail) {}

export class IntegrationList extends createZodDto(z.object({ items: z.array(detail) })) {}
