import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { inventoryRow, ProviderCatalogue } from '@puente/integrations';
import type { FastifyReply } from 'fastify';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { Scopes } from '../auth/scopes.decorator';
import { NotAcceptableError } from '../http/http-errors';
import { negotiate } from '../http/negotiate';
import { InventoryView } from './inventory.dto';

const FORMS = ['application/json', 'application/yaml'] as const;

/** What this installation integrates with, read from the catalogue and so never behind it. */
@ApiTags('Audit')
@Scopes('audit', 'admin')
@Controller('v1/inventory')
export class InventoryController {
  constructor(private readonly catalogue: ProviderCatalogue) {}

  /** Every external service this installation can call, in the words of MASTER_INVENTORY.yml; as JSON, or as YAML by `Accept`. */
  @Get()
  @ApiOkResponse({ type: InventoryView })
  list(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): z.output<typeof InventoryView.schema> | string {
    const form = negotiate(accept, FORMS);
    if (form === undefined) throw new NotAcceptableError(FORMS);
    void reply.header('vary', 'accept');
    if (form === 'application/json') return this.inventory();
    void reply.header('content-type', 'application/yaml; charset=utf-8');
    return stringify(this.inventory());
  }

  private inventory(): z.output<typeof InventoryView.schema> {
    return {
      integraciones: this.catalogue.providers.map((provider) => ({
        ...inventoryRow(provider),
        id: provider.meta.id,
        operaciones: Object.entries(provider.operations).map(([nombre, { documentation }]) => ({
          nombre,
          documentacion: documentation,
        })),
      })),
    };
  }
}
