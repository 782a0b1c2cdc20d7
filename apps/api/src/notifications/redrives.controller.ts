import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Redrives } from '@puente/flows/notifications';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import { CreateRedrive, RedriveDetail, RedrivePage, RedriveParams, RedriveQuery } from './dead-letters.dto';

/** Dead letters sent back at a pace, one redrive at a time. */
@ApiTags('Dead letters')
@Scopes('admin')
@Controller('v1/notifications/redrives')
export class RedrivesController {
  constructor(private readonly redrives: Redrives) {}

  /** Begins to send back all letters that wait, or those a filter names. */
  @Post()
  @HttpCode(202)
  @ApiIdempotencyKey('Repeating a request with the same key gives the first redrive back.')
  @ApiAcceptedResponse({ type: RedriveDetail })
  async create(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() body: CreateRedrive,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const redrive = await this.redrives.create(tenantId, body, { origin, idempotencyKey });
    void reply.header('location', `/v1/notifications/redrives/${redrive.id}`);
    return redrive;
  }

  /** Redrives, newest first. */
  @Get()
  @Scopes('admin', 'audit')
  @ApiOkResponse({ type: RedrivePage })
  list(@CurrentCaller() { tenantId }: Caller, @Query() { cursor, limit }: RedriveQuery) {
    return this.redrives.list(tenantId, cursor, limit);
  }

  /** How far one is. */
  @Get(':id')
  @Scopes('admin', 'audit')
  @ApiOkResponse({ type: RedriveDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: RedriveParams) {
    return this.redrives.get(tenantId, id);
  }

  /** Sends no further letter; those on their way arrive. */
  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOkResponse({ type: RedriveDetail })
  cancel(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin, @Param() { id }: RedriveParams) {
    return this.redrives.cancel(tenantId, id, origin);
  }
}
