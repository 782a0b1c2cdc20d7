import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { type OperationEvent, OperationEventRegistry, type OperationView } from '@puente/ledger';
import { EndpointFailures } from './endpoint-failures';
import { lockEndpoint } from './endpoint-rows';
import { EndpointStates } from './endpoint-states';
import { WebhookMetrics } from './webhook-metrics';

/** What the receiver answered when it never wants to hear of us again. */
const GONE = 'GONE';

/**
 * What follows from deliveries that ended without success. A batch of a tenant's comes at once, and each endpoint is
 * looked at once. Successes are not told: they need no statement of ours, and who asks finds them with the operation.
 */
@Injectable()
export class DeliveryOutcomes implements OnModuleInit {
  constructor(
    private readonly registry: OperationEventRegistry,
    private readonly states: EndpointStates,
    private readonly failures: EndpointFailures,
    private readonly metrics: WebhookMetrics,
  ) {}

  onModuleInit(): void {
    this.registry.subscribe(
      {
        name: 'webhooks.outcomes',
        types: ['operation.rejected', 'operation.exhausted', 'operation.needs_review', 'operation.dropped'],
        providers: ['webhooks'],
      },
      (tx, events) => this.ended(tx, events),
    );
  }

  private async ended(tx: TenantTransaction, events: readonly OperationEvent[]): Promise<void> {
    const byEndpoint = new Map<string, OperationView[]>();
    for (const { operation } of events) {
      // A test is somebody trying: it says nothing about the endpoint.
      if (operation.deadlineAt === null)
        byEndpoint.set(operation.integration, [...(byEndpoint.get(operation.integration) ?? []), operation]);
    }
    // In one order, so that two batches never wait for one another.
    for (const [endpointId, ended] of [...byEndpoint].sort(([a], [b]) => (a < b ? -1 : 1)))
      await this.endedAt(tx, endpointId, ended);
  }

  private async endedAt(tx: TenantTransaction, endpointId: string, ended: readonly OperationView[]): Promise<void> {
    const endpoint = await lockEndpoint(tx, endpointId);
    if (!endpoint) return; // removed meanwhile
    const gone = ended.filter(({ providerCode }) => providerCode === GONE);
    const exhausted = ended.filter(({ providerCode }) => providerCode !== GONE);
    if (exhausted.length > 0) {
      const { id: endpoint_id, url } = endpoint;
      const last = exhausted.at(-1);
      const why = last?.providerCode ?? last?.failure ?? 'unknown';
      await this.states.tell(tx, 'delivery.exhausted', {
        endpoint_id,
        url,
        deliveries: exhausted.length,
        last_code: why,
      });
      await this.failures.note(tx, endpoint, earliest(exhausted));
    }
    if (gone.length > 0) await this.states.disable(tx, endpoint, 'gone');
    tx.afterCommit(() => {
      this.metrics.ended('exhausted', exhausted.length);
      this.metrics.ended('gone', gone.length);
    });
  }
}

function earliest(operations: readonly OperationView[]): Date {
  return new Date(Math.min(...operations.map(({ createdAt }) => createdAt.getTime())));
}
