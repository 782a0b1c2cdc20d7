import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import {
  DeliveryReplays,
  EndpointStatistics,
  EndpointTest,
  WebhookDeliveries,
  WebhookEndpoints,
} from '@puente/flows/webhooks';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import {
  DeliveriesQuery,
  DeliveryPage,
  EndpointStats,
  ReplayDeliveries,
  ReplayedDeliveries,
  StatsQuery,
  TestSent,
} from './deliveries.dto';
import { EndpointParams } from './webhooks.dto';

/** What goes to one endpoint: its deliveries, how it does, a test, and what did not arrive once more. */
@ApiTags('Webhooks')
@Controller('v1/webhook-endpoints/:id')
export class EndpointDeliveriesController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveries,
    private readonly replays: DeliveryReplays,
    private readonly tests: EndpointTest,
    private readonly statistics: EndpointStatistics,
  ) {}

  /** Deliveries to it, newest first. */
  @Get('deliveries')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: DeliveryPage })
  async list(
    @CurrentCaller() { tenantId }: Caller,
    @Param() { id }: EndpointParams,
    @Query() { status: statuses, cursor, limit, ...filter }: DeliveriesQuery,
  ) {
    await this.endpoints.get(tenantId, id);
    return this.deliveries.list(tenantId, { ...filter, endpointId: id, statuses }, cursor, limit);
  }

  /** How many arrived, how fast, and how long the oldest one waits. */
  @Get('stats')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: EndpointStats })
  stats(@CurrentCaller() { tenantId }: Caller, @Param() { id }: EndpointParams, @Query() { hours }: StatsQuery) {
    return this.statistics.of(tenantId, id, hours);
  }

  /** Sends it an event of type `webhook.test`, which is tried for a minute. */
  @Post('test')
  @HttpCode(202)
  @Scopes('admin')
  @ApiAcceptedResponse({
    type: TestSent,
    headers: { Location: { description: 'The delivery, with its tries.', schema: { type: 'string' } } },
  })
  async test(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: EndpointParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const sent = await this.tests.send(tenantId, id, origin);
    void reply.header('location', `/v1/webhook-deliveries/${sent.deliveryId}`);
    return sent;
  }

  /** Sends again what did not arrive since a time, held events included; with `dryRun` it only counts. */
  @Post('replay')
  @HttpCode(202)
  @Scopes('admin')
  @ApiAcceptedResponse({ type: ReplayedDeliveries })
  replay(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: EndpointParams,
    @Body() { since, until, ...body }: ReplayDeliveries,
  ) {
    const times = { since: new Date(since), until: until === undefined ? undefined : new Date(until) };
    return this.replays.since(tenantId, id, { ...body, ...times }, origin);
  }
}
