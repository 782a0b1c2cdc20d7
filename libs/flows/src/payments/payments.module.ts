import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { WebpayProviderModule } from '@puente/providers/webpay';
import { AutomaticRefunds } from './automatic-refunds';
import { CaptureOutcomes } from './capture-outcomes';
import { CheckReports } from './check-reports';
import { CommitOutcomes } from './commit-outcomes';
import { CreateOutcomes } from './create-outcomes';
import { PaymentCaptures } from './payment-captures';
import { PaymentChecks } from './payment-checks';
import { PaymentCommits } from './payment-commits';
import { PaymentList } from './payment-list';
import { NoPaymentListener, PaymentListener } from './payment-listener.port';
import { PaymentLog } from './payment-log';
import { PaymentMetrics } from './payment-metrics';
import { PaymentMoves } from './payment-moves';
import { PaymentOperations } from './payment-operations';
import { PaymentEndings } from './payment-endings';
import { PaymentReconciler } from './payment-reconciler';
import { PaymentRefunds } from './payment-refunds';
import { PaymentReports } from './payment-reports';
import { PaymentRetention } from './payment-retention';
import { PaymentReturns } from './payment-returns';
import { PaymentReviews } from './payment-reviews';
import { PaymentSettings } from './payment-settings';
import { PaymentSettlements } from './payment-settlements';
import { PaymentStart } from './payment-start';
import { PaymentVerdicts } from './payment-verdicts';
import { PaymentsFlow } from './payments-flow';
import { RefundOutcomes } from './refund-outcomes';
import { RefundSupport } from './refund-support';
import { ReturnSupport } from './return-support';
import { StartSupport } from './start-support';

/** What apps inject. */
const OPEN = [
  ...[PaymentsFlow, PaymentList, PaymentRefunds, PaymentCaptures, PaymentReviews, PaymentReports],
  ...[PaymentReconciler, PaymentRetention],
];

/** What only the flow itself uses. */
const INNER = [
  ...[PaymentSettings, PaymentLog, PaymentMetrics, PaymentOperations, PaymentMoves, PaymentVerdicts],
  ...[PaymentStart, StartSupport, PaymentReturns, ReturnSupport, PaymentCommits, PaymentChecks, CheckReports],
  ...[CreateOutcomes, CommitOutcomes, CaptureOutcomes, RefundOutcomes, PaymentSettlements],
  ...[PaymentEndings, AutomaticRefunds, RefundSupport],
];

export interface PaymentsSetup {
  /** Who hears what becomes of payments: a class that fits, and the module that exports it. Left out: nobody. */
  readonly listener?: { readonly module: Type | DynamicModule; readonly port: Type<PaymentListener> } | undefined;
}

/**
 * The payments flow: money that is never guessed. The api uses PaymentsFlow and what is for people; the worker also calls
 * PaymentReconciler. Every process that serves payments or settles operations needs it, with the same listener.
 *
 * Needs, from global modules: the configuration, the database, tenancy, the ledger and integrations.
 */
@Module({})
export class PaymentsModule {
  static forRoot({ listener }: PaymentsSetup = {}): DynamicModule {
    return {
      module: PaymentsModule,
      imports: [WebpayProviderModule, ...(listener ? [listener.module] : [])],
      providers: [
        ...OPEN,
        ...INNER,
        listener
          ? { provide: PaymentListener, useExisting: listener.port }
          : { provide: PaymentListener, useClass: NoPaymentListener },
      ],
      exports: OPEN,
    };
  }
}
