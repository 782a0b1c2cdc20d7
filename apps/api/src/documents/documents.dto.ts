import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

const document = z
  .object({
    code: z.string(),
    id: z.string().meta({ description: 'Id of the provider.' }),
    title: z.string(),
    vendor: z.string(),
    estado: z.string().meta({ description: 'Implementado, Documentado or Pendiente.' }),
    multi_tenant: z.boolean(),
    updatedOn: z.iso.date().meta({ description: 'When a person last read it against the code.' }),
    links: z.object({ html: z.string(), markdown: z.string() }),
  })
  .meta({
    examples: [
      {
        code: 'INT-002',
        id: 'sns',
        title: 'Amazon SNS',
        vendor: 'Amazon Web Services',
        estado: 'Implementado',
        multi_tenant: true,
        updatedOn: '2026-11-23',
        links: { html: '/v1/documents/sns.html', markdown: '/v1/documents/sns.md' },
      },
    ],
  });

export class DocumentList extends createZodDto(z.object({ items: z.array(document) })) {}

export class DocumentParams extends createZodDto(
  z.strictObject({
    document: z
      .string()
      .min(1)
      .max(80)
      .meta({
        description: 'Id (`sns`) or code (`INT-002`); `.md` or `.html` at its end wins over `Accept`.',
        examples: ['sns'],
      }),
  }),
) {}
