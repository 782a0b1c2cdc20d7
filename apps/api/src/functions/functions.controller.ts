import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { FunctionsAdmin } from '@puente/flows/functions';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { FunctionDetail, FunctionList, FunctionParams, PutFunction } from './functions.dto';

/** What the tenant's functions are called at AWS (S0.2). */
@ApiTags('Functions')
@Scopes('admin')
@Controller('v1/functions')
export class FunctionsController {
  constructor(private readonly functions: FunctionsAdmin) {}

  /** The functions there are, with the name each is called by and where it comes from. */
  @Get()
  @ApiOkResponse({ type: FunctionList })
  async list(@CurrentCaller() { tenantId }: Caller) {
    return { items: await this.functions.list(tenantId) };
  }

  /** One function. */
  @Get(':function')
  @ApiOkResponse({ type: FunctionDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { function: id }: FunctionParams) {
    return this.functions.get(tenantId, id);
  }

  /** Gives a function a name of the tenant's own, which wins over the installation's variable. */
  @Put(':function')
  @ApiOkResponse({ type: FunctionDetail })
  put(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { function: id }: FunctionParams,
    @Body() body: PutFunction,
  ) {
    return this.functions.put(tenantId, id, body, origin);
  }

  /** Takes the tenant's own name away; the variable counts again. */
  @Delete(':function')
  @HttpCode(204)
  @ApiNoContentResponse()
  remove(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { function: id }: FunctionParams,
  ): Promise<void> {
    return this.functions.remove(tenantId, id, origin);
  }
}
