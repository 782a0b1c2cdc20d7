import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiTags } from '@nestjs/swagger';
import { WebhooksFlow } from '@puente/flows/webhooks';
import { currentTrace } from '@puente/observability';
import type { Caller } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { IdempotencyKey } from '../http/idempotency-key.decorator';
import { AcceptedEvent, PublishEvent } from './webhooks.dto';

/** What happens at a tenant, told to whoever subscribed to it. */
@ApiTags('Webhooks')
@Controller('v1/events')
export class EventsController {
  constructor(private readonly flow: WebhooksFlow) {}

  /** Publishes an event: with the answer it is committed, with a delivery for each endpoint that wants it. */
  @Post()
  @HttpCode(202)
  @Scopes('client')
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The id of an event that has none of its own: the same key again publishes nothing twice.',
  })
  @ApiAcceptedResponse({
    type: AcceptedEvent,
    headers: { Location: { description: 'Where it can be read.', schema: { type: 'string' } } },
  })
  async publish(
    @CurrentCaller() { tenantId }: Caller,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() body: PublishEvent,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const published = await this.flow.publish(tenantId, body, { idempotencyKey, traceId: currentTrace()?.traceId });
    void reply.header('location', `/v1/events/${published.id}`);
    return published;
  }
}
