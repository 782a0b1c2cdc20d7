export { BrokerIntake } from './broker-intake';
export { BrokerSubscriptions } from './broker-subscriptions';
export { type Fixture, Fixtures } from './fixtures';
export { requestMessage, wireId } from './broker-messages';
export { PurchasePayments } from './purchase-payments';
export { PurchaseRequests, type RequestPage } from './purchase-requests';
export { PurchaseSettings, type ShopSettings } from './purchase-settings';
export { PurchaseRecordsModule, PurchasesModule, type PurchasesSetup, RequestOutcomesModule } from './purchases.module';
export * from './purchases.errors';
export {
  FixtureBody,
  PurchaseRequestBody,
  PurchaseSettingsBody,
  REQUEST_STATUSES,
  ShopUserBody,
  TopUpBody,
  ValidationBody,
  clp,
  shopId,
} from './purchases.schemas';
export { RequestExpiry } from './request-expiry';
export { RequestOutcomes, type RequestPaymentOutcome } from './request-outcomes';
export {
  type OpenedPayment,
  type PayerReturn,
  type PaymentOrder,
  RequestPayments,
  type ReturnedRequest,
} from './request-payments.port';
export type { PurchaseRequest } from './request-rows';
export { type ShopUser, Wallets } from './wallets';
