import { API, example, operation, REFERENCE, SETTLE_MS } from './operation-spec';
import {
  Captured,
  CaptureMallTransaction,
  Created,
  CreateMallTransaction,
  MallTransaction,
  Refunded,
  RefundMallTransaction,
  TokenRef,
} from './webpay.schemas';

const PATH = `${API.webpay}/transactions`;
const { mall } = example;
const child = { token: example.token, ...example.shop };

/** Webpay Plus Mall. */
export const mallOperations = {
  mallCreate: operation({
    summary: 'Opens a payment page for several shops of a mall at once. Nobody is charged by it.',
    descripcion: 'Abre la página de pago para varias tiendas de un mall; no cobra',
    endpoint: `POST ${PATH}`,
    documentation: REFERENCE.mall,
    effect: 'once',
    onUnknown: 'drop',
    policy: 'payment',
    input: CreateMallTransaction,
    output: Created,
    example: {
      input: {
        buyOrder: mall.buyOrder,
        sessionId: mall.sessionId,
        returnUrl: example.returnUrl,
        details: mall.details.map(({ commerceCode, buyOrder, amount }) => ({ commerceCode, buyOrder, amount })),
      },
      output: example.page,
    },
    run: (client, input, call) => client.mall.create(input, call),
  }),
  mallCommit: operation({
    summary: 'Charges what the payer has authorized, shop by shop: one may be paid and another not.',
    descripcion: 'Confirma el pago, tienda por tienda: una puede quedar pagada y otra no',
    endpoint: `PUT ${PATH}/{token}`,
    documentation: REFERENCE.mall,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.commit,
    policy: 'payment',
    input: TokenRef,
    output: MallTransaction,
    example: { input: { token: example.token }, output: { ...mall, details: [...mall.details] } },
    run: (client, input, call) => client.mall.commit(input, call),
    reconcile: (client, input, call) => client.mall.committed(input, call),
  }),
  mallStatus: operation({
    summary: 'Reads what became of each shop’s charge; for 7 days after it was created.',
    descripcion: 'Consulta una transacción de mall, hasta 7 días después de creada',
    endpoint: `GET ${PATH}/{token}`,
    documentation: REFERENCE.mall,
    effect: 'read',
    policy: 'payment',
    input: TokenRef,
    output: MallTransaction,
    example: { input: { token: example.token }, output: { ...mall, details: [...mall.details] } },
    run: (client, input, call) => client.mall.status(input, call),
  }),
  mallRefund: operation({
    summary: 'Gives back all or a part of one shop’s charge.',
    descripcion: 'Devuelve todo o una parte del cobro de una tienda',
    endpoint: `POST ${PATH}/{token}/refunds`,
    documentation: REFERENCE.mall,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.refund,
    policy: 'payment',
    input: RefundMallTransaction,
    output: Refunded,
    example: {
      input: { ...child, amount: 1_000, balanceBefore: 7_000 },
      output: { ...example.refunded, balance: 6_000 },
    },
    run: (client, input, call) => client.mall.refund(input, call),
    reconcile: (client, input, call) => client.mall.refunded(input, call),
  }),
  mallCapture: operation({
    summary: 'Takes the money of one shop’s deferred charge, once.',
    descripcion: 'Captura el cobro diferido de una tienda, una vez',
    endpoint: `PUT ${PATH}/{token}/capture`,
    documentation: REFERENCE.mall,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.capture,
    policy: 'payment',
    input: CaptureMallTransaction,
    output: Captured,
    example: { input: { ...child, authorizationCode: '1213', amount: 1_000 }, output: example.captured },
    run: (client, input, call) => client.mall.capture(input, call),
    reconcile: (client, input, call) => client.mall.captured(input, call),
  }),
};
