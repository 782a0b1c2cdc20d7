import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { flag } from '../http/flag';
import { limit } from '../http/page';

export const displayName = z.string().trim().min(1).max(120);
export class CreateTenant extends createZodDto(
  z.strictObject({ name: displayName }).meta({ examples: [{ name: 'Comercial Andes' }] }),
) {}

export class TenantParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the tenant.' }) }),
) {}

export class DeleteTenantQuery extends createZodDto(
  z.strictObject({
    confirm: z.string().min(1).max(200).meta({ description: 'The name of the tenant, exactly.' }),
    force: flag.default(false).meta({
      description:
        'Also when it is not known what became of some operations: they are given up as `dropped` and named in the audit trail.',
    }),
  }),
) {}

export class ExportQuery extends createZodDto(
  z.strictObject({
    payloads: flag
      .default(true)
      .meta({ description: 'Whether inputs, outputs and texts are shown. Secrets never are.' }),
  }),
) {}

/** As short as an export can be. */
export const EXPORT_EXAMPLE = [
  { type: 'export', version: 1, at: '2026-11-23T12:00:00.000Z', payloads: true },
  { type: 'tenant', id: '0190f6d0-1111-7a55-9a0e-3f6f5f0d7a11', name: 'Comercial Andes', status: 'suspended' },
  { type: 'end', counts: { tenant: 1 } },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

export class PageQuery extends createZodDto(
  z.strictObject({ cursor: z.uuid().optional().meta({ description: '`next` of the previous page.' }), limit }),
) {}

const tenant = z
  .object({
    id: z.uuid(),
    name: z.string(),
    status: z.enum(['active', 'suspended', 'deleted']),
    externalId: z.string().meta({ description: 'The ExternalId that this tenant’s AWS roles must demand.' }),
    createdAt: z.iso.datetime(),
    suspendedAt: z.iso.datetime().nullable(),
    deletedAt: z.iso.datetime().nullable(),
    erasedAt: z.iso.datetime().nullable().meta({ description: 'When the last text of a deleted tenant was gone.' }),
  })
  .meta({
    examples: [
      {
        id: '0190f6d0-1111-7a55-9a0e-3f6f5f0d7a11',
        name: 'Comercial Andes',
        status: 'active',
        externalId: 'f3b1c0de-6f0d-4a0e-8a63-1d2f3a4b5c6d',
        createdAt: '2026-11-23T12:00:00.000Z',
        suspendedAt: null,
        deletedAt: null,
        erasedAt: null,
      },
    ],
  });

export class TenantView extends createZodDto(tenant) {}

export class TenantPage extends createZodDto(z.object({ items: z.array(tenant), next: z.string().nullable() })) {}
