import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ProviderCatalogue } from '@puente/integrations';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Scopes } from '../auth/scopes.decorator';

class InventoryView extends createZodDto(
  z.object({
    integraciones: z.array(
      z
        .object({
          codigo: z.string(),
          id: z.string(),
          nombre: z.string(),
          proveedor: z.string(),
          tipo: z.string(),
          estado: z.string(),
          multi_tenant: z.boolean(),
          operaciones: z.array(z.object({ nombre: z.string(), documentacion: z.string() })),
        })
        .meta({
          examples: [
            {
              codigo: 'INT-002',
              id: 'sns',
              nombre: 'Amazon SNS',
              proveedor: 'Amazon Web Services',
              tipo: 'mensajeria',
              estado: 'activo',
              multi_tenant: true,
              operaciones: [
                {
                  nombre: 'publish',
                  documentacion: 'https://docs.aws.amazon.com/sns/latest/api/API_Publish.html',
                },
              ],
            },
          ],
        }),
    ),
  }),
) {}

/** What this installation integrates with, read from the catalogue and so never behind it. */
@ApiTags('Audit')
@Scopes('audit', 'admin')
@Controller('v1/inventory')
export class InventoryController {
  constructor(private readonly catalogue: ProviderCatalogue) {}

  /** Every external service this installation can call, in the words of MASTER_INVENTORY.yml. */
  @Get()
  @ApiOkResponse({ type: InventoryView })
  list(): z.output<typeof InventoryView.schema> {
    return {
      integraciones: this.catalogue.providers.map(({ meta, credentials, operations }) => ({
        codigo: meta.code,
        id: meta.id,
        nombre: meta.title,
        proveedor: meta.vendor,
        tipo: meta.inventoryType,
        estado: 'activo',
        multi_tenant: credentials.model !== 'global',
        operaciones: Object.entries(operations).map(([nombre, { documentation }]) => ({
          nombre,
          documentacion: documentation,
        })),
      })),
    };
  }
}
