import { awsCredentialEnv, AwsConnection, defineProvider } from '@puente/integrations';
import { SnsClient } from './sns.client';
import { classifySnsError, snsErrors } from './sns.errors';
import {
  Access,
  CheckAccess,
  GetTopicAttributes,
  ListSubscriptions,
  Publish,
  PublishBatch,
  PublishSms,
  Published,
  PublishedBatch,
  SnsConfig,
  SnsSecrets,
  Subscribe,
  Subscribed,
  Subscriptions,
  TopicAttributes,
  isFifo,
} from './sns.schemas';

const API = 'https://docs.aws.amazon.com/sns/latest/api';
const GUIDE = 'https://docs.aws.amazon.com/sns/latest/dg';

/** How long a FIFO topic knows a deduplication id again: `API_Publish`, MessageDeduplicationId. */
const DEDUPLICATION_MS = 5 * 60_000;
/** Listings of subscriptions follow a change with a delay. */
const SUBSCRIBE_SETTLE_MS = 10_000;

/** SNS counts messages, however many a request brings. */
const messagesOf = (input: Publish | PublishBatch): number => ('entries' in input ? input.entries.length : 1);

const topicArn = 'arn:aws:sns:us-east-1:123456789012:orders';
const subscriptionArn = `${topicArn}:8a21d249-4329-4871-acc6-7be709c6ea7f`;
const messageId = '567910cd-659e-55d4-8ccb-5aaf14679dc0';

const effectOf = (input: { readonly topicArn: string }): 'idempotent' | 'once' =>
  isFifo(input.topicArn) ? 'idempotent' : 'once';

/**
 * Amazon SNS. Publishing to a FIFO topic may be repeated for five minutes: SNS knows our id again. Publishing to a
 * standard topic or to a phone may not; a repeat that is wanted all the same carries `puente_repeat`, and every
 * publication `puente_operation_id`, so that receivers can tell.
 *
 * Subscribing twice gives the same subscription (a topic has one per protocol and endpoint), but asks the receiver of an
 * e-mail a second time. So a lost answer is looked up instead of repeated.
 *
 * The model is `tenant`, never hybrid: with our keys in its calls a tenant could publish to any topic our account may
 * use, another tenant's too, and send text messages at our cost.
 *
 * The probe needs a right the traffic needs as well. GetCallerIdentity would not do: it works for any live key, also for
 * one that may do nothing. With `probeTopicArn` a policy for that single topic is enough (sns:Publish and
 * sns:GetTopicAttributes); without it the key must be allowed sns:ListTopics.
 */
