import { Injectable } from '@nestjs/common';
import { PaymentLog } from './payment-log';
import { PaymentMetrics } from './payment-metrics';

/** Where an answer, or that there was none, is counted and told. */
@Injectable()
export class CheckReports {
  constructor(
    readonly log: PaymentLog,
    readonly metrics: PaymentMetrics,
  ) {}
}
