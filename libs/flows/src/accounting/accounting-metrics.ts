import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { EntryOrigin } from './entry-rows';

export type EntryResult = 'accepted' | 'repeated' | 'conflicted' | 'refused';

/** Counts of the flow. Labels are origins and results; never tenants, routes or amounts. */
@Injectable()
export class AccountingMetrics {
  private readonly entries;
  private readonly ends;

  constructor(metrics: Metrics) {
    this.entries = metrics.counter({
      name: 'puente_accounting_entries_total',
      help: 'What was to go into the books: accepted, a repeat, refused because its key has other contents, or unusable',
      labelNames: ['origin', 'result'],
    });
    this.ends = metrics.counter({
      name: 'puente_accounting_ends_total',
      help: 'How entries ended, by the state of their operation',
      labelNames: ['state'],
    });
  }

  came(origin: EntryOrigin, result: EntryResult): void {
    this.entries.inc({ origin, result });
  }

  ended(state: string): void {
    this.ends.inc({ state });
  }
}
