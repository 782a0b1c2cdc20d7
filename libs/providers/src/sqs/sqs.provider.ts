import { awsCredentialEnv, AwsConnection, defineProvider } from '@puente/integrations';
import { SqsClient } from './sqs.client';
import { classifySqsError, sqsErrors } from './sqs.errors';
import {
  Access,
  AttributesSet,
  CheckAccess,
  CreateQueue,
  FoundQueue,
  GetQueueAttributes,
  GetQueueUrl,
  QueueAttributes,
  SendMessage,
  SendMessageBatch,
  SentBatch,
  SentMessage,
  SetQueueAttributes,
  SqsConfig,
  SqsSecrets,
  isFifo,
} from './sqs.schemas';

const API = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide';

/** How long a FIFO queue knows a deduplication id again: `API_SendMessage`, MessageDeduplicationId. */
const DEDUPLICATION_MS = 5 * 60_000;

const queueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/orders.fifo';
const messageId = '5fea7756-0ea4-451a-a703-a558b933e274';
const md5OfBody = '7e400d6f2d253735d0632bb8c8342cd4';

const effectOf = (input: { readonly queueUrl: string }): 'idempotent' | 'once' =>
  isFifo(input.queueUrl) ? 'idempotent' : 'once';

/**
 * Amazon SQS. Sending to a FIFO queue may be repeated for five minutes: SQS knows our id again. Sending to a standard
 * queue may not: nothing tells a second message from the first.
 *
 * The model is `tenant`, never hybrid: with our keys in its calls a tenant could name any queue our account may use,
 * another tenant's too.
 *
 * The probe needs a right the traffic needs as well. GetCallerIdentity would not do: it works for any live key, also for
 * one that may do nothing. With `probeQueueUrl` a policy for that single queue is enough (sqs:SendMessage and
 * sqs:GetQueueAttributes); without it the key must be allowed sqs:ListQueues.
 */
