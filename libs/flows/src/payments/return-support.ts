import { Injectable } from '@nestjs/common';
import { PaymentLog } from './payment-log';
import { PaymentMetrics } from './payment-metrics';
import { PaymentMoves } from './payment-moves';
import { PaymentSettings } from './payment-settings';

/** What a return needs beside its two questions to Webpay. */
@Injectable()
export class ReturnSupport {
  constructor(
    readonly settings: PaymentSettings,
    readonly moves: PaymentMoves,
    readonly log: PaymentLog,
    readonly metrics: PaymentMetrics,
  ) {}
}
