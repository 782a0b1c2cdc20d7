import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { IntegrationParams, IntegrationQuery } from '../integrations/integrations.dto';
import { LaneDesk } from './lane-desk';
import { CapLane, Lane, LaneList, ResumeLanes } from './lanes.dto';

/** Groups of calls that wait together: they share circuit breaker, cap and pause. */
@ApiTags('Integrations')
@Scopes('admin', 'platform')
@Controller('v1/integrations/:provider/lanes')
export class LanesController {
  constructor(private readonly desk: LaneDesk) {}

  /** The account’s lanes that wait, fail or have a cap of their own, the worst first, at most 1,000. Empty: everything goes. */
  @Get()
  @Scopes('admin', 'platform', 'audit')
  @ApiOkResponse({ type: LaneList })
  list(
    @CurrentCaller() { tenantId }: Caller,
    @Param() { provider }: IntegrationParams,
    @Query() { name }: IntegrationQuery,
  ) {
    return this.desk.list({ tenantId, provider, name });
  }

  /**
   * Says how many calls one lane may have at once, over all processes: fewer or more than the provider’s document
   * declares. Calls in flight end by themselves.
   */
  @Patch()
  @ApiOkResponse({ type: Lane })
  cap(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { provider }: IntegrationParams,
    @Query() { name }: IntegrationQuery,
    @Body() { laneKey, maxInFlight }: CapLane,
  ) {
    return this.desk.cap(origin, { tenantId, provider, name }, laneKey, maxInFlight);
  }

  /**
   * Lets lanes go on: ends a pause, a wait that the provider asked for, and an open circuit. What fails again waits
   * again. Answers with the lanes that waited.
   */
  @Post('resume')
  @HttpCode(200)
  @ApiOkResponse({ type: LaneList })
  resume(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { provider }: IntegrationParams,
    @Query() { name }: IntegrationQuery,
    @Body() { laneKey }: ResumeLanes,
  ) {
    return this.desk.resume(origin, { tenantId, provider, name }, laneKey);
  }
}
