import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AccountingRoutes } from '@puente/flows/accounting';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { AccountingRoutesInForce, PutAccountingRoutes } from './accounting.dto';

/** Which messages become which calls of the tenant's Odoo. */
@ApiTags('Accounting')
@Controller('v1/accounting/routes')
export class AccountingRoutesController {
  constructor(private readonly routes: AccountingRoutes) {}

  /** The routes in force. */
  @Get()
  @Scopes('client', 'admin', 'audit')
  @ApiOkResponse({ type: AccountingRoutesInForce })
  get(@CurrentCaller() { tenantId }: Caller) {
    return this.routes.get(tenantId);
  }

  /** Replaces all routes. Those that would lose or double entries are refused, with the place of each fault. */
  @Put()
  @Scopes('admin')
  @ApiOkResponse({ type: AccountingRoutesInForce })
  put(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin, @Body() body: PutAccountingRoutes) {
    return this.routes.put(tenantId, body, origin);
  }
}
