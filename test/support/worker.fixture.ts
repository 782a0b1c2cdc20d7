import { randomBytes } from 'node:crypto';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AppConfig, loadConfig } from '@puente/config';
import { NotificationQueues } from '@puente/flows/notifications';
import type { StandInHost } from '@puente/integrations/testing';
import { bodyMd5 } from '@puente/queue';
import { IntegrationsAdmin, Tenants } from '@puente/tenancy';
import { startStandIns } from '../../apps/sandbox/src/stand-ins/stand-ins';
import { startWorker } from '../../apps/worker/src/start-worker';
import { HastyClock } from './manual-clock';
import { createTestDatabase, type TestDatabase } from './test-database';

const ACCOUNT = '000000000000';
const origin = { actor: 'test' };
const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test' };

export interface Published {
  readonly topicArn: string;
  readonly subject?: string;
  readonly message: string;
  readonly messageId: string;
}

/** A tenant with queue, dead-letter queue and topic, and what a foreign producer needs: the queue's address. */
export interface WorkerTenant {
  readonly id: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly topicArn: string;
}

export type Attributes = Readonly<Record<string, string>>;

/** The real worker on a real database, with the real stand-ins in front of it. */
export class WorkerWorld {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;

  private constructor(
    readonly standIns: StandInHost,
    readonly database: TestDatabase,
    private readonly standInDatabase: TestDatabase,
    private readonly config: AppConfig,
    public app: NestFastifyApplication,
  ) {
    const aws = { endpoint: standIns.url, region: 'us-east-1', credentials: { ...credentials }, maxAttempts: 1 }; // the SDK writes into it
    this.sqs = new SQSClient(aws);
    this.sns = new SNSClient(aws);
  }

  /** @param platformQueues names of queues read through `@ssut/nestjs-sqs`; all others belong to the supervisor */
  static async start(env: Attributes = {}, platformQueues: readonly string[] = []): Promise<WorkerWorld> {
    const [database, standInDatabase] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    // The platform's own queues are read with what the SDK finds in the environment.
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDPLATFORM', AWS_SECRET_ACCESS_KEY: 'test' });
    const standIns = await startStandIns({ databaseUrl: standInDatabase.superuserUrl, port: 0 });
    const config = loadConfig({
      ENV: 'test',
      WORKER_PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_APP_URL: database.appUrl,
      DATABASE_DISPATCH_URL: database.dispatchUrl,
      DATABASE_AUTH_URL: database.authUrl,
      KEY_RING: `test-1:${randomBytes(32).toString('base64')}`,
      POLL_MS: '100',
      EGRESS_ALLOWED_CIDRS: '127.0.0.1/32',
      AWS_ENDPOINT_URL: standIns.url,
      NOTIFICATIONS_QUEUE_URLS: platformQueues.map((name) => `${standIns.url}/${ACCOUNT}/${name}`).join(','),
      ...env,
    });
    return new WorkerWorld(standIns, database, standInDatabase, config, await started(config));
  }

  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T {
    return this.app.get(type);
  }

  /** Stops the worker as SIGTERM does, and starts another one. */
  async restart(): Promise<void> {
    const closed = this.app.close();
    await this.advanceSqs(3_000); // the polls under way are over: the worker waits for them
    await closed;
    this.app = await started(this.config);
  }

  async stop(): Promise<void> {
    const closed = this.app.close();
    this.sqs.destroy();
    this.sns.destroy();
    await this.standIns.stop(); // lets go of the polls the worker would wait for
    await closed;
    await Promise.all([this.database.drop(), this.standInDatabase.drop()]);
  }

  async tenant(name: string, topic = name): Promise<WorkerTenant> {
    const { id } = await this.get(Tenants).create(origin, { name });
    const admin = this.get(IntegrationsAdmin);
    const given = { secrets: { ...credentials }, config: { region: 'us-east-1', endpoint: this.standIns.url } };
    for (const provider of ['sqs', 'sns']) await admin.put(origin, { tenantId: id, provider, name: 'default' }, given);
    const deadLetterQueueUrl = await this.createQueue(`${name}-dead.fifo`);
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}-dead.fifo`;
    const redrive = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
    const queueUrl = await this.createQueue(`${name}.fifo`, { RedrivePolicy: redrive });
    const topicArn = await this.createTopic(topic);
    const queues = { queueUrl, deadLetterQueueUrl, integration: 'default' };
    await this.get(NotificationQueues).bind(id, queues, { origin, platform: true });
    return { id, queueUrl, deadLetterQueueUrl, topicArn };
  }

  async createTopic(name: string): Promise<string> {
    const Attributes: Record<string, string> = name.endsWith('.fifo') ? { FifoTopic: 'true' } : {};
    const { TopicArn } = await this.sns.send(new CreateTopicCommand({ Name: name, Attributes }));
    return TopicArn ?? '';
  }

  async createQueue(name: string, attributes: Attributes = {}): Promise<string> {
    const Attributes = { FifoQueue: 'true', ...attributes };
    const { QueueUrl } = await this.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    return QueueUrl ?? '';
  }

  async deleteQueue(url: string): Promise<void> {
    await this.sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
  }

  /** As S1's scripts do it: the MD5 of the body as deduplication id. */
  async produce(queueUrl: string, body: string, group: string, deduplicationId = bodyMd5(body)): Promise<string> {
    const { MessageId } = await this.sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageGroupId: group,
        MessageDeduplicationId: deduplicationId,
      }),
    );
    return MessageId ?? '';
  }

  /** What SNS took for a topic, oldest first. */
  async published(topicArn: string): Promise<Published[]> {
    const all = (await (await fetch(`${this.standIns.url}/_sandbox/sns/received`)).json()) as Published[];
    return all.filter((one) => one.topicArn === topicArn);
  }

  async fault(provider: 'sqs' | 'sns', order: Readonly<Record<string, unknown>>): Promise<void> {
    const url = `${this.standIns.url}/_sandbox/${provider}/faults`;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(order) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Moves the clock of SQS, by which it forgets deduplication ids. */
  async advanceSqs(advanceMs: number): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ advanceMs });
    await fetch(`${this.standIns.url}/_sandbox/sqs/clock`, { method: 'POST', headers, body });
  }

  /** How many requests the faults ordered for a provider still wait for. */
  async faultsLeft(provider: 'sqs' | 'sns', operation: string): Promise<number> {
    const answer = await fetch(`${this.standIns.url}/_sandbox/${provider}/faults`);
    const orders = (await answer.json()) as { readonly operation?: string; readonly remaining: number }[];
    return orders.filter((order) => order.operation === operation).reduce((sum, { remaining }) => sum + remaining, 0);
  }

  async clearFaults(provider: 'sqs' | 'sns'): Promise<void> {
    await fetch(`${this.standIns.url}/_sandbox/${provider}/faults`, { method: 'DELETE' });
  }

  /** Messages in a queue, waiting and in flight. */
  async depth(queueUrl: string): Promise<number> {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages = 0, ApproximateNumberOfMessagesNotVisible = 0 } = Attributes ?? {};
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  }

  async peek(queueUrl: string) {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: 0,
      }),
    );
    return Messages.map(({ Body, MessageAttributes = {}, Attributes, MessageId }) => ({
      id: MessageId,
      body: Body,
      group: Attributes?.MessageGroupId,
      attributes: Object.fromEntries(
        Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
      ),
    }));
  }
}

async function started(config: AppConfig): Promise<NestFastifyApplication> {
  const app = await startWorker(config, () => false, HastyClock);
  if (!app) throw new Error('the worker was told to stop before it began');
  return app;
}
