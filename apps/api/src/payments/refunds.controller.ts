import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PaymentCaptures, PaymentRefunds, PaymentsFlow, type RefundRow } from '@puente/flows/payments';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import { CaptureRequest, Payment, PaymentParams, Refund, RefundList, RefundRequest } from './payments.dto';

/** Money that goes back, and money of deferred payments that is taken. */
@ApiTags('Payments')
@Controller('v1/payments/:id')
export class RefundsController {
  constructor(
    private readonly refunds: PaymentRefunds,
    private readonly captures: PaymentCaptures,
    private readonly flow: PaymentsFlow,
  ) {}

  /** Gives back all or a part. 202: the answer was lost; it is found out, and the money never given back twice. */
  @Post('refunds')
  @HttpCode(201)
  @Scopes('client', 'admin')
  @ApiIdempotencyKey('The same key again gives the first refund back.')
  @ApiCreatedResponse({ type: Refund, description: 'Decided: `done`, or `refused` by Webpay.' })
  @ApiAcceptedResponse({ type: Refund, description: 'Not decided yet. Read it again later.' })
  async refund(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: PaymentParams,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() { amount }: RefundRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const refund = await this.refunds.request(tenantId, id, { amount, idempotencyKey }, origin);
    if (refund.state === 'requested' || refund.state === 'unknown') void reply.status(HttpStatus.ACCEPTED);
    return shown(refund);
  }

  /** Refunds of one payment, oldest first. */
  @Get('refunds')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: RefundList })
  async list(@CurrentCaller() { tenantId }: Caller, @Param() { id }: PaymentParams) {
    return { items: (await this.refunds.list(tenantId, id)).map(shown) };
  }

  /** Takes the money of a deferred payment: once, at most what was authorised. */
  @Post('capture')
  @HttpCode(200)
  @Scopes('client', 'admin')
  @ApiOkResponse({ type: Payment })
  async capture(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: PaymentParams,
    @Body() { amount }: CaptureRequest,
  ) {
    await this.captures.capture(tenantId, id, amount, origin);
    return this.flow.statusOf(tenantId, id);
  }
}

function shown({ actor: _actor, idempotencyKey: _key, ...refund }: RefundRow) {
  return refund;
}
