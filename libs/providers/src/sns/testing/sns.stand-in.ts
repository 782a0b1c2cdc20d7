import type {
  AwsAccess,
  AwsOperation,
  ControlRoute,
  Failure,
  SandboxServices,
  StandIn,
  StandInReply,
  StandInRequest,
} from '@puente/integrations/testing';
import { AwsFrontend } from '@puente/integrations/testing';
import { publishOperations } from './publish-operations';
import { Publisher } from './publisher';
import { smsOperations } from './sms-operations';
import { SnsInbox } from './sns-inbox';
import { snsErrorShape } from './sns-wire.errors';
import { SNS_SCHEMA, SNS_TABLES } from './sns.tables';
import { SqsDeliveries } from './sqs-deliveries';
import { subscriptionOperations } from './subscription-operations';
import { topicOperations } from './topic-operations';
import { TopicStore } from './topic-store';

const SWEEP_MS = 30_000;

interface Running {
  readonly inbox: SnsInbox;
  readonly deliveries: SqsDeliveries;
  readonly sweeper: NodeJS.Timeout;
}

/**
 * Amazon SNS on PostgreSQL, in the Query protocol its SDKs speak: standard and FIFO topics; subscriptions by e-mail,
 * SMS and SQS; text messages to numbers. What was published is a committed row before the publish is answered.
 *
 * Protocols that nothing here would deliver (http, lambda, application …) are refused at Subscribe.
 */
export class SnsStandIn implements StandIn {
  readonly id = 'sns';
  readonly schema = SNS_SCHEMA;
  readonly tables = SNS_TABLES;
  private running: Running | undefined;
  private readonly operations: Record<string, AwsOperation> = {};
  private readonly frontend: AwsFrontend;

  constructor(access: AwsAccess) {
    this.frontend = new AwsFrontend(
      {
        id: this.id,
        jsonTarget: 'AmazonSimpleNotificationService',
        apiVersion: '2010-03-31',
        xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
        operations: this.operations,
        errorShape: snsErrorShape,
        codeOfStatus: {
          400: 'InvalidParameter',
          403: 'AuthorizationError',
          404: 'NotFound',
          429: 'Throttled',
          500: 'InternalError',
        },
      },
      access,
    );
  }

  async start(services: SandboxServices): Promise<void> {
    const topics = new TopicStore(services, this.id);
    const inbox = new SnsInbox(services, this.id);
    const deliveries = new SqsDeliveries(services);
    const publisher = new Publisher(services, this.id, () => deliveries.kick());
    await inbox.load();
    Object.assign(
      this.operations,
      topicOperations(topics),
      subscriptionOperations(topics, inbox),
      publishOperations(topics, publisher),
      smsOperations(services),
    );
    const sweeper = setInterval(() => void sweep(services, this.id).catch(() => undefined), SWEEP_MS);
    sweeper.unref();
    this.running = { inbox, deliveries, sweeper };
    // What a killed process did not deliver; the port is not open yet, so the first try may have to be repeated.
    deliveries.kick();
  }

  get control(): readonly ControlRoute[] {
    return this.running?.inbox.routes() ?? [];
  }

  async reset(): Promise<void> {
    await this.running?.inbox.load();
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (!running) return;
    clearInterval(running.sweeper);
    await running.deliveries.stop();
  }

  claims(request: StandInRequest): boolean {
    return this.frontend.claims(request);
  }

  operation(request: StandInRequest): string {
    return this.frontend.operation(request);
  }

  handle(request: StandInRequest): Promise<StandInReply> {
    return this.frontend.handle(request);
  }

  failure(request: StandInRequest, failure: Failure): StandInReply {
    return this.frontend.failure(request, failure);
  }
}

/** Removes closed deduplication windows. */
async function sweep(services: SandboxServices, part: string): Promise<void> {
  await services.database.query('DELETE FROM sns_deduplications WHERE expires_at <= sandbox_now($1)', [
    services.clock.offsetMs(part),
  ]);
}
