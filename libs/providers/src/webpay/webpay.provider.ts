import { defineProvider } from '@puente/integrations';
import { mallOperations } from './mall-operations';
import { oneclickOperations } from './oneclick-operations';
import { operation, REFERENCE } from './operation-spec';
import { plusOperations } from './plus-operations';
import { WebpayConnection } from './webpay-connection';
import { WebpayClient } from './webpay.client';
import { classifyWebpayError, webpayErrors } from './webpay.errors';
import { Access, CheckAccess, WebpayConfig, WebpaySecrets } from './webpay.schemas';

const START = 'https://www.transbankdevelopers.cl/documentacion/como_empezar';

/**
 * Webpay of Transbank: Webpay Plus, Webpay Plus Mall and Oneclick Mall, REST 1.2, over transbank-sdk 6.1.1. Money moves
 * at `commit` (of Oneclick at `oneclickAuthorize`); until then a created transaction costs nothing and expires.
 *
 * Webpay knows no idempotency key. Everything that moves money can be asked for afterwards instead, and is: an answer
 * that was lost, that cannot be read or that says "somebody else is at it" becomes a question to `status`.
 *
 * The model is `tenant`: with another's keys the money would go to another.
 */
export const webpay = defineProvider({
  meta: {
    id: 'webpay',
    code: 'INT-004',
    title: 'Webpay',
    vendor: 'Transbank',
    category: 'Pagos',
    inventoryType: 'pagos',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'Referencia de la API de Webpay', url: REFERENCE.plus },
      { title: 'Referencia de la API de Oneclick', url: REFERENCE.oneclick },
      { title: 'Webpay Plus: flujos de retorno', url: 'https://www.transbankdevelopers.cl/documentacion/webpay-plus' },
      { title: 'Webpay: códigos de respuesta y plazos', url: 'https://www.transbankdevelopers.cl/producto/webpay' },
      { title: 'Ambientes, credenciales y tarjetas de prueba; validación', url: START },
      { title: 'SDK de Node.js', url: 'https://github.com/TransbankDevelopers/transbank-sdk-nodejs' },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: WebpaySecrets,
    config: WebpayConfig,
    env: {
      apiKey: { variable: 'WEBPAY_API_KEY', descripcion: 'Llave secreta que entrega Transbank', required: true },
      commerceCode: {
        variable: 'WEBPAY_COMMERCE_CODE',
        descripcion: 'Código de comercio de 12 dígitos; de un mall, el del mall',
        required: true,
      },
      environment: {
        variable: 'WEBPAY_ENVIRONMENT',
        descripcion: 'Ambiente de Transbank al que pertenecen: integration o production',
        required: true,
      },
      host: {
        variable: 'WEBPAY_HOST',
        descripcion: 'Dirección distinta de la de Transbank: https en internet, o en una red que el operador permite',
        required: false,
      },
      product: {
        variable: 'WEBPAY_PRODUCT',
        descripcion: 'Producto del código de comercio: plus (si no se declara), mall u oneclick',
        required: false,
      },
      childCommerceCodes: {
        variable: 'WEBPAY_CHILD_COMMERCE_CODES',
        descripcion: 'Tiendas del mall o de Oneclick a las que se puede cobrar; sin la lista, cualquiera',
        required: false,
      },
    },
    rotateEveryDays: 90,
    rebindOn: ['environment', 'commerceCode', 'host'],
  },
  connect: (secrets, config, { egress }) => new WebpayClient(new WebpayConnection(secrets, config, egress)),
  disconnect: (client: WebpayClient) => {
    client.close();
  },
  operations: () => ({
    ...plusOperations,
    ...mallOperations,
    ...oneclickOperations,
    checkAccess: operation({
      summary: 'Asks for a transaction that does not exist: only who has the right key is told so.',
      descripcion: 'Prueba las credenciales preguntando por una transacción que no existe',
      endpoint: 'GET /rswebpaytransaction/api/{webpay|oneclick}/v1.2/transactions/{inexistente}',
      documentation: REFERENCE.plus,
      effect: 'read',
      policy: 'interactive',
      input: CheckAccess,
      output: Access,
      example: { input: {}, output: { answer: 'Invalid value for parameter: transaction not found' } },
      run: (client, _input, call) => client.checkAccess(call),
    }),
  }),
  probe: { operation: 'checkAccess', input: () => ({}) },
  classify: classifyWebpayError,
  limits: [
    {
      limite: 'Reintentos con la misma tarjeta Mastercard en 24 horas (Visa: 15 en 30 días)',
      quota: 7,
      windowMs: 24 * 3_600_000,
      per: 'credential',
      accion:
        'Cola de espera del pagador, no de Puente: el emisor rechaza (código -11 del nivel 2) y se paga con otra tarjeta',
      operations: [], // payers' cards, which are not ours to count
    },
  ],
  errors: webpayErrors,
  fallbacks: [
    'Si se pierde la respuesta de una confirmación, devolución, captura o cobro, no se repite ni se da por fallida: se pregunta a Webpay con `status` y decide su respuesta; lo que Webpay no puede aclarar espera la revisión de una persona.',
    'Si se pierde la respuesta de una creación, se descarta (no cobra a nadie) y el intento siguiente usa otra orden de compra.',
    'Si las credenciales fallan, el carril se pausa, los pagos pendientes siguen pendientes y continúan cuando se corrigen.',
    'Si Webpay no responde, el pago queda pendiente y se sigue preguntando durante 7 días.',
  ],
});
