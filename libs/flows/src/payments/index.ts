export { NoPaymentListener, PaymentListener, type PaymentOutcome } from './payment-listener.port';
export { PAYMENT_STATES, type PaymentState } from './payment-states';
export { classifyReturn, type Returned, type ReturnParams } from './return-params';
