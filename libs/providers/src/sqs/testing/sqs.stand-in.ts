import type {
  AwsAccess,
  AwsOperation,
  Failure,
  SandboxServices,
  StandIn,
  StandInReply,
  StandInRequest,
} from '@puente/integrations/testing';
import { AwsFrontend } from '@puente/integrations/testing';
import { messageOperations } from './message-operations';
import { MessageReceiver } from './message-receiver';
import { MessageSender } from './message-sender';
import { MessageSettler } from './message-settler';
import { MoveTasks } from './move-tasks';
import { QueueDirectory } from './queue-directory';
import { queueOperations } from './queue-operations';
import { sqsErrorShape } from './sqs-wire.errors';
import { SQS_SCHEMA, SQS_TABLES } from './sqs.tables';

const SWEEP_MS = 15_000;
const QUEUE_PATH = /^\/\d{12}\/[^/?]+\/?$/;

/** What lives from start to stop. */
interface Running {
  readonly queues: QueueDirectory;
  readonly receiver: MessageReceiver;
  readonly moves: MoveTasks;
  readonly sweeper: NodeJS.Timeout;
}

/**
 * Amazon SQS on PostgreSQL: AWS JSON 1.0 and the older Query protocol, standard and FIFO queues. Messages, receipts,
 * deduplication and redrive survive a kill of the process; only waiting polls do not.
 *
 * It differs from SQS where a developer's patience asks for it: a deleted queue's name is free at once, counts are
 * exact, and any access key opens any queue. Policies are stored, not enforced; keys of KMS are named, not used.
 */
export class SqsStandIn implements StandIn {
  readonly id = 'sqs';
  readonly schema = SQS_SCHEMA;
  readonly tables = SQS_TABLES;
  private running: Running | undefined;
  private readonly operations: Record<string, AwsOperation> = {};
  private readonly frontend: AwsFrontend;

  constructor(access: AwsAccess) {
    this.frontend = new AwsFrontend(
      {
        id: this.id,
        jsonTarget: 'AmazonSQS',
        apiVersion: '2012-11-05',
        xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
        operations: this.operations,
        errorShape: sqsErrorShape,
        queryInputOf: ({ path }) => (QUEUE_PATH.test(path) ? { QueueUrl: path } : {}),
      },
      access,
    );
  }

  async start(services: SandboxServices): Promise<void> {
    const queues = new QueueDirectory(services, this.id);
    const sender = new MessageSender(services, this.id);
    const receiver = new MessageReceiver(services, queues);
    const settler = new MessageSettler(services, queues);
    const moves = new MoveTasks(queues, services);
    Object.assign(
      this.operations,
      queueOperations(queues, services),
      messageOperations({ queues, sender, receiver, settler }),
      moves.operations(),
    );
    services.clock.onChange(this.id, () => void queues.wakeAll());
    const sweeper = setInterval(() => void sweep(services, this.id).catch(() => undefined), SWEEP_MS);
    sweeper.unref();
    await moves.resume();
    this.running = { queues, receiver, moves, sweeper };
  }

  async reset(): Promise<void> {
    await this.running?.queues.forgetAll();
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (!running) return;
    this.running = undefined;
    clearInterval(running.sweeper);
    running.receiver.stop();
    await running.queues.wakeAll();
    await running.moves.stop();
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

/** Removes what time has ended: messages past their retention (receives pass over them already) and closed windows. */
async function sweep(services: SandboxServices, part: string): Promise<void> {
  const offset = [services.clock.offsetMs(part)];
  await services.database.query(
    `DELETE FROM sqs_messages m USING sqs_queues q
      WHERE m.queue_id = q.id
        AND m.sent_at <= sandbox_now($1) - (q.attributes ->> 'MessageRetentionPeriod')::int * interval '1 second'`,
    offset,
  );
  await services.database.query(
    'DELETE FROM sqs_messages m WHERE NOT EXISTS (SELECT FROM sqs_queues q WHERE q.id = m.queue_id)',
  );
  await services.database.query('DELETE FROM sqs_deduplications WHERE expires_at <= sandbox_now($1)', offset);
}
