import { Body, Controller, Get, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  PaymentNotFoundError,
  PaymentReturnInvalidError,
  PaymentsFlow,
  type ReturnedPayment,
} from '@puente/flows/payments';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/scopes.decorator';
import { TakesForm } from '../http/form-body.decorator';
import { ReturnFields, ReturnParams } from './payments.dto';
import { notAReturnPage, RESULT_PAGE_POLICY, resultPage } from './result-page';

const SEE_OTHER = {
  status: 303,
  description: 'To the payment’s `resultUrl`, with `payment` and `state`; nothing of Webpay’s travels on.',
  headers: { Location: { description: 'The shop’s page.', schema: { type: 'string' as const } } },
};
const PAGE = {
  description:
    'A page for the payer, where the payment names none. What is no return of anybody is answered with a page as well.',
  content: { 'text/html': { schema: { type: 'string' as const }, example: '<h1>Pago aprobado</h1>' } },
};

/** For payers' browsers, which have no key of ours: the secret in the path is all they bring. */
@Public()
@ApiTags('Payments')
@Controller('v1/webpay/return/:secret')
export class PaymentReturnController {
  constructor(private readonly flow: PaymentsFlow) {}

  /** Where Webpay sends the payer back. Repeats, forged parameters and other methods do no harm. */
  @Get()
  @ApiResponse(SEE_OTHER)
  @ApiOkResponse(PAGE)
  back(
    @Param() { secret }: ReturnParams,
    @Query() query: ReturnFields,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.answer(secret, query, reply);
  }

  /** The same as a form: restored tabs, and some that cancel. */
  @Post()
  @TakesForm()
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody({ type: ReturnFields, required: false })
  @ApiResponse(SEE_OTHER)
  @ApiResponse({ status: 200, ...PAGE })
  posted(
    @Param() { secret }: ReturnParams,
    @Query() query: ReturnFields,
    @Body() body: ReturnFields | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.answer(secret, merged(query, body), reply);
  }

  private async answer(secret: string, params: ReturnFields, reply: FastifyReply): Promise<string> {
    void reply.headers({ 'referrer-policy': 'no-referrer', 'content-type': 'text/html; charset=utf-8' });
    void reply.header('content-security-policy', RESULT_PAGE_POLICY);
    try {
      return shown(await this.flow.returnedTo(secret, params), reply);
    } catch (error) {
      const isNobodys = error instanceof PaymentNotFoundError;
      if (!isNobodys && !(error instanceof PaymentReturnInvalidError)) throw error;
      void reply.status(isNobodys ? HttpStatus.NOT_FOUND : HttpStatus.BAD_REQUEST);
      return notAReturnPage();
    }
  }
}

function shown(payment: ReturnedPayment, reply: FastifyReply): string {
  void reply.status(payment.resultUrl === null ? HttpStatus.OK : HttpStatus.SEE_OTHER);
  if (payment.resultUrl === null) return resultPage(payment);
  const target = new URL(payment.resultUrl);
  target.searchParams.set('payment', payment.id);
  target.searchParams.set('state', payment.state);
  void reply.header('location', target.href);
  return '';
}

const FIELDS = ['token_ws', 'TBK_TOKEN', 'TBK_ORDEN_COMPRA', 'TBK_ID_SESION'] as const;

/** What came in the address and in the form: a field with two values is nobody's. */
function merged(query: ReturnFields, body: ReturnFields | undefined): ReturnFields {
  return Object.fromEntries(FIELDS.map((field) => [field, [query[field] ?? [], body?.[field] ?? []].flat()]));
}
