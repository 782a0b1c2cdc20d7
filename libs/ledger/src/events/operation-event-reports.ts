import { Injectable } from '@nestjs/common';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { OperationViews } from '../reading/operation-views';
import { OperationEventMetrics } from './operation-event-metrics';

/** What the pump needs beside the two databases: the view it hands over, and where deliveries are counted and told. */
@Injectable()
export class OperationEventReports {
  constructor(
    readonly views: OperationViews,
    readonly settings: LedgerSettings,
    readonly time: LedgerTime,
    readonly log: LedgerLog,
    readonly metrics: OperationEventMetrics,
  ) {}

  delivered(consumer: string, events: number): void {
    if (events > 0) this.metrics.delivered(consumer, events);
  }

  failed(fields: Parameters<LedgerLog['eventUndelivered']>[0], error: unknown): void {
    this.metrics.failed(fields.consumer);
    this.log.eventUndelivered(fields, error);
  }
}
