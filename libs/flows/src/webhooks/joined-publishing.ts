import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { JoinedAccept } from '@puente/ledger';
import type { DeliveryOptions } from './delivery-operations';
import { EventPlanning, type NewEvent, type PlannedEvent, wantedBy } from './event-planning';
import { findTargets, insertDeliveries, insertEvents, type Target } from './event-rows';
import { WebhookMetrics } from './webhook-metrics';

/**
 * Publishing in a transaction that is open already: events that follow from something that is written there, and exist
 * if and only if it does. Slower than EventPublisher, since it looks and seals while the transaction waits.
 */
@Injectable()
export class JoinedPublishing {
  constructor(
    private readonly planning: EventPlanning,
    private readonly accept: JoinedAccept,
    private readonly metrics: WebhookMetrics,
  ) {}

  /** In the order given. Those whose event id was used before are left out. @returns what was written */
  async publish(tx: TenantTransaction, events: readonly NewEvent[]): Promise<readonly PlannedEvent[]> {
    if (events.length === 0) return [];
    const targets = await findTargets(tx, events.map(wantedBy));
    const planned = await Promise.all(events.map((event, at) => this.planning.plan(event, targets[at] ?? [])));
    return this.write(tx, planned);
  }

  /** To one endpoint, whatever it subscribed to. */
  async publishTo(
    tx: TenantTransaction,
    event: NewEvent,
    target: Target,
    options: DeliveryOptions,
  ): Promise<PlannedEvent> {
    const planned = await this.planning.plan(event, [target], options);
    await this.write(tx, [planned]);
    return planned;
  }

  private async write(tx: TenantTransaction, planned: readonly PlannedEvent[]): Promise<readonly PlannedEvent[]> {
    const fresh = await insertEvents(tx, planned.map(({ row }) => row)); // prettier-ignore
    const written = planned.filter(({ row }) => fresh.has(row.id));
    const operations = written.map((each) => each.operations);
    await this.accept.write(tx, operations);
    await insertDeliveries(tx, written.flatMap(({ deliveries }) => deliveries)); // prettier-ignore
    tx.afterCommit(() => {
      this.accept.announce(operations);
      for (const { row } of written) this.metrics.published(row.origin, { ...row, replayed: false });
    });
    return written;
  }
}
