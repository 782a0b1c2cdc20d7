import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, IntegrationsAdmin, type Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { IntegrationDesk } from './integration-desk';
import {
  IntegrationList,
  IntegrationParams,
  IntegrationQuery,
  IntegrationDetail,
  ListIntegrationsQuery,
  PatchIntegration,
  PutIntegration,
  RotateIntegration,
  Verification,
} from './integrations.dto';

/** A tenant's accounts with providers. Secrets go in here and never come out; the platform's own belong to the system tenant. */
@ApiTags('Integrations')
@Scopes('admin', 'platform')
@Controller('v1/integrations')
export class IntegrationsController {
  constructor(
    private readonly admin: IntegrationsAdmin,
    private readonly desk: IntegrationDesk,
  ) {}

  /**
   * The tenant's accounts with providers: which secrets are set, never what they are, and how each provider answers.
   * Those that belong to something else are listed with it: webhook endpoints at `/v1/webhook-endpoints`.
   */
  @Get()
  @Scopes('admin', 'platform', 'audit')
  @ApiOkResponse({ type: IntegrationList })
  async list(@CurrentCaller() { tenantId }: Caller, @Query() { rotation }: ListIntegrationsQuery) {
    return { items: await this.desk.list(tenantId, rotation) };
  }

  /** One account. */
  @Get(':provider')
  @Scopes('admin', 'platform', 'audit')
  @ApiOkResponse({ type: IntegrationDetail })
  get(@CurrentCaller() caller: Caller, @Param() params: IntegrationParams, @Query() query: IntegrationQuery) {
    return this.desk.get(ref(caller, params, query));
  }

  /** Saves all credentials, tries them with the provider, and uses them if it accepts them. `409 INTEGRATION_MANAGED`, as for every change: it belongs to something else, whose route changes both. */
  @Put(':provider')
  @ApiOkResponse({ type: IntegrationDetail })
  async put(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
    @Body() body: PutIntegration,
  ) {
    await this.admin.put(origin, ref(caller, params, query), body);
    return this.desk.get(ref(caller, params, query));
  }

  /** Changes single fields; null removes one. A field that decides where secrets are sent demands them again. */
  @Patch(':provider')
  @ApiOkResponse({ type: IntegrationDetail })
  async patch(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
    @Body() body: PatchIntegration,
  ) {
    await this.admin.patch(origin, ref(caller, params, query), body);
    return this.desk.get(ref(caller, params, query));
  }

  /** Removes the account and erases its secrets. */
  @Delete(':provider')
  @HttpCode(204)
  @ApiNoContentResponse()
  delete(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
  ): Promise<void> {
    return this.admin.delete(origin, ref(caller, params, query));
  }

  /** Test connection: asks the provider whether the credentials work. Paused calls go on when they do. */
  @Post(':provider/verify')
  @HttpCode(200)
  @ApiOkResponse({ type: Verification })
  verify(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
  ) {
    return this.admin.verify(origin, ref(caller, params, query));
  }

  /** Exchanges the secrets; the old ones stay valid for the overlap, then they are erased. */
  @Post(':provider/rotate')
  @HttpCode(200)
  @ApiOkResponse({ type: IntegrationDetail })
  async rotate(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
    @Body() body: RotateIntegration,
  ) {
    await this.admin.rotate(origin, ref(caller, params, query), body);
    return this.desk.get(ref(caller, params, query));
  }

  /** Ends the overlap of a rotation now: the old credentials are erased. */
  @Post(':provider/rotate/finish')
  @HttpCode(200)
  @ApiOkResponse({ type: IntegrationDetail })
  async finishRotation(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
  ) {
    await this.admin.finishRotation(origin, ref(caller, params, query));
    return this.desk.get(ref(caller, params, query));
  }

  /** Goes back to the credentials before the rotation while their overlap lasts, after asking the provider about them. */
  @Post(':provider/rotate/rollback')
  @HttpCode(200)
  @ApiOkResponse({ type: IntegrationDetail })
  async rollBackRotation(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
  ) {
    await this.admin.rollBackRotation(origin, ref(caller, params, query));
    return this.desk.get(ref(caller, params, query));
  }

  /** Uses the newest credentials, after asking the provider about them. */
  @Post(':provider/activate')
  @HttpCode(200)
  @ApiOkResponse({ type: IntegrationDetail })
  async activate(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
  ) {
    await this.admin.activate(origin, ref(caller, params, query));
    return this.desk.get(ref(caller, params, query));
  }

  /** Refuses calls with this account from now on; what is queued waits. */
  @Post(':provider/deactivate')
  @HttpCode(200)
  @ApiOkResponse({ type: IntegrationDetail })
  async deactivate(
    @CurrentCaller() caller: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() params: IntegrationParams,
    @Query() query: IntegrationQuery,
  ) {
    await this.admin.deactivate(origin, ref(caller, params, query));
    return this.desk.get(ref(caller, params, query));
  }
}

function ref({ tenantId }: Caller, { provider }: IntegrationParams, { name }: IntegrationQuery) {
  return { tenantId, provider, name };
}
