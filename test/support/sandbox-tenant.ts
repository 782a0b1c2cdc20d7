import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { randomBytes } from 'node:crypto';
import { type Answer, bodyOf, JsonClient } from './sandbox-client';
import type { SandboxFacts } from './sandbox-process';
import { until } from './sandbox-until';

/** Part of every secret that a test hands in, so that one search finds a leak of any of them. */
export const CANARY = 'CANARYe2e';

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Received {
  readonly at: string;
  readonly operation: string;
  readonly topicArn?: string;
  readonly phoneNumber?: string;
  readonly subject?: string;
  readonly message: string;
  readonly messageId: string;
  readonly groupId?: string;
  readonly messageAttributes?: Readonly<Record<string, { readonly StringValue?: string }>>;
  readonly deliveredTo: readonly { readonly protocol: string; readonly endpoint: string }[];
}

/** A notification as `GET /v1/notifications/{id}` shows it; what tests read of it. */
export interface NotificationView {
  readonly id: string;
  readonly status: string;
  readonly group: string;
  readonly snsMessageId: string | null;
  readonly deduplicatedOf: string | null;
  readonly repeats: number;
  readonly reason: { readonly code: string; readonly message: string | null } | null;
  readonly steps: readonly {
    readonly step: string;
    readonly operationId: string | null;
    readonly state: string | null;
  }[];
}

/**
 * A tenant of a test's own, made the way an operator makes one: through the platform key, with its own AWS key, queues
 * and topics. What one test does to it, no other test sees.
 */
export class SandboxTenant {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;

  private constructor(
    readonly id: string,
    readonly name: string,
    readonly keys: Readonly<Record<'client' | 'admin' | 'audit', string>>,
    readonly aws: AwsKey,
    private readonly facts: SandboxFacts,
  ) {
    this.sqs = new SQSClient(awsSettings(facts, aws));
    this.sns = new SNSClient(awsSettings(facts, aws));
  }

  static async create(facts: SandboxFacts): Promise<SandboxTenant> {
    const platform = new JsonClient(facts.apiUrl, facts.keys.platform);
    const name = `e2e-${randomBytes(5).toString('hex')}`;
    const { id } = bodyOf<{ id: string }>(await platform.post('/v1/tenants', { name }), 201);
    const keyFor = async (scope: string): Promise<string> => {
      const made = await platform.post(`/v1/tenants/${id}/api-keys`, { name: scope, scopes: [scope] });
      return bodyOf<{ key: string }>(made, 201).key;
    };
    const keys = { client: await keyFor('client'), admin: await keyFor('admin'), audit: await keyFor('audit') };
    return new SandboxTenant(id, name, keys, freshAwsKey(), facts);
  }

  /** With verified credentials for all providers and a notification queue bound. */
  static async createReady(facts: SandboxFacts): Promise<ReadyTenant> {
    const tenant = await SandboxTenant.create(facts);
    await tenant.register('sqs');
    await tenant.register('sns');
    await tenant.register('lambda');
    const deadLetterQueueUrl = await tenant.createQueue(`${tenant.name}-dead.fifo`);
    const redrive = { deadLetterTargetArn: await tenant.queueArn(deadLetterQueueUrl), maxReceiveCount: 5 };
    const queueUrl = await tenant.createQueue(`${tenant.name}.fifo`, { RedrivePolicy: JSON.stringify(redrive) });
    bodyOf(await tenant.admin.put('/v1/notifications/queue', { queueUrl, deadLetterQueueUrl }));
    const topicArn = await tenant.createTopic(`${tenant.name}-news`);
    return Object.assign(tenant, { queueUrl, deadLetterQueueUrl, topicArn });
  }

  /** Of webhooks; what comes is read at `/_sandbox/webhooks/received`. */
  get receiverUrl(): string {
    return `${this.facts.sandboxUrl}/_receivers/${this.name}`;
  }

  get client(): JsonClient {
    return new JsonClient(this.facts.apiUrl, this.keys.client);
  }

  get admin(): JsonClient {
    return new JsonClient(this.facts.apiUrl, this.keys.admin);
  }

  get audit(): JsonClient {
    return new JsonClient(this.facts.apiUrl, this.keys.audit);
  }

  /** PUT of the tenant's AWS key for a provider. */
  async register(provider: 'sqs' | 'sns' | 'lambda', key: AwsKey = this.aws): Promise<Answer> {
    const config = { region: 'us-east-1', endpoint: this.facts.sandboxUrl };
    const answer = await this.admin.put(`/v1/integrations/${provider}`, { secrets: key, config });
    bodyOf(answer, 200, 201);
    return answer;
  }

  async createQueue(name: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> {
    const { QueueUrl } = await this.sqs.send(
      new CreateQueueCommand({
        QueueName: name,
        Attributes: { FifoQueue: 'true', VisibilityTimeout: '5', ...attributes },
      }),
    );
    return required(QueueUrl, 'QueueUrl');
  }

  async queueArn(queueUrl: string): Promise<string> {
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] });
    return required((await this.sqs.send(command)).Attributes?.QueueArn, 'QueueArn');
  }

  /** A name that ends in `.fifo` makes a FIFO topic. */
  async createTopic(name: string): Promise<string> {
    const Attributes = name.endsWith('.fifo') ? { FifoTopic: 'true', ContentBasedDeduplication: 'false' } : {};
    const { TopicArn } = await this.sns.send(new CreateTopicCommand({ Name: name, Attributes }));
    return required(TopicArn, 'TopicArn');
  }

  /** What SNS took for a topic, oldest first. */
  async received(topicArn: string): Promise<readonly Received[]> {
    return (await receivedBySns(this.facts)).filter((effect) => effect.topicArn === topicArn);
  }

  notify(body: Readonly<Record<string, unknown>>, idempotencyKey?: string): Promise<Answer> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    return this.client.post('/v1/notifications', body, headers);
  }

  async notification(id: string): Promise<NotificationView> {
    return bodyOf<NotificationView>(await this.client.get(`/v1/notifications/${id}`), 200);
  }

  /** Waits until the notification has one of these states. */
  async journeyEnds(id: string, status: string, withinMs = 20_000): Promise<NotificationView> {
    let last: NotificationView | undefined;
    try {
      return await until(async () => (last = await this.notification(id)).status === status && last, {
        withinMs,
        what: `notification ${id} is ${status}`,
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** Takes what a queue holds now, without deleting it. */
  async peek(
    queueUrl: string,
  ): Promise<readonly { readonly body: string; readonly attributes: Readonly<Record<string, string | undefined>> }[]> {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        VisibilityTimeout: 0,
      }),
    );
    return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
      body: Body,
      attributes: Object.fromEntries(
        Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
      ),
    }));
  }
}

export type ReadyTenant = SandboxTenant & {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly topicArn: string;
};

/** An AWS key nobody else has, easily found wherever it should not be. */
export function freshAwsKey(): AwsKey {
  const random = randomBytes(6).toString('hex');
  return { accessKeyId: `AKID${CANARY}${random}`, secretAccessKey: `${CANARY}-secret-${random}` };
}

export async function receivedBySns(facts: SandboxFacts): Promise<readonly Received[]> {
  return bodyOf<Received[]>(await new JsonClient(facts.sandboxUrl).get('/_sandbox/sns/received'), 200);
}

export function awsSettings(facts: SandboxFacts, credentials: AwsKey) {
  return { region: 'us-east-1', endpoint: facts.sandboxUrl, credentials, maxAttempts: 1 };
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The stand-in answered without ${what}`);
  return value;
}
