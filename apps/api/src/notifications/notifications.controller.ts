import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { NotificationJourney, NotificationsFlow } from '@puente/flows/notifications';
import { currentTrace } from '@puente/observability';
import type { Caller } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import {
  AcceptedNotification,
  ListNotificationsQuery,
  NotificationDetail,
  NotificationPage,
  NotificationParams,
  Notify,
} from './notifications.dto';

/** Notifications by REST and their journeys. Their texts are for client and admin keys, not for audit. */
@ApiTags('Notifications')
@Controller('v1/notifications')
export class NotificationsController {
  constructor(
    private readonly flow: NotificationsFlow,
    private readonly journey: NotificationJourney,
  ) {}

  /** Accepts a notification: it is committed when the answer comes, and published soon after. */
  @Post()
  @HttpCode(202)
  @Scopes('client')
  @ApiIdempotencyKey('Repeating a request with the same key gives the first answer back.')
  @ApiAcceptedResponse({
    type: AcceptedNotification,
    headers: { Location: { description: 'Where its journey can be read.', schema: { type: 'string' } } },
  })
  async notify(
    @CurrentCaller() { tenantId }: Caller,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() body: Notify,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { id, operationId } = await this.flow.notify(tenantId, body, {
      idempotencyKey,
      traceId: currentTrace()?.traceId,
    });
    void reply.header('location', `/v1/notifications/${id}`);
    return { id, status: 'accepted', operationId };
  }

  /** Notifications, newest first. */
  @Get()
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: NotificationPage })
  list(
    @CurrentCaller() { tenantId }: Caller,
    @Query() { status, since, until, cursor, limit, ...filter }: ListNotificationsQuery,
  ) {
    const statuses = status === undefined ? undefined : [status];
    return this.journey.list(
      tenantId,
      { ...filter, statuses, createdFrom: since, createdBefore: until },
      cursor,
      limit,
    );
  }

  /** The journey of one: accepted, queued, handled, published with the SNS message id, or why not. */
  @Get(':id')
  @Scopes('client', 'admin')
  @ApiOkResponse({ type: NotificationDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: NotificationParams) {
    return this.journey.get(tenantId, id);
  }
}
