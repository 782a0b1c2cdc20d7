import { defineProvider } from '@puente/integrations';
import { WebhooksClient } from './webhooks.client';
import { classifyWebhookError, webhooksErrors } from './webhooks.errors';
import { Deliver, Delivered, Ping, WebhookConfig, WebhookSecrets } from './webhooks.schemas';

const SPECIFICATION = 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md';

/**
 * Signed messages to our customers' own servers, as Standard Webhooks says. Each endpoint is an integration of its own,
 * named by its id: its credentials are its signing secrets, its lane is its circuit, and it delays nobody else.
 *
 * A delivery is idempotent by its message id, for ever: the receiver knows a repeat by `webhook-id`. It ends without a
 * person, sent or dropped, because thousands of them may end at once, and because whoever published the event can
 * deliver it again.
 *
 * Probing sends a `ping` to a server that belongs to somebody else, so it is done when somebody asks for it and not when
 * an endpoint is saved: its receiver may be built later.
 */
export const webhooks = defineProvider({
  meta: {
    id: 'webhooks',
    code: 'INT-011',
    title: 'Webhooks de clientes',
    vendor: 'Standard Webhooks',
    category: 'Notificaciones',
    inventoryType: 'webhooks',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'Especificación de Standard Webhooks', url: SPECIFICATION },
      { title: 'Standard Webhooks', url: 'https://www.standardwebhooks.com' },
      { title: 'Retry-After (RFC 9110)', url: 'https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after' },
      { title: 'Claves ed25519 en JWK (RFC 8037)', url: 'https://www.rfc-editor.org/rfc/rfc8037.html' },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: WebhookSecrets,
    config: WebhookConfig,
    env: {
      signing: {
        variable: 'WEBHOOKS_SIGNING',
        descripcion:
          'Secretos con los que se firma: `whsec_` (HMAC-SHA256) o `whsk_` (ed25519), varios durante una rotación',
        required: true,
      },
      headers: {
        variable: 'WEBHOOKS_HEADERS',
        descripcion: 'Valores de las cabeceras propias del receptor',
        required: false,
      },
      url: { variable: 'WEBHOOKS_URL', descripcion: 'Dirección del receptor', required: true },
      headerNames: {
        variable: 'WEBHOOKS_HEADER_NAMES',
        descripcion: 'Nombres de las cabeceras propias del receptor',
        required: false,
      },
      ratePerSecond: {
        variable: 'WEBHOOKS_RATE_PER_SECOND',
        descripcion: 'Máximo de entregas por segundo; sin él no hay límite',
        required: false,
      },
      timeoutSeconds: {
        variable: 'WEBHOOKS_TIMEOUT_SECONDS',
        descripcion: 'Segundos que puede tardar una respuesta, cuerpo incluido, de 1 a 20; sin valor, 20',
        required: false,
      },
    },
    rotateEveryDays: 90,
    rebindOn: ['url'],
    boundSecrets: ['headers'],
  },
  connect: (secrets, config, { egress }) => new WebhooksClient(secrets, config, egress),
  disconnect: (client: WebhooksClient) => {
    client.close();
  },
  operations: (operation) => ({
    deliver: operation({
      summary: 'Posts a signed message to the endpoint.',
      descripcion: 'Entrega un mensaje firmado al endpoint',
      endpoint: 'POST {url}',
      documentation: SPECIFICATION,
      internal: true,
      effect: 'idempotent',
      onUnknown: 'drop',
      policy: 'webhook',
      input: Deliver,
      output: Delivered,
      example: {
        input: {
          messageId: 'msg_019aa1b2-7c00-7000-8000-000000000001',
          body: '{"type":"abono","timestamp":"2026-11-23T12:00:00.000Z","data":{"transaction_id":123}}',
          eventType: 'abono',
        },
        output: { status: 200, excerpt: '{"received":true}' },
      },
      run: (client: WebhooksClient, input, call) => client.deliver(input, call),
    }),
    ping: operation({
      summary: 'Posts a signed test event of the type ping to the endpoint.',
      descripcion: 'Entrega un evento de prueba firmado, de tipo ping',
      endpoint: 'POST {url}',
      documentation: SPECIFICATION,
      internal: true,
      effect: 'read',
      policy: 'webhook',
      input: Ping,
      output: Delivered,
      example: { input: {}, output: { status: 204 } },
      run: (client, _input, call) => client.ping(call),
    }),
  }),
  probe: { operation: 'ping', input: () => ({}), beforeUse: false },
  monitoring: { receivers: true },
  managed: { by: '/v1/webhook-endpoints' },
  classify: classifyWebhookError,
  limits: [
    {
      limite: 'Entregas por segundo y endpoint (`ratePerSecond`); sin valor no hay límite',
      quota: 1_000,
      quotaOf: ({ ratePerSecond }) => ratePerSecond,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Cola de espera',
      operations: ['deliver'],
      headers: false,
    },
  ],
  errors: webhooksErrors,
  fallbacks: [
    'Si el receptor no responde con 2xx, la entrega queda en el libro de operaciones y se repite según el calendario (11 intentos en unas 76 horas) con el mismo `webhook-id`.',
    'Si un endpoint falla seguido, su circuito se abre y solo él espera; los demás endpoints siguen.',
    'Una entrega que agota el calendario termina sin revisión de una persona y se puede repetir.',
  ],
});
