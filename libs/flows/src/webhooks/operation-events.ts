import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DispatchDatabase, type TenantTransaction } from '@puente/database';
import { ProviderCatalogue } from '@puente/integrations';
import { type OperationEvent, OperationEventRegistry } from '@puente/ledger';
import type { NewEvent } from './event-planning';
import { JoinedPublishing } from './joined-publishing';
import { WebhookLog } from './webhook-log';

const CONSUMER = 'webhooks.operations';
/** Who has subscribed since is known this long after at the latest. */
const LOOK_EVERY_MS = 5_000;

const INTERESTED = `SELECT DISTINCT tenant_id AS id FROM webhook_subscriptions WHERE pattern LIKE 'operation.%'`;

/**
 * What becomes of a tenant's operations, as webhooks: `operation.succeeded`, `.rejected`, `.exhausted`, `.needs_review`.
 * Not of deliveries themselves, or each would be the cause of another. Only tenants with an endpoint that asks for them
 * pay for it: of all others nothing is written when an operation ends.
 */
@Injectable()
export class OperationWebhooks implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly registry: OperationEventRegistry,
    private readonly catalogue: ProviderCatalogue,
    private readonly publishing: JoinedPublishing,
    private readonly dispatch: DispatchDatabase,
    private readonly log: WebhookLog,
  ) {}

  onModuleInit(): void {
    const providers = this.catalogue.providers.map(({ meta }) => meta.id).filter((id) => id !== 'webhooks');
    const types = [
      'operation.succeeded',
      'operation.rejected',
      'operation.exhausted',
      'operation.needs_review',
    ] as const;
    this.registry.subscribe({ name: CONSUMER, types, providers }, (tx, events) => this.publish(tx, events));
    this.registry.limitTo(CONSUMER, []);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => {
      this.looking = this.look();
    }, LOOK_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Who wants to hear of operations now. Never fails: what was known stays true. */
  async look(): Promise<void> {
    try {
      const tenants = await this.dispatch.query<{ id: string }>(INTERESTED);
      this.registry.limitTo(CONSUMER, tenants.map(({ id }) => id)); // prettier-ignore
    } catch (error) {
      this.log.upkeepFailed('subscriptions to operations', error);
    }
  }

  private async publish(tx: TenantTransaction, events: readonly OperationEvent[]): Promise<void> {
    await this.publishing.publish(tx, events.map((event) => webhookOf(tx.tenantId, event))); // prettier-ignore
  }
}

/** Ids, states and codes; what an operation was given and what it answered are read with its own route. */
function webhookOf(tenantId: string, { id, type, at, operation }: OperationEvent): NewEvent {
  const { provider, operation: name, integration, state, failure, providerCode, createdAt } = operation;
  const data = {
    ...{ operation_id: operation.id, provider, operation: name, integration, state },
    ...{ failure, provider_code: providerCode, created_at: createdAt.toISOString(), ended_at: at.toISOString() },
  };
  const eventId = `operation-event:${id}`;
  return { tenantId, type, data: JSON.stringify(data), key: operation.id, eventId, origin: 'operation' };
}
