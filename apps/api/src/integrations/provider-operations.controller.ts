import { Controller, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import {
  type CallOptions,
  type CallResult,
  IntegrationGateway,
  ProviderCatalogue,
  ProviderOperationNotFoundError,
} from '@puente/integrations';
import { type IdempotencyClaim, PRIORITIES } from '@puente/ledger';
import type { JsonValue } from '@puente/kernel';
import { runInTrace } from '@puente/observability';
import type { FastifyReply } from 'fastify';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey } from '../http/idempotency-key.decorator';
import { OwnTrace } from '../http/own-trace.decorator';
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
  @OwnTrace()
  @ApiIdempotencyKey('Repeating a request with the same key gives the first answer back.')
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
    @ProviderCallRequest() asked: ProviderCall,
    @Query() query: CallQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { provider, operation, input, trace } = asked;
    if (this.catalogue.operation(provider, operation).internal)
      throw new ProviderOperationNotFoundError(provider, operation);
    const call = (): Promise<CallResult> =>
      this.gateway.call(provider, operation, input ?? {}, optionsOf(asked, query));
    // An accept that nobody waits for logs nothing but its request, and there is no more frequent one.
    const result = await (asked.respondAsync || !trace ? call() : runInTrace(trace, call));
    return answerOf(`${provider}.${operation}`, result, reply);
  }
}

function optionsOf(asked: ProviderCall, query: CallQuery): CallOptions {
  const { tenantId, respondAsync, idempotencyKey, trace } = asked;
  const { name, waitMs, onUnknown, notBefore, notAfter, priority } = query;
  return {
    tenantId,
    integration: name,
    deadlineMs: waitMs,
    respondAsync,
    onUnknown,
    notBefore,
    deadlineAt: notAfter,
    priority: priority && PRIORITIES[priority],
    idempotency: idempotencyKey === undefined ? undefined : claim(asked, idempotencyKey, query),
    traceId: trace?.traceId,
  };
}

function claim({ provider, operation, input }: ProviderCall, key: string, query: CallQuery): IdempotencyClaim {
  const request = { name: query.name, input: input as JsonValue, ...times(query) };
  return { route: `POST /v1/integrations/${provider}/operations/${operation}`, key, request };
}

/** When it is to be made is part of the request: the same key for another time is another request. */
function times({ notBefore, notAfter }: CallQuery): { notBefore?: string; notAfter?: string } {
  return {
    ...(notBefore && { notBefore: notBefore.toISOString() }),
    ...(notAfter && { notAfter: notAfter.toISOString() }),
  };
}
