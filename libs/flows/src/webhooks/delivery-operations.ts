import { Injectable } from '@nestjs/common';
import type { NewOperation } from '@puente/ledger';
import { Webhooks } from '@puente/providers/webhooks';
import { type EventFacts, messageBody, messageId } from './event-content';
import type { Target } from './event-rows';

export interface DeliveryOptions {
  /** Of the operation; made when left out. */
  readonly id?: string;
  readonly priority?: number;
  /** The operation that this one does again. */
  readonly replayOf?: string;
  /** Not tried after that. */
  readonly deadlineAt?: Date;
  readonly traceId?: string | undefined;
}

/** A delivery as the ledger does it: an operation of provider `webhooks`, on the lane of its endpoint. */
@Injectable()
export class DeliveryOperations {
  constructor(private readonly webhooks: Webhooks) {}

  /** Nobody is told of its end but of a bad one: see DeliveryOutcomes. So a success costs no statement of ours. */
  deliver(
    tenantId: string,
    event: EventFacts,
    data: string,
    { endpointId, payloadVersion, ordering, headOfLine }: Target,
    options: DeliveryOptions = {},
  ): NewOperation {
    const body = messageBody(event, data, payloadVersion);
    const input = { messageId: messageId(event.id), eventType: event.type, body };
    const inOrder = ordering === 'fifo' ? { orderKey: orderKey(endpointId, event.key), headOfLine } : {};
    return this.webhooks.prepare('deliver', input, { tenantId, integration: endpointId, ...inOrder, ...options });
  }
}

/** Events without a key are in one order with each other. */
function orderKey(endpointId: string, key: string | null): string {
  return `webhooks:${endpointId}:${key ?? ''}`;
}
