import { Injectable } from '@nestjs/common';
import { OperationEventRegistry } from '../events/operation-event-registry';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerLog } from '../ledger.log';
import type { OperationState } from '../operation';
import { LaneMetrics } from './lane-metrics';

/** An operation that was taken from its worker, as it is now. */
export interface Swept {
  readonly id: string;
  readonly tenant_id: string;
  readonly order_key: string | null;
  readonly subscriber: string | null;
  readonly state: OperationState;
  readonly crashes: number;
}

/** Where a sweep is counted and written down, and who hears of it. */
@Injectable()
export class SweepReports {
  constructor(
    readonly metrics: LedgerMetrics,
    readonly log: LedgerLog,
    readonly lanes: LaneMetrics,
    readonly events: OperationEventRegistry,
  ) {}

  swept({ id: operationId, tenant_id: tenantId, state, crashes }: Swept): void {
    this.metrics.swept(state);
    this.log.operationSwept({ operationId, tenantId, state, crashes });
  }
}
