import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { DeliveryReplays, WebhookDeliveries, WebhookEvents, WebhooksFlow } from '@puente/flows/webhooks';
import { currentTrace } from '@puente/observability';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import {
  DeliveriesQuery,
  Delivery,
  DeliveryPage,
  EventDetail,
  EventPage,
  EventParams,
  EventsQuery,
  ReplayEvent,
} from './deliveries.dto';
import { AcceptedEvent, PublishEvent } from './webhooks.dto';

/** What happens at a tenant, told to whoever subscribed to it. */
@ApiTags('Webhooks')
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly flow: WebhooksFlow,
    private readonly events: WebhookEvents,
    private readonly deliveries: WebhookDeliveries,
    private readonly replays: DeliveryReplays,
  ) {}

  /** Publishes an event: with the answer it is committed, with a delivery for each endpoint that wants it. */
  @Post()
  @HttpCode(202)
  @Scopes('client')
  @ApiIdempotencyKey('The id of an event that has none of its own: the same key again publishes nothing twice.')
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

  /** Events, newest first; also those that nobody had subscribed to. */
  @Get()
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: EventPage })
  list(@CurrentCaller() { tenantId }: Caller, @Query() { cursor, limit, ...filter }: EventsQuery) {
    return this.events.list(tenantId, filter, cursor, limit);
  }

  /** One event with its payload and its newest deliveries. */
  @Get(':id')
  @Scopes('client', 'admin')
  @ApiOkResponse({ type: EventDetail })
  async get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: EventParams) {
    const event = await this.events.get(tenantId, id);
    const { items } = await this.deliveries.list(tenantId, { eventId: id });
    return { ...event, recentDeliveries: items };
  }

  /** Its deliveries, newest first. */
  @Get(':id/deliveries')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: DeliveryPage })
  async listDeliveries(
    @CurrentCaller() { tenantId }: Caller,
    @Param() { id }: EventParams,
    @Query() { status: statuses, cursor, limit, ...filter }: DeliveriesQuery,
  ) {
    await this.events.get(tenantId, id);
    return this.deliveries.list(tenantId, { ...filter, eventId: id, statuses }, cursor, limit);
  }

  /** Sends it to one endpoint, again or for the first time. */
  @Post(':id/replay')
  @HttpCode(202)
  @Scopes('admin')
  @ApiAcceptedResponse({ type: Delivery })
  replay(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: EventParams,
    @Body() { endpointId }: ReplayEvent,
  ) {
    return this.replays.event(tenantId, id, endpointId, origin);
  }
}
