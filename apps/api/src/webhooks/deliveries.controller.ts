import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { DeliveryReplays, WebhookDeliveries } from '@puente/flows/webhooks';
import type { Caller, Origin } from '@puente/tenancy';
import { CurrentCaller, CurrentOrigin } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { Delivery, DeliveryDetail, DeliveryParams } from './deliveries.dto';

/** Single deliveries: what the receiver answered at each try, and once more. */
@ApiTags('Webhooks')
@Controller('v1/webhook-deliveries')
export class DeliveriesController {
  constructor(
    private readonly deliveries: WebhookDeliveries,
    private readonly replays: DeliveryReplays,
  ) {}

  /** One delivery with every try: time, duration, status, excerpt of the answer, and when the next one is due. */
  @Get(':id')
  @Scopes('client', 'admin')
  @ApiOkResponse({ type: DeliveryDetail })
  get(@CurrentCaller() { tenantId }: Caller, @Param() { id }: DeliveryParams) {
    return this.deliveries.get(tenantId, id);
  }

  /** Sends it again, whatever became of it, under the same `webhook-id`. */
  @Post(':id/replay')
  @HttpCode(202)
  @Scopes('admin')
  @ApiAcceptedResponse({ type: Delivery })
  replay(@CurrentCaller() { tenantId }: Caller, @CurrentOrigin() origin: Origin, @Param() { id }: DeliveryParams) {
    return this.replays.one(tenantId, id, origin);
  }
}
