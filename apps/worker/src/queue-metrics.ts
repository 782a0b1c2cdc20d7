import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import { QueueGauges, type QueueReading } from '@puente/queue';

/** Age, depth and dead letters of every queue at /metrics (S1.6). `queue` is `<account>/<name>`; there are as many as bindings. */
@Injectable()
export class QueueMetrics extends QueueGauges {
  private readonly gauges;

  constructor(metrics: Metrics) {
    super();
    const gauge = (name: string, help: string) =>
      metrics.gauge({ name: `puente_queue_${name}`, help, labelNames: ['queue'] });
    this.gauges = {
      depth: gauge('depth', 'Messages waiting in the queue'),
      inFlight: gauge('in_flight', 'Messages received and not yet deleted'),
      delayed: gauge('delayed', 'Messages that are not visible yet'),
      deadLetters: gauge('dead_letters', 'Messages in the dead-letter queue'),
      oldestAgeSeconds: gauge(
        'oldest_message_age_seconds',
        'Age of the oldest message of the last batch; 0 after an empty poll, unchanged while polling is stopped',
      ),
      received: gauge('received', 'Messages received since this process started'),
      buried: gauge('buried', 'Messages moved to the dead-letter queue since this process started'),
    };
  }

  show(readings: readonly QueueReading[]): void {
    for (const gauge of Object.values(this.gauges)) gauge.reset(); // a queue that is gone leaves no stale value behind
    for (const reading of readings) {
      const queue = reading.queueUrl.split('/').slice(-2).join('/');
      for (const [name, gauge] of Object.entries(this.gauges))
        gauge.set({ queue }, reading[name as keyof QueueMetrics['gauges']]);
    }
  }
}
