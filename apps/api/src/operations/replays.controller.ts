import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import { ReplayDesk } from './replay-desk';
import {
  ReplayDetail,
  ReplayList,
  ReplayOperations,
  ReplayPage,
  ReplayParams,
  ReplayResult,
  requestOf,
} from './replays.dto';

/** Ended operations done again, many at once, behind everything that somebody waits for. */
@ApiTags('Operations')
@Scopes('admin')
@Controller('v1')
export class ReplaysController {
  constructor(private readonly desk: ReplayDesk) {}

  /**
   * Does again what a filter names: each as a new operation, linked to the old one (`replayOf`). With `dryRun` it only
   * says which; with `next` of the answer as `cursor` it goes on.
   */
  @Post('operations/replay')
  @HttpCode(202)
  @ApiIdempotencyKey('Repeating a request with the same key gives the first answer back, and nothing is done again.')
  @ApiAcceptedResponse({ type: ReplayResult })
  @ApiOkResponse({ type: ReplayResult, description: 'Of a dry run.' })
  async replay(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() body: ReplayOperations,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (body.dryRun) {
      void reply.status(200);
      return this.desk.plan(tenantId, requestOf(body));
    }
    const replay = await this.desk.replay(tenantId, origin, idempotencyKey, requestOf(body));
    void reply.header('location', `/v1/operation-replays/${replay.id}`);
    return replay;
  }

  /** What was replayed, newest first. */
  @Get('operation-replays')
  @Scopes('admin', 'audit')
  @ApiOkResponse({ type: ReplayPage })
  list(@CurrentCaller() { tenantId }: Caller, @Query() { cursor, limit }: ReplayList) {
    return this.desk.list(tenantId, cursor, limit);
  }

  /** What a replay did, and how far its operations are. */
  @Get('operation-replays/:id')
  @Scopes('admin', 'audit')
  @ApiOkResponse({ type: ReplayDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: ReplayParams) {
    return this.desk.get(tenantId, id);
  }
}
