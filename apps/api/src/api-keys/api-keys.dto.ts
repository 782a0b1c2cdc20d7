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

export class ApiKeyParams extends createZodDto(z.strictObject({ id: z.uuid().toLowerCase() })) {}

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

export class ApiKeyView extends createZodDto(z.object(key)) {}

export class ApiKeyList extends createZodDto(z.object({ items: z.array(z.object(key)) })) {}

export class CreatedApiKey extends createZodDto(
  z.object({ ...key, key: z.string().meta({ description: 'Shown once; we keep only its hash.' }) }),
) {}
