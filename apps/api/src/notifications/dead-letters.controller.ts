import { Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { DeadLetterQueues, DeadLetters, Redrives } from '@puente/flows/notifications';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import {
  DeadLetterDetail,
  DeadLetterPage,
  DeadLetterParams,
  DeadLetterQuery,
  DeadLetterQueueState,
} from './dead-letters.dto';

/** Messages that were put aside, why, and the way back. */
@ApiTags('Dead letters')
@Scopes('admin', 'audit')
@Controller('v1/notifications/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly queues: DeadLetterQueues,
    private readonly redrives: Redrives,
  ) {}

  /** Messages that were put aside, with the reason and what became of them; newest first. */
  @Get()
  @ApiOkResponse({ type: DeadLetterPage })
  list(@CurrentCaller() { tenantId }: Caller, @Query() { state, cursor, limit, ...filter }: DeadLetterQuery) {
    return this.letters.list(tenantId, { ...filter, states: state === undefined ? undefined : [state] }, cursor, limit);
  }

  /** What the dead-letter queue itself holds, and what is recorded of it. */
  @Get('queue')
  @ApiOkResponse({ type: DeadLetterQueueState })
  queue(@CurrentCaller() { tenantId }: Caller) {
    return this.queues.state(tenantId);
  }

  /** One letter. */
  @Get(':id')
  @ApiOkResponse({ type: DeadLetterDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: DeadLetterParams) {
    return this.letters.get(tenantId, id);
  }

  /** Sends one letter's message back into the queue; it is published like a fresh one. */
  @Post(':id/redrive')
  @HttpCode(202)
  @Scopes('admin')
  @ApiIdempotencyKey('Repeating a request with the same key gives the letter as it is, and sends nothing more.')
  @ApiAcceptedResponse({ type: DeadLetterDetail })
  async redrive(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: DeadLetterParams,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const letter = await this.redrives.redriveLetter(tenantId, id, { origin, idempotencyKey });
    void reply.header('location', `/v1/notifications/dead-letters/${id}`);
    return letter;
  }
}
