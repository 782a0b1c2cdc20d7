export { accountProblem, ENVIRONMENTS, HOSTS, type WebpayEnvironment } from './environment';
export { childVerdicts, isFinal, refundableOf, type Verdict, verdictOf } from './transaction-verdict';
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
