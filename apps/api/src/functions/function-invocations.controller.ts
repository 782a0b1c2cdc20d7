import { Controller, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { FunctionsFlow } from '@puente/flows/functions';
import type { Caller } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { BodyText, KeepBodyText } from '../http/body-text.decorator';
import { InvalidRequestError } from '../http/http-errors';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import { RespondAsync } from '../http/prefer.decorator';
import { answerOf } from '../integrations/call-answer';
import { PendingOperation } from '../integrations/provider-operations.dto';
import { FunctionParams, InvocationQuery, InvocationResult } from './functions.dto';

/** Invokes the tenant's functions by what they are for; their names are configuration. */
@ApiTags('Functions')
@Scopes('client')
@Controller('v1/functions')
export class FunctionInvocationsController {
  constructor(private readonly flow: FunctionsFlow) {}

  /**
   * Invokes a function. The body is its payload and arrives byte for byte. `contact` is answered with the function's answer;
   * `notifications` and `notifications-pubsub`, for which nobody waits, with 202 as soon as the invocation is committed.
   */
  @Post(':function/invocations')
  @KeepBodyText()
  @ApiIdempotencyKey('Repeating a request with the same key and the same bytes gives the first answer back.')
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: '`respond-async`: answer 202 at once and invoke in the background.',
  })
  @ApiBody({
    required: true,
    schema: { description: 'Any JSON value.', examples: [{ user_id: '15', name: 'Ana Núñez', clabe: '0123' }] },
  })
  @ApiOkResponse({ type: InvocationResult, description: 'The function has answered.' })
  @ApiAcceptedResponse({ type: PendingOperation, description: 'Accepted, or not known yet. Follow Location.' })
  async invoke(
    @CurrentCaller() { tenantId }: Caller,
    @Param() { function: id }: FunctionParams,
    @Query() { waitMs }: InvocationQuery,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @RespondAsync() respondAsync: boolean,
    @BodyText() payload: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (payload === undefined)
      throw new InvalidRequestError([{ path: '', message: 'expected a JSON value: the payload of the function' }]);
    const result = await this.flow.invoke(tenantId, id, payload, { idempotencyKey, waitMs, respondAsync });
    return answerOf(`function ${id}`, result, reply);
  }
}
