import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import type { Caller } from '@puente/tenancy';
import { CurrentCaller } from '../../../apps/api/src/auth/caller.decorator';
import { Scopes } from '../../../apps/api/src/auth/scopes.decorator';
import { FaultOrders, OrderBody, type PlacedOrder } from './fault-orders';

@Controller('v1/faults/orders')
export class FaultOrdersController {
  constructor(private readonly orders: FaultOrders) {}

  @Post()
  @HttpCode(202)
  @Scopes('client')
  place(
    @CurrentCaller() { tenantId }: Caller,
    @Headers('idempotency-key') key: string,
    @Body() body: unknown,
  ): Promise<PlacedOrder> {
    return this.orders.place(tenantId, key, OrderBody.parse(body));
  }
}
