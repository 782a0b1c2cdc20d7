import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { OperationLedger } from '@puente/ledger';
import { DeliveryOperations, type DeliveryOptions } from './delivery-operations';
import type { EventFacts } from './event-content';
import type { Target } from './event-rows';
import { WebhookEvents } from './webhook-events';
import { WebhookMetrics } from './webhook-metrics';

export interface OpenEvent {
  readonly facts: EventFacts;
  readonly data: string;
}

/** Sends an event that was published before, once more or for the first time, in a transaction that is open. */
@Injectable()
export class DeliverySending {
  constructor(
    private readonly events: WebhookEvents,
    private readonly operations: DeliveryOperations,
    private readonly ledger: OperationLedger,
    private readonly metrics: WebhookMetrics,
  ) {}

  /** @throws {WebhookEventNotFoundError} {@link EventPayloadExpiredError} */
  event(tx: TenantTransaction, id: string): Promise<OpenEvent> {
    return this.events.whole(tx, id);
  }

  /** @returns the id of the operation */
  async send(
    tx: TenantTransaction,
    { facts, data }: OpenEvent,
    target: Target,
    options: DeliveryOptions,
  ): Promise<string> {
    const operation = this.operations.deliver(tx.tenantId, facts, data, target, options);
    await this.ledger.accept(tx, operation);
    tx.afterCommit(() => this.metrics.replayed(1));
    return operation.id;
  }
}
