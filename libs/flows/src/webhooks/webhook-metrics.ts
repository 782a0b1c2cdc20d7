import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { EventOrigin } from './event-rows';
import type { PublishedEvent } from './event-planning';

/** Counts of the flow. Labels are states and origins; never tenants, endpoints or event types. */
@Injectable()
export class WebhookMetrics {
  private readonly events;
  private readonly deliveries;

  constructor(metrics: Metrics) {
    this.events = metrics.counter({
      name: 'puente_webhook_events_total',
      help: 'Events that were published, by where they came from: taken, without an endpoint, or a repeat of one',
      labelNames: ['origin', 'result'],
    });
    this.deliveries = metrics.counter({
      name: 'puente_webhook_deliveries_total',
      help: 'Deliveries of events: accepted, held for a disabled endpoint, or replayed; and how they ended badly',
      labelNames: ['state'],
    });
  }

  published(origin: EventOrigin, { deliveries, held, replayed }: Omit<PublishedEvent, 'id'>): void {
    const result = replayed ? 'repeated' : deliveries === 0 ? 'unheard' : 'taken';
    this.events.inc({ origin, result });
    if (replayed) return;
    if (deliveries > held) this.deliveries.inc({ state: 'accepted' }, deliveries - held);
    if (held > 0) this.deliveries.inc({ state: 'held' }, held);
  }

  replayed(deliveries: number): void {
    if (deliveries > 0) this.deliveries.inc({ state: 'replayed' }, deliveries);
  }

  ended(state: 'exhausted' | 'gone', deliveries: number): void {
    this.deliveries.inc({ state }, deliveries);
  }
}
