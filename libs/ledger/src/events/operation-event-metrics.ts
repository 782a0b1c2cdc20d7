import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { Counter, Gauge } from 'prom-client';

/** How deliveries of operation events go, by consumer: they are few, and named in the code. */
@Injectable()
export class OperationEventMetrics {
  private readonly total: Counter<'consumer' | 'result'>;
  private readonly pending: Gauge<'consumer'>;
  private readonly oldest: Gauge<'consumer'>;

  constructor(metrics: Metrics) {
    this.total = metrics.counter({
      name: 'puente_operation_events_total',
      help: 'Operation events handed to consumers: delivered, or failed and tried again later.',
      labelNames: ['consumer', 'result'],
    });
    this.pending = metrics.gauge({
      name: 'puente_operation_events_pending',
      help: 'Operation events that are not delivered yet.',
      labelNames: ['consumer'],
    });
    this.oldest = metrics.gauge({
      name: 'puente_operation_events_oldest_seconds',
      help: 'Age of the oldest operation event that is not delivered yet, in seconds.',
      labelNames: ['consumer'],
    });
  }

  delivered(consumer: string, events: number): void {
    this.total.inc({ consumer, result: 'delivered' }, events);
  }

  failed(consumer: string): void {
    this.total.inc({ consumer, result: 'failed' });
  }

  /** @param consumers those whose queue may have become empty */
  depths(
    rows: readonly { readonly consumer: string; readonly depth: number; readonly oldest_s: number }[],
    consumers: readonly string[],
  ): void {
    for (const consumer of new Set([...consumers, ...rows.map((row) => row.consumer)])) {
      const row = rows.find((each) => each.consumer === consumer);
      this.pending.set({ consumer }, row?.depth ?? 0);
      this.oldest.set({ consumer }, row?.oldest_s ?? 0);
    }
  }
}