export const sqs = defineProvider({
  meta: {
    id: 'sqs',
    code: 'INT-001',
    title: 'Amazon SQS',
    vendor: 'Amazon Web Services',
    category: 'Mensajeria',
    inventoryType: 'mensajeria',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'Amazon SQS API Reference', url: `${API}/Welcome.html` },
      { title: 'Colas FIFO y deduplicación', url: `${GUIDE}/FIFO-queues-exactly-once-processing.html` },
      { title: 'Cuotas de Amazon SQS', url: `${GUIDE}/quotas-messages.html` },
      { title: 'Errores comunes de AWS', url: 'https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html' },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: SqsSecrets,
    config: SqsConfig,
    env: {
      ...awsCredentialEnv('las colas'),
      probeQueueUrl: {
        variable: 'AWS_SQS_PROBE_QUEUE_URL',
        descripcion: 'Cola con la que se prueban las credenciales; sin ella se listan las colas',
        required: false,
      },
    },
    rotateEveryDays: 90,
    rebindOn: ['endpoint', 'roleArn'],
  },
  connect: (secrets, config, context) => new SqsClient(AwsConnection.open(secrets, config, context)),
  disconnect: (client: SqsClient) => {
    client.close();
  },
  operations: (operation) => ({
    sendMessage: operation({
      summary: 'Puts a message into a queue, byte for byte as given.',
      descripcion: 'Envía un mensaje a una cola, sin cambiar un byte',
      endpoint: 'POST / (AmazonSQS.SendMessage)',
      documentation: `${API}/API_SendMessage.html`,
      effect: effectOf,
      idempotentForMs: DEDUPLICATION_MS,
      policy: 'messaging',
      input: SendMessage,
      output: SentMessage,
      example: {
        input: { queueUrl, body: '{"order":4711}', groupId: 'customer-7' },
        output: { messageId, sequenceNumber: '18849496460467696128', md5OfBody },
      },
      run: (client: SqsClient, input, call) => client.sendMessage(input, call),
    }),
    sendMessageBatch: operation({
      summary:
        'Puts up to ten messages into a queue. Succeeds when one was taken and says of every other what became of it.',
      descripcion: 'Envía hasta diez mensajes; informa el resultado de cada uno',
      endpoint: 'POST / (AmazonSQS.SendMessageBatch)',
      documentation: `${API}/API_SendMessageBatch.html`,
      effect: effectOf,
      idempotentForMs: DEDUPLICATION_MS,
      policy: 'messaging',
      input: SendMessageBatch,
      output: SentBatch,
      example: {
        input: { queueUrl, entries: [{ id: 'first', body: '{"order":4711}', groupId: 'customer-7' }] },
        output: { successful: [{ id: 'first', messageId, md5OfBody }], failed: [] },
      },
      run: (client, input, call) => client.sendMessageBatch(input, call),
    }),
    getQueueAttributes: operation({
      summary: 'Reads the attributes of a queue: depth, age, encryption, dead-letter queue.',
      descripcion: 'Lee los atributos de una cola',
      endpoint: 'POST / (AmazonSQS.GetQueueAttributes)',
      documentation: `${API}/API_GetQueueAttributes.html`,
      effect: 'read',
      policy: 'interactive',
      input: GetQueueAttributes,
      output: QueueAttributes,
      example: {
        input: { queueUrl, attributeNames: ['ApproximateNumberOfMessages'] },
        output: { attributes: { ApproximateNumberOfMessages: '3' } },
      },
      run: (client, input, call) => client.getQueueAttributes(input.queueUrl, input.attributeNames, call.signal),
    }),
    getQueueUrl: operation({
      summary: 'Finds the address of a queue by its name.',
      descripcion: 'Busca la URL de una cola por su nombre',
      endpoint: 'POST / (AmazonSQS.GetQueueUrl)',
      documentation: `${API}/API_GetQueueUrl.html`,
      effect: 'read',
      policy: 'interactive',
      input: GetQueueUrl,
      output: FoundQueue,
      example: { input: { queueName: 'orders.fifo' }, output: { queueUrl } },
      run: (client, input, call) => client.getQueueUrl(input.queueName, call.signal),
    }),
    createQueue: operation({
      summary: 'Creates a queue, or finds it when it is there with the same attributes.',
      descripcion: 'Crea una cola; si ya existe con los mismos atributos responde su URL (`puente queues create`)',
      endpoint: 'POST / (AmazonSQS.CreateQueue)',
      documentation: `${API}/API_CreateQueue.html`,
      internal: true,
      effect: 'idempotent', // by the name
      policy: 'interactive',
      input: CreateQueue,
      output: FoundQueue,
      example: {
        input: { queueName: 'orders.fifo', attributes: { SqsManagedSseEnabled: 'true' } },
        output: { queueUrl },
      },
      run: (client, input, call) => client.createQueue(input, call.signal),
    }),
    setQueueAttributes: operation({
      summary: 'Sets attributes of a queue: encryption, dead-letter queue, retention, visibility timeout.',
      descripcion: 'Cambia atributos de una cola (`puente queues create --repair`)',
      endpoint: 'POST / (AmazonSQS.SetQueueAttributes)',
      documentation: `${API}/API_SetQueueAttributes.html`,
      internal: true,
      effect: 'idempotent', // the same values again change nothing
      policy: 'interactive',
      input: SetQueueAttributes,
      output: AttributesSet,
      example: { input: { queueUrl, attributes: { VisibilityTimeout: '60' } }, output: {} },
      run: (client, input, call) => client.setQueueAttributes(input, call.signal),
    }),
    checkAccess: operation({
      summary:
        'Asks for something that needs the credentials: attributes of the given queue, or else one queue of the list.',
      descripcion: 'Prueba las credenciales con una lectura',
      endpoint: 'POST / (AmazonSQS.GetQueueAttributes o AmazonSQS.ListQueues)',
      documentation: `${API}/API_ListQueues.html`,
      effect: 'read',
      policy: 'interactive',
      input: CheckAccess,
      output: Access,
      example: { input: { queueUrl }, output: { proof: 'GetQueueAttributes' } },
      run: (client, input, call) => client.checkAccess(input.queueUrl, call.signal),
    }),
  }),
  probe: { operation: 'checkAccess', input: ({ probeQueueUrl }) => ({ queueUrl: probeQueueUrl }) },
  classify: classifySqsError,
  limits: [
    {
      limite: 'Solicitudes por segundo y acción en una cola FIFO sin alto rendimiento (hasta 10 mensajes cada una)',
      quota: 300,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff; enviar en lotes de 10 o activar el alto rendimiento',
      operations: ['sendMessage', 'sendMessageBatch'],
      cost: ({ queueUrl: url }: SendMessage | SendMessageBatch) => (isFifo(url) ? 1 : 0),
      of: ({ queueUrl: url }: SendMessage | SendMessageBatch) => url,
      enforced: false, // a queue in high throughput mode takes up to 70,000
    },
  ],
  errors: sqsErrors,
  fallbacks: [
    'Si SQS no responde, la operación queda en el libro de operaciones y se repite según su política; nada aceptado se pierde.',
    'Si las credenciales fallan, el carril del tenant se pausa, las operaciones se guardan y siguen cuando las credenciales se corrigen.',
    'Un envío a una cola estándar cuya respuesta se perdió espera la decisión de una persona, salvo que el flujo declare otra cosa.',
  ],
});
