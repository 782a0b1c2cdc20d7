import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { NotificationHandlers } from '@puente/flows/notifications';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { HandlerDetail, HandlerList, HandlerParams, PutHandler } from './notifications.dto';

/** The tenant's table of event kinds and what is done with each (S1.3). */
@ApiTags('Notifications')
@Scopes('admin')
@Controller('v1/notifications/handlers')
export class NotificationHandlersController {
  constructor(private readonly handlers: NotificationHandlers) {}

  /** Which kind of event is handled how. */
  @Get()
  @ApiOkResponse({ type: HandlerList })
  async list(@CurrentCaller() { tenantId }: Caller) {
    return { items: await this.handlers.list(tenantId) };
  }

  /** The handler of one kind. */
  @Get(':kind')
  @ApiOkResponse({ type: HandlerDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { kind }: HandlerParams) {
    return this.handlers.get(tenantId, kind);
  }

  /** Registers or changes the handler of a kind: an event, a topic's ARN, or `*` for the rest. */
  @Put(':kind')
  @ApiOkResponse({ type: HandlerDetail })
  put(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { kind }: HandlerParams,
    @Body() body: PutHandler,
  ) {
    return this.handlers.put(tenantId, kind, body, origin);
  }

  /** Messages of this kind go to `*` or to their own topic from now on. */
  @Delete(':kind')
  @HttpCode(204)
  @ApiNoContentResponse()
  remove(
    @CurrentCaller() { tenantId }: Caller,
    @CurrentOrigin() origin: Origin,
    @Param() { kind }: HandlerParams,
  ): Promise<void> {
    return this.handlers.remove(tenantId, kind, origin);
  }
}
