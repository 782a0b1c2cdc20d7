import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { MqttProviderModule } from '@puente/providers/mqtt';
import { SmtpProviderModule } from '@puente/providers/smtp';
import { BrokerIntake } from './broker-intake';
import { BrokerSubscriptions } from './broker-subscriptions';
import { Fixtures } from './fixtures';
import { PurchaseOperations } from './purchase-operations';
import { PurchasePayments } from './purchase-payments';
import { PurchaseRequests } from './purchase-requests';
import { PurchaseSettings } from './purchase-settings';
import { RequestDecisions } from './request-decisions';
import { RequestExpiry } from './request-expiry';
import { RequestOutcomes } from './request-outcomes';
import { RequestPayments } from './request-payments.port';
import { RequestSent } from './request-sent';
import { Wallets } from './wallets';

export interface PurchasesSetup {
  /** Who handles payments: the module that exports it, and the class. */
  readonly payments: { readonly module: Type | DynamicModule; readonly port: Type<RequestPayments> };
}

/**
 * What becomes of requests. Apart from the rest, because the payments flow tells it what became of a payment
 * (RequestOutcomes is bound to its port `PaymentListener`), and the rest needs the payments flow.
 */
@Module({
  imports: [MqttProviderModule, SmtpProviderModule],
  providers: [RequestOutcomes, RequestDecisions, PurchaseOperations, PurchaseSettings],
  exports: [RequestOutcomes, RequestDecisions, PurchaseOperations, PurchaseSettings],
})
export class RequestOutcomesModule {}

const RECORDS = [PurchaseRequests, Fixtures, Wallets, BrokerIntake, BrokerSubscriptions, RequestExpiry];

/**
 * The purchases flow (SYSTEMS S2.0 to S2.5, S2.8, S2.11) without opening payments: what a worker needs of it.
 *
 * Needs, from global modules: the configuration, the database, tenancy, the ledger and integrations.
 */
@Module({
  imports: [RequestOutcomesModule],
  providers: [...RECORDS, RequestSent],
  exports: [...RECORDS, RequestOutcomesModule],
})
export class PurchaseRecordsModule {}

/** The whole flow, for the api: with S2.6 and S2.7. */
@Module({})
export class PurchasesModule {
  static forRoot({ payments }: PurchasesSetup): DynamicModule {
    return {
      module: PurchasesModule,
      imports: [PurchaseRecordsModule, payments.module],
      providers: [PurchasePayments, { provide: RequestPayments, useExisting: payments.port }],
      exports: [PurchasePayments, PurchaseRecordsModule],
    };
  }
}
