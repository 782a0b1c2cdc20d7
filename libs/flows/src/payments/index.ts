export { type EvidenceHead, evidencePdf } from './evidence-pdf';
export type { PaymentView } from './payment';
export { PaymentCaptures } from './payment-captures';
export type { PaymentEventView } from './payment-history';
export { type PaymentDetail, PaymentList, type PaymentPage } from './payment-list';
export { NoPaymentListener, PaymentListener, type PaymentOutcome } from './payment-listener.port';
export { PaymentReconciler } from './payment-reconciler';
export { PaymentRefunds, type WantedRefund } from './payment-refunds';
export {
  type Conciliation,
  conciliationCsv,
  type ConciliationLine,
  evidenceCsv,
  type EvidenceLine,
  PaymentReports,
} from './payment-reports';
export { PaymentRetention } from './payment-retention';
export { PaymentReviews } from './payment-reviews';
export type { PaymentFilter } from './payment-rows';
export type { StartPayment } from './payment-start';
export { PAYMENT_STATES, type PaymentState } from './payment-states';
export { PaymentsFlow, type ReturnedPayment, type StartedPayment } from './payments-flow';
export * from './payments.errors';
export { PaymentsModule, type PaymentsSetup } from './payments.module';
export { CaptureBody, Pesos, RefundBody, ResolvePaymentBody, StartPaymentBody } from './payments.schemas';
export type { RefundRow, RefundState } from './refund-rows';
export { classifyReturn, type Returned, type ReturnParams } from './return-params';
