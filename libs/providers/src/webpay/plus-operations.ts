import { API, example, operation, REFERENCE, SETTLE_MS } from './operation-spec';
import {
  Captured,
  CaptureTransaction,
  Created,
  CreateTransaction,
  Refunded,
  RefundTransaction,
  TokenRef,
  Transaction,
} from './webpay.schemas';

const PATH = `${API.webpay}/transactions`;
const { transaction } = example;

/**
 * Webpay Plus. What moves money is internal: the flow `payments` keeps state, balance and rules that a call beside it
 * would not know of.
 */
export const plusOperations = {
  create: operation({
    summary: 'Opens a payment page for one attempt to pay. Nobody is charged by it.',
    descripcion: 'Abre la página de pago para un intento; no cobra',
    endpoint: `POST ${PATH}`,
    documentation: REFERENCE.plus,
    internal: true,
    effect: 'once',
    onUnknown: 'drop',
    policy: 'payment',
    input: CreateTransaction,
    output: Created,
    example: {
      input: {
        buyOrder: transaction.buyOrder,
        sessionId: transaction.sessionId,
        amount: 10_000,
        returnUrl: example.returnUrl,
      },
      output: example.page,
    },
    run: (client, input, call) => client.plus.create(input, call),
  }),
  commit: operation({
    summary: 'Charges what the payer has authorized. The one operation that takes money.',
    descripcion: 'Confirma el pago: es el cobro',
    endpoint: `PUT ${PATH}/{token}`,
    documentation: REFERENCE.plus,
    internal: true,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.commit,
    policy: 'payment',
    input: TokenRef,
    output: Transaction,
    example: { input: { token: example.token }, output: transaction },
    run: (client, input, call) => client.plus.commit(input, call),
    reconcile: (client, input, call) => client.plus.committed(input, call),
  }),
  status: operation({
    summary: 'Reads what became of a transaction; for 7 days after it was created.',
    descripcion: 'Consulta una transacción, hasta 7 días después de creada',
    endpoint: `GET ${PATH}/{token}`,
    documentation: REFERENCE.plus,
    effect: 'read',
    policy: 'payment',
    input: TokenRef,
    output: Transaction,
    example: { input: { token: example.token }, output: transaction },
    run: (client, input, call) => client.plus.status(input, call),
  }),
  refund: operation({
    summary: 'Gives back all or a part: a reversal within hours, a nullification later; Webpay decides which.',
    descripcion: 'Devuelve todo o una parte; Webpay decide si es reversa o anulación',
    endpoint: `POST ${PATH}/{token}/refunds`,
    documentation: REFERENCE.plus,
    internal: true,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.refund,
    policy: 'payment',
    input: RefundTransaction,
    output: Refunded,
    example: {
      input: { token: example.token, amount: 1_000, balanceBefore: 10_000 },
      output: example.refunded,
    },
    run: (client, input, call) => client.plus.refund(input, call),
    reconcile: (client, input, call) => client.plus.refunded(input, call),
  }),
  capture: operation({
    summary: 'Takes the money of a deferred transaction, once, at most what was authorized.',
    descripcion: 'Captura una transacción diferida, una vez y a lo más por lo autorizado',
    endpoint: `PUT ${PATH}/{token}/capture`,
    documentation: REFERENCE.plus,
    internal: true,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.capture,
    policy: 'payment',
    input: CaptureTransaction,
    output: Captured,
    example: {
      input: { token: example.token, buyOrder: transaction.buyOrder, authorizationCode: '1213', amount: 1_000 },
      output: example.captured,
    },
    run: (client, input, call) => client.plus.capture(input, call),
    reconcile: (client, input, call) => client.plus.captured(input, call),
  }),
};
