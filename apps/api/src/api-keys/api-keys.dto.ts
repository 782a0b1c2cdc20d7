import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { instant } from '../http/instant';
import { displayName } from '../tenants/tenants.dto';

const scope = z.enum(['client', 'admin', 'audit', 'platform']);

export class CreateApiKey extends createZodDto(
  // Examples stand at the fields: zod drops those of an object in which a field is converted.
  z.strictObject({
    name: displayName.meta({ examples: ['tienda web'] }),
    scopes: z
      .array(scope)
      .min(1)
      .max(4)
      .meta({ examples: [['client']] }),
    userScope: z
      .string()
      .min(1)
      .max(120)
      .optional()
      .meta({ description: 'Restricts the key to one end user: it opens only routes that know end users.' }),
    expiresAt: instant.optional(),
  }),
) {}

export class ApiKeyParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the key.' }) }),
) {}

const key = {
  id: z.uuid(),
  prefix: z.string(),
  name: z.string(),
  scopes: z.array(scope),
  userScope: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
};

const example = {
  id: '0190f6d1-2222-7a55-9a0e-3f6f5f0d7a11',
  prefix: 'k3v9x2mq',
  name: 'tienda web',
  scopes: ['client' as const],
  userScope: null,
  createdAt: '2026-11-23T12:00:00.000Z',
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: '2026-11-23T15:30:00.000Z',
};

const view = z.object(key).meta({ examples: [example] });

export class ApiKeyView extends createZodDto(view) {}

export class ApiKeyList extends createZodDto(z.object({ items: z.array(view) })) {}

export class CreatedApiKey extends createZodDto(
  z
    .object({ ...key, key: z.string().meta({ description: 'Shown once; we keep only its hash.' }) })
    .meta({ examples: [{ ...example, lastUsedAt: null, key: 'pnt_prod_k3v9x2mq_…' }] }),
) {}
