import { PurgeQueueCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createDispatchQueues, DispatchQueue } from '@puente/queue';
import { SqsStandIn } from '../../libs/providers/src/sqs/testing';
import { startTestStandIns, type TestStandIns } from './test-stand-ins';

/** Every dispatch mode: suites about dispatching are described over both. */
export const DISPATCH_MODES = ['postgres', 'sqs'] as const;

const INSTALLATION = 'test';

/** A dispatch queue on the real stand-in of SQS, behind the real SDK. In mode `postgres` there is none. */
export class TestDispatchQueue {
  private readonly own = this.open();

  private constructor(
    private readonly standIns: TestStandIns | undefined,
    private readonly sqs: SQSClient | undefined,
    private readonly url: string,
  ) {}

  static async start(mode: (typeof DISPATCH_MODES)[number]): Promise<TestDispatchQueue> {
    if (mode === 'postgres') return new TestDispatchQueue(undefined, undefined, '');
    const standIns = await startTestStandIns((access) => [new SqsStandIn(access)]);
    const sqs = clientOf(standIns);
    const { queueUrl } = await createDispatchQueues(sqs, 'puente-dispatch');
    return new TestDispatchQueue(standIns, sqs, queueUrl);
  }

  /** For one process, which closes it. Undefined in mode `postgres`. */
  open(): DispatchQueue | undefined {
    if (!this.standIns) return undefined;
    return new DispatchQueue({ url: this.url, client: clientOf(this.standIns), installation: INSTALLATION });
  }

  async sendRaw(MessageBody: string): Promise<void> {
    await this.sqs?.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody, MessageGroupId: 'x' }));
  }

  /** Loses every message that is in it. SQS allows that once a minute of its own time. */
  async purge(): Promise<void> {
    await this.standIns?.order('sqs/clock', { advanceMs: 61_000 });
    await this.sqs?.send(new PurgeQueueCommand({ QueueUrl: this.url }));
  }

  /** Messages that nobody has use for. */
  async fill(n: number): Promise<void> {
    const Entries = Array.from({ length: 10 }, (_, at) => ({ Id: String(at), MessageBody: 'x' }));
    const batch = new SendMessageBatchCommand({ QueueUrl: this.url, Entries });
    const { sqs } = this;
    if (sqs) await Promise.all(Array.from({ length: Math.ceil(n / 10) }, () => sqs.send(batch)));
  }

  async depth(): Promise<number> {
    return (await this.own?.depth()) ?? 0;
  }

  async fault(order: Readonly<Record<string, unknown>>): Promise<void> {
    await this.standIns?.order('sqs/faults', order);
  }

  async healed(): Promise<void> {
    if (this.standIns) await fetch(`${this.standIns.url}/_sandbox/sqs/faults`, { method: 'DELETE' });
  }

  async stop(): Promise<void> {
    this.own?.close();
    this.sqs?.destroy();
    await this.standIns?.stop();
  }
}

function clientOf({ url }: TestStandIns): SQSClient {
  const credentials = { accessKeyId: 'AKIDPLATFORM', secretAccessKey: 'any' };
  return new SQSClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
}
