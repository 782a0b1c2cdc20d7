import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { NotificationQueues } from '@puente/flows/notifications';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { BindQueue, BoundQueue, QueueBinding } from './notifications.dto';

/** Which queue is the tenant's: its address is all a foreign producer knows. */
@ApiTags('Notifications')
@Scopes('admin')
@Controller('v1/notifications/queue')
export class NotificationQueueController {
  constructor(private readonly queues: NotificationQueues) {}

  /** The queue that the tenant's notifications go through. */
  @Get()
  @ApiOkResponse({ type: QueueBinding })
  get(@CurrentCaller() { tenantId }: Caller) {
    return this.queues.get(tenantId);
  }

  /** Binds the queue, in place of the one before. The tenant's credentials must reach both queues. */
  @Put()
  @ApiOkResponse({ type: BoundQueue })
  bind(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin, @Body() body: BindQueue) {
    return this.queues.bind(tenantId, body, { origin });
  }

  /** Stops reading the queue; what waits in it stays there. */
  @Delete()
  @HttpCode(204)
  @ApiNoContentResponse()
  unbind(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin): Promise<void> {
    return this.queues.unbind(tenantId, origin);
  }
}
