import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, OperatorEvents } from '@puente/tenancy';
import { CurrentCaller } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { OperatorEventPage, OperatorEventsQuery } from './operator-events.dto';

/** What somebody should hear of who looks after the integrations. */
@ApiTags('Audit')
@Scopes('admin', 'audit', 'platform')
@Controller('v1/operator-events')
export class OperatorEventsController {
  constructor(private readonly events: OperatorEvents) {}

  /** Credentials that are due or overdue, refused, usable again, in quarantine; newest first. */
  @Get()
  @ApiOkResponse({ type: OperatorEventPage })
  list(
    @CurrentCaller() { tenantId }: Caller,
    @Query() { cursor, limit, type: types, since, until }: OperatorEventsQuery,
  ) {
    return this.events.list(tenantId, { types, since, until }, cursor, limit);
  }
}
