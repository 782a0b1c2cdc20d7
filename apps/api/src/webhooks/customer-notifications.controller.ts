import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { CustomerNotifications } from '@puente/flows/webhooks';
import type { Caller } from '@puente/tenancy';
import type { FastifyReply } from 'fastify';
import { CurrentCaller } from '../auth/caller.decorator';
import { Scopes } from '../auth/scopes.decorator';
import { ApiIdempotencyKey, IdempotencyKey } from '../http/idempotency-key.decorator';
import { AcceptedCustomerNotification, NotifyCustomer } from './webhooks.dto';

/** The way of S0.5: through the queue, as its own producers send them. */
@ApiTags('Webhooks')
@Controller('v1/customer-notifications')
export class CustomerNotificationsController {
  constructor(private readonly notifications: CustomerNotifications) {}

  /** Puts a notification for a customer's endpoints into the installation's queue. */
  @Post()
  @HttpCode(202)
  @Scopes('client')
  @ApiIdempotencyKey('Repeating a request with the same key sends nothing twice.')
  @ApiAcceptedResponse({
    type: AcceptedCustomerNotification,
    headers: { Location: { description: 'The send to the queue.', schema: { type: 'string' } } },
  })
  async send(
    @CurrentCaller() { tenantId }: Caller,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @Body() body: NotifyCustomer,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const operationId = await this.notifications.send(tenantId, body, idempotencyKey);
    void reply.header('location', `/v1/operations/${operationId}`);
    return { operationId };
  }
}
