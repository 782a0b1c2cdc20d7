import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import {
  PurchasePayments,
  PurchaseRequests,
  RequestNotFoundError,
  type ReturnedRequest,
} from '@puente/flows/purchases';
import type { Caller } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller } from '../auth/caller.decorator';
import { KnowsUsers, Scopes } from '../auth/scopes.decorator';
import { CommitPayment, CommittedPayment, CreatedPayment, CreatePayment } from './purchases.dto';

type Result = CommittedPayment['result'];

const RESULTS: Readonly<Record<ReturnedRequest['state'], readonly [Result, string]>> = {
  paid: ['approved', 'Payment approved'],
  rejected: ['rejected', 'Payment rejected'],
  cancelled: ['cancelled', 'Payment cancelled'],
  open: ['pending', 'Payment pending: Webpay has not said yet what became of it'],
  in_review: ['in_review', 'Payment in review: a person decides'],
};

/** Paying requests by Webpay (S2.6, S2.7). */
@ApiTags('Purchases')
@Scopes('client')
@KnowsUsers()
@Controller('v1/webpay')
export class RequestPaymentsController {
  constructor(
    private readonly payments: PurchasePayments,
    private readonly requests: PurchaseRequests,
  ) {}

  /** Opens Webpay's form for a request; the request is then `pending payment`. Asked again soon, the same form. */
  @Post('create')
  @ApiCreatedResponse({ type: CreatedPayment })
  async create(@CurrentCaller() caller: Caller, @Body() { request_id, quantity }: CreatePayment) {
    await this.ownRequest(caller, request_id);
    const { url, token } = await this.payments.create(caller.tenantId, request_id, quantity);
    return { url, token };
  }

  /**
   * The payer is back: what came of the payment. The parameters only say which payment is meant; what became of it is
   * asked of Webpay. 202 while Webpay has not said.
   */
  @Post('commit')
  @HttpCode(200)
  @ApiOkResponse({ type: CommittedPayment })
  @ApiAcceptedResponse({ type: CommittedPayment, description: 'Not known yet. Ask again, or read the request.' })
  async commit(
    @CurrentCaller() caller: Caller,
    @Body() body: CommitPayment,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { token, request_id, TBK_TOKEN, TBK_ORDEN_COMPRA, TBK_ID_SESION } = body;
    const given = { token_ws: token, TBK_TOKEN, TBK_ORDEN_COMPRA, TBK_ID_SESION, requestId: request_id };
    const named = Object.fromEntries(
      Object.entries(given).filter(([, value]) => typeof value === 'string' && value !== ''),
    );
    await this.ownReturn(caller, token ?? TBK_TOKEN ?? '', request_id ?? '');
    const { requestId, state } = await this.payments.commit(caller.tenantId, named);
    await this.ownRequest(caller, requestId);
    const [result, message] = RESULTS[state];
    if (state === 'open') void reply.status(202).header('location', `/v1/requests/${encodeURIComponent(requestId)}`);
    return { message, request_id: requestId, result };
  }

  /** A key of one user ends no payment of another one: looked at before Webpay is asked anything. */
  private async ownReturn(caller: Caller, token: string, requestId: string): Promise<void> {
    if (caller.userScope === null) return;
    if (token !== '') await this.ownRequest(caller, (await this.requests.withToken(caller.tenantId, token)).requestId);
    if (token === '' || requestId !== '') await this.ownRequest(caller, requestId);
  }

  private async ownRequest({ tenantId, userScope }: Caller, requestId: string): Promise<void> {
    if (userScope === null) return;
    const { userId } = await this.requests.get(tenantId, requestId);
    if (userId !== userScope) throw new RequestNotFoundError(requestId);
  }
}
