import { API, example, operation, REFERENCE, SETTLE_MS } from './operation-spec';
import {
  AuthorizeCharge,
  Captured,
  CaptureCharge,
  ChargeRef,
  Created,
  Deleted,
  DeleteInscription,
  Inscribed,
  MallTransaction,
  RefundCharge,
  Refunded,
  StartInscription,
  TokenRef,
} from './webpay.schemas';

const documentation = REFERENCE.oneclick;
const username = 'user-8f14e45f';
const tbkUser = 'b6bd6ba3-e718-4107-9386-d2b099a8dd42';
const { sessionId: _none, ...charge } = example.mall;
const [first] = charge.details;
const child = { buyOrder: charge.buyOrder, ...example.shop };

/** From the payer's return. Afterwards Transbank deletes the inscription. https://www.transbankdevelopers.cl/documentacion/oneclick */
const FINISH_WITHIN_MS = 60_000;

/**
 * Oneclick Mall: inscriptions. A lost answer charges nobody; at worst the card is inscribed again. Whether a second
 * finish gets the same answer or a refusal is written nowhere: it is tried, because only the answer names the card.
 */
const inscriptionOperations = {
  oneclickStart: operation({
    summary: 'Opens a page on which somebody inscribes a card. Nobody is charged by it.',
    descripcion: 'Abre la página para inscribir una tarjeta; no cobra',
    endpoint: `POST ${API.oneclick}/inscriptions`,
    documentation,
    effect: 'once',
    onUnknown: 'drop',
    policy: 'payment',
    input: StartInscription,
    output: Created,
    example: {
      input: { username, email: 'maria@example.cl', responseUrl: example.returnUrl },
      output: { ...example.page, url: 'https://webpay3gint.transbank.cl/webpayserver/bp_multicode_inscription.cgi' },
    },
    run: (client, input, call) => client.oneclick.start(input, call),
  }),
  oneclickFinish: operation({
    summary: 'Ends an inscription, at most 60 seconds after the return; its tbkUser names the card from then on.',
    descripcion: 'Termina la inscripción, a lo más 60 segundos después del retorno; entrega el `tbkUser`',
    endpoint: `PUT ${API.oneclick}/inscriptions/{token}`,
    documentation,
    effect: 'idempotent',
    idempotentForMs: FINISH_WITHIN_MS,
    onUnknown: 'drop',
    policy: 'payment',
    input: TokenRef,
    output: Inscribed,
    example: {
      input: { token: example.token },
      output: {
        responseCode: 0,
        tbkUser,
        authorizationCode: '123456',
        cardType: 'Visa',
        cardNumber: 'XXXXXXXXXXXX6623',
      },
    },
    run: (client, input, call) => client.oneclick.finish(input, call),
  }),
  oneclickDelete: operation({
    summary: 'Forgets an inscribed card. Safe to repeat.',
    descripcion: 'Elimina la inscripción de una tarjeta',
    endpoint: `DELETE ${API.oneclick}/inscriptions`,
    documentation,
    effect: 'idempotent',
    policy: 'payment',
    input: DeleteInscription,
    output: Deleted,
    example: { input: { tbkUser, username }, output: { deleted: true } },
    run: (client, input, call) => client.oneclick.delete(input, call),
  }),
};

/** Oneclick Mall: charges. */
export const oneclickOperations = {
  ...inscriptionOperations,
  oneclickAuthorize: operation({
    summary: 'Charges an inscribed card for one or more shops, without its payer.',
    descripcion: 'Cobra a una tarjeta inscrita, para una o más tiendas',
    endpoint: `POST ${API.oneclick}/transactions`,
    documentation,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.charge,
    policy: 'payment',
    input: AuthorizeCharge,
    output: MallTransaction,
    example: {
      input: {
        ...{ username, tbkUser, buyOrder: charge.buyOrder },
        details: [
          { commerceCode: first.commerceCode, buyOrder: first.buyOrder, amount: first.amount, installmentsNumber: 1 },
        ],
      },
      output: { ...charge, details: [first] },
    },
    run: (client, input, call) => client.oneclick.authorize(input, call),
    reconcile: (client, input, call) => client.oneclick.authorized(input, call),
  }),
  oneclickStatus: operation({
    summary: 'Reads what became of a charge, by its buy order; for 7 days.',
    descripcion: 'Consulta un cobro por su orden de compra, hasta 7 días',
    endpoint: `GET ${API.oneclick}/transactions/{buyOrder}`,
    documentation,
    effect: 'read',
    policy: 'payment',
    input: ChargeRef,
    output: MallTransaction,
    example: { input: { buyOrder: charge.buyOrder }, output: { ...charge, details: [first] } },
    run: (client, input, call) => client.oneclick.status(input, call),
  }),
  oneclickRefund: operation({
    summary: 'Gives back all or a part of one shop’s charge.',
    descripcion: 'Devuelve todo o una parte del cobro de una tienda',
    endpoint: `POST ${API.oneclick}/transactions/{buyOrder}/refunds`,
    documentation,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.refund,
    policy: 'payment',
    input: RefundCharge,
    output: Refunded,
    example: {
      input: { ...child, amount: 1_000, balanceBefore: 7_000 },
      output: { ...example.refunded, balance: 6_000 },
    },
    run: (client, input, call) => client.oneclick.refund(input, call),
    reconcile: (client, input, call) => client.oneclick.refunded(input, call),
  }),
  oneclickCapture: operation({
    summary: 'Takes the money of one shop’s deferred charge, once.',
    descripcion: 'Captura el cobro diferido de una tienda, una vez',
    endpoint: `PUT ${API.oneclick}/transactions/capture`,
    documentation,
    effect: 'reconcilable',
    settleMs: SETTLE_MS.capture,
    policy: 'payment',
    input: CaptureCharge,
    output: Captured,
    example: { input: { ...child, authorizationCode: '1213', amount: 1_000 }, output: example.captured },
    run: (client, input, call) => client.oneclick.capture(input, call),
    reconcile: (client, input, call) => client.oneclick.captured(input, call),
  }),
};
