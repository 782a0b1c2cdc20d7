import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { PurchaseRequests, RequestNotFoundError } from '@puente/flows/purchases';
import type { Caller } from '@puente/tenancy';
import { CurrentCaller } from '../auth/caller.decorator';
import { ownUser } from '../auth/own-user';
import { KnowsUsers, Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import {
  CreateRequest,
  RequestAnswer,
  RequestDetail,
  RequestList,
  RequestParams,
  RequestsQuery,
  ValidateRequest,
} from './purchases.dto';
import { requestBody } from './purchase-views';

/** Requests for units of fixtures (S2.1 to S2.4). */
@ApiTags('Purchases')
@Controller('v1/requests')
export class RequestsController {
  constructor(private readonly requests: PurchaseRequests) {}

  /** Reserves units of a fixture, for a user of the shop or for another group. A wallet pays at once; otherwise Webpay follows. */
  @Post()
  @Scopes('client')
  @KnowsUsers()
  @ApiIdempotencyKey('The same key with the same request reserves once and gives the first answer back.')
  @ApiCreatedResponse({ type: RequestAnswer })
  async create(
    @CurrentCaller() caller: Caller,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() { auth0Token: _token, status: _status, ...body }: CreateRequest,
  ) {
    const user_id = ownUser(caller, body.user_id ?? undefined);
    const request = await this.requests.create(caller.tenantId, { ...body, user_id }, idempotencyKey);
    return { message: 'Request created', request: requestBody(request) };
  }

  /** Requests of our own group, newest first. */
  @Get()
  @Scopes('client', 'admin')
  @KnowsUsers()
  @ApiOkResponse({ type: RequestList })
  async list(@CurrentCaller() caller: Caller, @Query() { page, count, user_id, status }: RequestsQuery) {
    const filter = { page, count, status, userId: ownUser(caller, user_id) };
    const { requests, total } = await this.requests.list(caller.tenantId, filter);
    return { requests: requests.map(requestBody), total, page, count };
  }

  /** Another system's word about a request, of ours or of another group. A rejection gives the units back, once. */
  @Patch('validate')
  @HttpCode(200)
  @Scopes('client')
  @ApiOkResponse({ type: RequestAnswer })
  async validate(@CurrentCaller() { tenantId }: Caller, @Body() { request_id, group_id, valid }: ValidateRequest) {
    const word = { requestId: request_id, groupId: group_id, valid };
    const { request } = await this.requests.validate(tenantId, word);
    return { message: `Request ${request.status}`, request: requestBody(request) };
  }

  /** One of our own group's. */
  @Get(':id')
  @Scopes('client', 'admin')
  @KnowsUsers()
  @ApiOkResponse({ type: RequestDetail })
  async get(@CurrentCaller() caller: Caller, @Param() { id }: RequestParams) {
    const request = await this.requests.get(caller.tenantId, id);
    if (caller.userScope !== null && request.userId !== caller.userScope) throw new RequestNotFoundError(id);
    return requestBody(request);
  }
}
