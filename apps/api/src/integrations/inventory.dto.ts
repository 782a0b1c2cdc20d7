import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

/** A row of MASTER_INVENTORY.yml (SYSTEMS S4.10), with the operations that can be called. */
const integration = z
  .object({
    codigo: z.string(),
    id: z.string(),
    nombre: z.string(),
    proveedor: z.string(),
    tipo: z.string(),
    estado: z.string(),
    multi_tenant: z.boolean(),
    documentacion: z.string().meta({ description: 'Path of its document; GET /v1/documents serves it.' }),
    operaciones: z.array(z.object({ nombre: z.string(), documentacion: z.string() })),
  })
  .meta({
    examples: [
      {
        codigo: 'INT-002',
        id: 'sns',
        nombre: 'Amazon SNS',
        proveedor: 'Amazon Web Services',
        tipo: 'notificaciones',
        estado: 'activo',
        multi_tenant: true,
        documentacion: 'docs/02-integraciones/INT-002-sns.md',
        operaciones: [
          { nombre: 'publish', documentacion: 'https://docs.aws.amazon.com/sns/latest/api/API_Publish.html' },
        ],
      },
    ],
  });

export class InventoryView extends createZodDto(z.object({ integraciones: z.array(integration) })) {}
