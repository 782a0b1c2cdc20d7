import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { conciliationCsv, PaymentList, PaymentReports, PaymentReviews, PaymentsFlow } from '@puente/flows/payments';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import {
  ConciliationDay,
  ConciliationQuery,
  Payment,
  PaymentDetail,
  PaymentPage,
  PaymentParams,
  PaymentsQuery,
  ResolvePayment,
  StartedPayment,
  StartPayment,
} from './payments.dto';

/** Orders that are paid with Webpay. */
@ApiTags('Payments')
@Controller('v1/payments')
export class PaymentsController {
  constructor(
    private readonly flow: PaymentsFlow,
    private readonly payments: PaymentList,
    private readonly reports: PaymentReports,
    private readonly reviews: PaymentReviews,
  ) {}

  /** Opens a payment page for an order. Safe to repeat: the same order and amount gives the same page for minutes. */
  @Post()
  @HttpCode(201)
  @Scopes('client')
  @ApiCreatedResponse({ type: StartedPayment })
  start(@CurrentCaller() { tenantId }: Caller, @Body() body: StartPayment) {
    return this.flow.start(tenantId, body);
  }

  /** Payments, newest first. */
  @Get()
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: PaymentPage })
  list(
    @CurrentCaller() { tenantId }: Caller,
    @Query() { state: states, since: createdFrom, until: createdBefore, cursor, limit, ...filter }: PaymentsQuery,
  ) {
    return this.payments.list(tenantId, { ...filter, states, createdFrom, createdBefore }, cursor, limit);
  }

  /** The money that moved on one day in Chile: sales, and refunds below zero, as JSON or as a CSV file. */
  @Get('conciliation')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: ConciliationDay })
  async conciliation(
    @CurrentCaller() { tenantId }: Caller,
    @Query() { date, format }: ConciliationQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const day = await this.reports.conciliation(tenantId, date);
    if (format === 'json') return day;
    void reply.header('content-type', 'text/csv; charset=utf-8');
    void reply.header('content-disposition', `attachment; filename="conciliation-${date}.csv"`);
    return conciliationCsv(day);
  }

  /** One payment with its history. */
  @Get(':id')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: PaymentDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: PaymentParams) {
    return this.payments.get(tenantId, id);
  }

  /** Gives a payment up. Webpay is asked first: one that was charged stays what it is. */
  @Post(':id/cancel')
  @HttpCode(200)
  @Scopes('client')
  @ApiOkResponse({ type: Payment })
  cancel(@CurrentCaller() { tenantId }: Caller, @Param() { id }: PaymentParams) {
    return this.flow.cancel(tenantId, id);
  }

  /** Says what a person found out about a payment that could not be decided. */
  @Post(':id/resolve')
  @HttpCode(200)
  @Scopes('admin')
  @ApiOkResponse({ type: Payment })
  async resolve(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: PaymentParams,
    @Body() body: ResolvePayment,
  ) {
    await this.reviews.resolve(tenantId, id, body, origin);
    return this.flow.statusOf(tenantId, id);
  }
}
