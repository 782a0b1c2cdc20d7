import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { PaymentState } from './payment-states';

/** Counts of the flow. Labels are states and outcomes; never tenants, orders or amounts. */
@Injectable()
export class PaymentMetrics {
  private readonly payments;
  private readonly returns;
  private readonly checks;
  private readonly refunds;

  constructor(metrics: Metrics) {
    this.payments = metrics.counter({
      name: 'puente_payments_total',
      help: 'Payments by the state they came to',
      labelNames: ['state'],
    });
    this.returns = metrics.counter({
      name: 'puente_payment_returns_total',
      help: 'Payers who came back from the form, by how: normal, recovered, aborted, timeout or invalid',
      labelNames: ['kind'],
    });
    this.checks = metrics.counter({
      name: 'puente_payment_checks_total',
      help: 'Questions about the status of a payment, by the answer: a verdict, or unread',
      labelNames: ['verdict'],
    });
    this.refunds = metrics.counter({
      name: 'puente_payment_refunds_total',
      help: 'Refunds by the state they came to',
      labelNames: ['state'],
    });
  }

  became(state: PaymentState): void {
    this.payments.inc({ state });
  }

  returned(kind: string): void {
    this.returns.inc({ kind });
  }

  checked(verdict: string): void {
    this.checks.inc({ verdict });
  }

  refund(state: string): void {
    this.refunds.inc({ state });
  }
}
