import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { EndpointRemoval, WebhookEndpoints } from '@puente/flows/webhooks';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import {
  CreateEndpoint,
  EndpointDetail,
  EndpointPage,
  EndpointParams,
  EndpointSecrets,
  EndpointsQuery,
  PatchEndpoint,
  RotateSecret,
} from './webhooks.dto';

/** Where events go. Secrets are shown by the answers that make them, and by no other. */
@ApiTags('Webhooks')
@Scopes('admin')
@Controller('v1/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly removal: EndpointRemoval,
  ) {}

  /** Registers an endpoint. It need not answer yet. */
  @Post()
  @HttpCode(201)
  @ApiCreatedResponse({
    type: EndpointSecrets,
    headers: { Location: { description: 'Where it can be read.', schema: { type: 'string' } } },
  })
  async create(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Body() body: CreateEndpoint,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const made = await this.endpoints.create(tenantId, body, origin);
    void reply.header('location', `/v1/webhook-endpoints/${made.id}`);
    return made;
  }

  /** Endpoints, newest first. */
  @Get()
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: EndpointPage })
  list(@CurrentCaller() { tenantId }: Caller, @Query() { cursor, limit, ...filter }: EndpointsQuery) {
    return this.endpoints.list(tenantId, filter, cursor, limit);
  }

  /** One endpoint, with what it is signed with, and why it is disabled. */
  @Get(':id')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: EndpointDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: EndpointParams) {
    return this.endpoints.get(tenantId, id);
  }

  /** Changes what is given. Another host wants the values of custom headers again. */
  @Patch(':id')
  @ApiOkResponse({ type: EndpointDetail })
  patch(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: EndpointParams,
    @Body() body: PatchEndpoint,
  ) {
    return this.endpoints.patch(tenantId, id, body, origin);
  }

  /** Removes it with its secrets. What was on its way to it ends. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  remove(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: EndpointParams,
  ): Promise<void> {
    return this.removal.remove(tenantId, id, origin);
  }

  /** Makes new signing secrets; the old ones sign beside them for the overlap. */
  @Post(':id/rotate-secret')
  @HttpCode(200)
  @ApiOkResponse({ type: EndpointSecrets })
  rotate(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: EndpointParams,
    @Body() body: RotateSecret,
  ) {
    return this.endpoints.rotate(tenantId, id, body, origin);
  }
}
