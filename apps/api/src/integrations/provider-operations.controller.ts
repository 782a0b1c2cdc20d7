import { Controller, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { IntegrationGateway, ProviderCatalogue, ProviderOperationNotFoundError } from '@puente/integrations';
import { type IdempotencyClaim, PRIORITIES } from '@puente/ledger';
import type { JsonValue } from '@puente/kernel';
import type { FastifyReply } from 'fastify';
import { Scopes } from '../auth/scopes.decorator';
import { answerOf } from './call-answer';
import { type ProviderCall, ProviderCallRequest } from './provider-call.decorator';
import { CallQuery, PendingOperation } from './provider-operations.dto';

/** The generic door to every operation of the catalogue; flows have routes of their own. */
@ApiTags('Provider operations')
@Scopes('client')
@Controller('v1/integrations')
export class ProviderOperationsController {
  constructor(
    private readonly gateway: IntegrationGateway,
    private readonly catalogue: ProviderCatalogue,
  ) {}

  /** Calls an operation of a provider with the tenant's credentials. */
  @Post(':provider/operations/:operation')
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Repeating a request with the same key gives the first answer back.',
  })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`respond-async`: answer 202 at once and call in the background.',
  })
  @ApiOkResponse({ description: 'The provider has answered.' })
  @ApiAcceptedResponse({
    type: PendingOperation,
    description: 'Not known yet. Follow Location.',
    headers: { Location: { description: 'Where the operation can be read.', schema: { type: 'string' } } },
  })
  async call(
    @ProviderCallRequest() { tenantId, provider, operation, idempotencyKey, respondAsync, input }: ProviderCall,
    @Query() query: CallQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (this.catalogue.operation(provider, operation).internal)
      throw new ProviderOperationNotFoundError(provider, operation);
    const { name, waitMs, onUnknown, notBefore, notAfter, priority } = query;
    const request = { name, input: input as JsonValue, ...times(query) };
    const result = await this.gateway.call(provider, operation, input ?? {}, {
      ...{ tenantId, integration: name, deadlineMs: waitMs, respondAsync, onUnknown, notBefore, deadlineAt: notAfter },
      priority: priority && PRIORITIES[priority],
      idempotency: idempotencyKey === undefined ? undefined : claim(provider, operation, idempotencyKey, request),
    });
    return answerOf(`${provider}.${operation}`, result, reply);
  }
}

/** When it is to be made is part of the request: the same key for another time is another request. */
function times({ notBefore, notAfter }: CallQuery): { notBefore?: string; notAfter?: string } {
  return {
    ...(notBefore && { notBefore: notBefore.toISOString() }),
    ...(notAfter && { notAfter: notAfter.toISOString() }),
  };
}

function claim(provider: string, operation: string, key: string, request: JsonValue): IdempotencyClaim {
  return { route: `POST /v1/integrations/${provider}/operations/${operation}`, key, request };
}
