import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { limit } from '../http/page';

export const displayName = z.string().trim().min(1).max(120);
export class CreateTenant extends createZodDto(
  z.strictObject({ name: displayName }).meta({ examples: [{ name: 'Comercial Andes' }] }),
) {}

export class TenantParams extends createZodDto(z.strictObject({ id: z.uuid().toLowerCase() })) {}

export class PageQuery extends createZodDto(
  z.strictObject({ cursor: z.uuid().optional().meta({ description: '`next` of the previous page.' }), limit }),
) {}

const tenant = z.object({
  id: z.uuid(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'deleted']),
  externalId: z.string().meta({ description: 'The ExternalId that this tenant’s AWS roles must demand.' }),
  createdAt: z.iso.datetime(),
});

export class TenantView extends createZodDto(tenant) {}

export class TenantPage extends createZodDto(z.object({ items: z.array(tenant), next: z.string().nullable() })) {}
