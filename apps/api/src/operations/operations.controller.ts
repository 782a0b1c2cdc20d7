import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ClientGone } from '../http/client-gone.decorator';
import { OperationDesk } from './operation-desk';
import {
  GetOperationQuery,
  ListOperationsQuery,
  OperationDetail,
  OperationPage,
  OperationParams,
  OperationSummary,
  ResolveOperation,
  RetriedOperation,
} from './operations.dto';

/** The ledger as people see it, and what they may do with an operation; each act is audited. */
@ApiTags('Operations')
@Controller('v1/operations')
export class OperationsController {
  constructor(private readonly desk: OperationDesk) {}

  /** What was asked of providers and what came of it: newest first, or with `settledSince` as it was settled. */
  @Get()
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: OperationPage })
  list(@CurrentCaller() { tenantId }: Caller, @Query() query: ListOperationsQuery) {
    return this.desk.list(tenantId, query);
  }

  /** One operation with its output and every try. With `waitMs` the answer waits until it is settled. */
  @Get(':id')
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: OperationDetail })
  get(
    @CurrentCaller() { tenantId }: Caller,
    @Param() { id }: OperationParams,
    @Query() { waitMs }: GetOperationQuery,
    @ClientGone() gone: AbortSignal,
  ) {
    return this.desk.get(tenantId, id, waitMs, gone);
  }

  /** Makes a waiting operation due now; of one that ended without an effect it makes a new, linked one. */
  @Post(':id/retry')
  @HttpCode(200)
  @Scopes('admin')
  @ApiOkResponse({ type: RetriedOperation })
  retry(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin, @Param() { id }: OperationParams) {
    return this.desk.retry(tenantId, origin, id);
  }

  /** Takes back what has certainly not been sent yet. */
  @Post(':id/cancel')
  @HttpCode(200)
  @Scopes('admin')
  @ApiOkResponse({ type: OperationSummary })
  cancel(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin, @Param() { id }: OperationParams) {
    return this.desk.cancel(tenantId, origin, id);
  }

  /** Ends a review with what a person found out at the provider. */
  @Post(':id/resolve')
  @HttpCode(200)
  @Scopes('admin')
  @ApiOkResponse({ type: OperationSummary })
  resolve(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { id }: OperationParams,
    @Body() body: ResolveOperation,
  ) {
    return this.desk.resolve(tenantId, origin, id, body);
  }
}