export const sns = defineProvider({
  meta: {
    id: 'sns',
    code: 'INT-002',
    title: 'Amazon SNS',
    vendor: 'Amazon Web Services',
    category: 'Notificaciones',
    inventoryType: 'notificaciones',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'Amazon SNS API Reference', url: `${API}/welcome.html` },
      { title: 'Temas FIFO y deduplicación', url: `${GUIDE}/fifo-message-dedup.html` },
      { title: 'Envío de SMS', url: `${GUIDE}/sms_publish-to-phone.html` },
      { title: 'Cuotas de Amazon SNS', url: 'https://docs.aws.amazon.com/general/latest/gr/sns.html' },
      { title: 'Errores comunes de AWS', url: 'https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html' },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: SnsSecrets,
    config: SnsConfig,
    env: {
      ...awsCredentialEnv('los temas'),
      probeTopicArn: {
        variable: 'AWS_SNS_PROBE_TOPIC_ARN',
        descripcion: 'Tema con el que se prueban las credenciales; sin él se listan los temas',
        required: false,
      },
    },
    rotateEveryDays: 90,
    rebindOn: ['endpoint', 'roleArn'],
  },
  connect: (secrets, config, context) => new SnsClient(AwsConnection.open(secrets, config, context)),
  disconnect: (client: SnsClient) => {
    client.close();
  },
  operations: (operation) => ({
    publish: operation({
      summary: 'Publishes a message to a topic; SNS delivers it to the confirmed subscribers.',
      descripcion: 'Publica un mensaje en un tema',
      endpoint: 'POST / (Action=Publish)',
      documentation: `${API}/API_Publish.html`,
      effect: effectOf,
      idempotentForMs: DEDUPLICATION_MS,
      policy: 'messaging',
      input: Publish,
      output: Published,
      example: {
        input: { topicArn, subject: 'Pedido listo', message: 'Su pedido 4711 está listo 🎉' },
        output: { messageId },
      },
      run: (client: SnsClient, input, call) => client.publish(input, call),
    }),
    publishBatch: operation({
      summary:
        'Publishes up to ten messages to a topic. Succeeds when one was taken and says of every other what became of it.',
      descripcion: 'Publica hasta diez mensajes; informa el resultado de cada uno',
      endpoint: 'POST / (Action=PublishBatch)',
      documentation: `${API}/API_PublishBatch.html`,
      effect: effectOf,
      idempotentForMs: DEDUPLICATION_MS,
      policy: 'messaging',
      input: PublishBatch,
      output: PublishedBatch,
      example: {
        input: { topicArn, entries: [{ id: 'first', message: 'Su pedido 4711 está listo' }] },
        output: { successful: [{ id: 'first', messageId }], failed: [] },
      },
      run: (client, input, call) => client.publishBatch(input, call),
    }),
    publishSms: operation({
      summary: 'Sends a text message to one phone number.',
      descripcion: 'Envía un SMS a un número',
      endpoint: 'POST / (Action=Publish, PhoneNumber)',
      documentation: `${GUIDE}/sms_publish-to-phone.html`,
      effect: 'once',
      policy: 'messaging',
      input: PublishSms,
      output: Published,
      example: { input: { phoneNumber: '+56912345678', message: 'Su código es 123456' }, output: { messageId } },
      run: (client, input, call) => client.publishSms(input, call),
    }),
    subscribe: operation({
      summary: 'Subscribes an endpoint to a topic. People and web servers are asked to confirm.',
      descripcion: 'Suscribe un destino a un tema',
      endpoint: 'POST / (Action=Subscribe)',
      documentation: `${API}/API_Subscribe.html`,
      effect: 'reconcilable',
      settleMs: SUBSCRIBE_SETTLE_MS,
      policy: 'interactive',
      input: Subscribe,
      output: Subscribed,
      example: {
        input: { topicArn, protocol: 'email', endpoint: 'ventas@example.com' },
        output: { pendingConfirmation: true },
      },
      run: (client, input, call) => client.subscribe(input, call.signal),
      reconcile: (client, input, call) => client.subscribed(input, call.signal),
    }),
    listSubscriptions: operation({
      summary: 'Lists the subscriptions of a topic, 100 at a time.',
      descripcion: 'Lista las suscripciones de un tema',
      endpoint: 'POST / (Action=ListSubscriptionsByTopic)',
      documentation: `${API}/API_ListSubscriptionsByTopic.html`,
      effect: 'read',
      policy: 'interactive',
      input: ListSubscriptions,
      output: Subscriptions,
      example: {
        input: { topicArn },
        output: {
          subscriptions: [
            { subscriptionArn, protocol: 'email', endpoint: 'ventas@example.com', owner: '123456789012' },
          ],
        },
      },
      run: (client, input, call) => client.listSubscriptions(input.topicArn, input.nextToken, call.signal),
    }),
    getTopicAttributes: operation({
      summary: 'Reads the attributes of a topic.',
      descripcion: 'Lee los atributos de un tema',
      endpoint: 'POST / (Action=GetTopicAttributes)',
      documentation: `${API}/API_GetTopicAttributes.html`,
      effect: 'read',
      policy: 'interactive',
      input: GetTopicAttributes,
      output: TopicAttributes,
      example: { input: { topicArn }, output: { attributes: { SubscriptionsConfirmed: '2' } } },
      run: (client, input, call) => client.getTopicAttributes(input.topicArn, call.signal),
    }),
    checkAccess: operation({
      summary:
        'Asks for something that needs the credentials: attributes of the given topic, or else the list of topics.',
      descripcion: 'Prueba las credenciales con una lectura',
      endpoint: 'POST / (Action=GetTopicAttributes o Action=ListTopics)',
      documentation: `${API}/API_ListTopics.html`,
      effect: 'read',
      policy: 'interactive',
      input: CheckAccess,
      output: Access,
      example: { input: { topicArn }, output: { proof: 'GetTopicAttributes' } },
      run: (client, input, call) => client.checkAccess(input.topicArn, call.signal),
    }),
  }),
  probe: { operation: 'checkAccess', input: ({ probeTopicArn }) => ({ topicArn: probeTopicArn }) },
  classify: classifySnsError,
  limits: [
    {
      limite: 'Mensajes por segundo (Publish, tema estándar) en us-east-1; otras regiones tienen menos',
      quota: 30_000,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff; publicar en lotes de 10',
      operations: ['publish', 'publishBatch'],
      cost: (input: Publish | PublishBatch) => (isFifo(input.topicArn) ? 0 : messagesOf(input)),
      enforced: false,
    },
    {
      limite: 'Mensajes por segundo (Publish, temas FIFO) por región',
      quota: 3_000,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff; publicar en lotes de 10',
      operations: ['publish', 'publishBatch'],
      cost: (input: Publish | PublishBatch) => (isFifo(input.topicArn) ? messagesOf(input) : 0),
      enforced: false,
    },
    {
      limite: 'SMS por segundo',
      quota: 20,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff; pedir un aumento de cuota',
      operations: ['publishSms'],
      enforced: false,
    },
    {
      limite: 'Suscripciones nuevas por segundo (Subscribe)',
      quota: 100,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff',
      operations: ['subscribe'],
    },
    {
      limite: 'Lecturas por segundo (ListTopics, ListSubscriptionsByTopic)',
      quota: 30,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff',
      operations: ['listSubscriptions', 'checkAccess'],
      of: (_input: unknown, operation) => operation,
    },
  ],
  errors: snsErrors,
  fallbacks: [
    'Si SNS no responde, la operación queda en el libro de operaciones y se repite según su política; nada aceptado se pierde.',
    'Si las credenciales fallan, el carril del tenant se pausa, las operaciones se guardan y siguen cuando las credenciales se corrigen.',
    'Una publicación en un tema estándar o un SMS cuya respuesta se perdió sigue lo que declare el flujo: revisión, reenvío marcado o descarte.',
  ],
});
