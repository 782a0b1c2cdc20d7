import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { Counter } from 'prom-client';

/** What goes through the dispatch queue. */
@Injectable()
export class NoteMetrics {
  private readonly notes: Counter<'event'>;

  constructor(metrics: Metrics) {
    this.notes = metrics.counter({
      name: 'puente_dispatch_notes_total',
      help: 'Messages of the dispatch queue sent, not taken and received; operations announced once more.',
      labelNames: ['event'],
    });
  }

  count(event: 'sent' | 'unsent' | 'resent' | 'received', n: number): void {
    if (n > 0) this.notes.inc({ event }, n);
  }
}
