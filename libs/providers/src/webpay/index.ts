export {
  accountProblem,
  ENVIRONMENTS,
  HOSTS,
  keyProblem,
  PUBLISHED_ACCOUNTS,
  type WebpayEnvironment,
} from './environment';
export { isDebitOrPrepaid, isInstalments, PAYMENT_TYPES, type PaymentType, paymentTypeOf } from './payment-types';
export { DOCUMENTED_WINDOWS, isQueryable, type PaymentWindows } from './payment-windows';
export {
  type CaptureRefusal,
  type CaptureRuling,
  captureRuling,
  type PaidCharge,
  type RefundRefusal,
  type RefundRuling,
  refundRuling,
} from './refund-rules';
export { type ResponseLevel, type ResponseMeaning, responseMeaning } from './response-codes';
export {
  childVerdicts,
  isFinal,
  refundableOf,
  TRANSACTION_VERDICTS,
  type Verdict,
  verdictOf,
} from './transaction-verdict';
export { webpay } from './webpay.provider';
export { Webpay, WebpayProviderModule } from './webpay.module';
export {
  BuyOrder,
  type Captured,
  type Created,
  type Inscribed,
  MallTransaction,
  type Refunded,
  Token,
  Transaction,
  type TransactionStatus,
} from './webpay.schemas';
