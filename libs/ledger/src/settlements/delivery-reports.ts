import { Injectable } from '@nestjs/common';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { OperationViews } from '../reading/operation-views';

/** What a delivery needs beside the two databases: the view it hands over, and where a failure is counted and told. */
@Injectable()
export class DeliveryReports {
  constructor(
    readonly views: OperationViews,
    readonly settings: LedgerSettings,
    readonly time: LedgerTime,
    readonly log: LedgerLog,
    private readonly metrics: LedgerMetrics,
  ) {}

  failed(fields: Parameters<LedgerLog['deliveryFailed']>[0], error: unknown): void {
    this.metrics.deliveryFailed();
    this.log.deliveryFailed(fields, error);
  }
}
