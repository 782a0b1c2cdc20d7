import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createDispatchQueues, DispatchQueue, MOST_NOTES } from '@puente/queue';
import { JsonClient } from '../../support/sandbox-client';
import { quietPort } from './quiet-port';
import { WorldProcess } from './world-process';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDPLATFORM', AWS_SECRET_ACCESS_KEY: 'any' };
/** SQS purges a queue once a minute of its own time. */
const PURGE_MS = 61_000;

export interface Waiting {
  readonly id: string;
  readonly tenant_id: string;
}

/** The queue through which ids of due operations travel in mode `sqs`, and what may happen to its messages. */
export class WorldQueue {
  private constructor(
    readonly process: WorldProcess,
    private readonly endpoint: string,
    private readonly url: string,
    private readonly sqs: SQSClient,
  ) {}

  static async start(dir: string, databaseUrl: string): Promise<WorldQueue> {
    const { PATH, HOME } = process.env;
    const port = String(await quietPort());
    const env = { PATH, HOME, FAULT_QUEUE_DATABASE: databaseUrl, FAULT_PORT: port };
    const standIn = new WorldProcess({ name: 'queue', entry: 'queue.main', dir, env });
    const endpoint = String((await standIn.start())['url']);
    const credentials = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY };
    const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    const { queueUrl } = await createDispatchQueues(sqs, 'puente-dispatch');
    return new WorldQueue(standIn, endpoint, queueUrl, sqs);
  }

  /** For api and worker. */
  get settings(): Readonly<Record<string, string>> {
    return { DISPATCH_MODE: 'sqs', DISPATCH_QUEUE_URL: this.url, AWS_ENDPOINT_URL: this.endpoint, ...KEYS };
  }

  /** Every message that is in it is gone. */
  async lose(): Promise<void> {
    await new JsonClient(this.endpoint).post('/_sandbox/sqs/clock', { advanceMs: PURGE_MS });
    await this.sqs.send(new PurgeQueueCommand({ QueueUrl: this.url }));
  }

  /** Says all of it again, twice, last first. */
  async repeat(waiting: readonly Waiting[], installation: string): Promise<void> {
    const queue = new DispatchQueue({ url: this.url, client: this.sqs, installation });
    const notes = [...waiting, ...waiting].reverse().map(({ id, tenant_id: tenantId }) => ({ tenantId, ids: [id] }));
    for (let from = 0; from < notes.length; from += MOST_NOTES) await queue.send(notes.slice(from, from + MOST_NOTES));
  }

  async stop(): Promise<void> {
    this.sqs.destroy();
    await this.process.stop();
  }
}
