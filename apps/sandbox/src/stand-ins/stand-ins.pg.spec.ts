import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import type { StandInHost } from '@puente/integrations/testing';
import { createTestDatabase } from '../../../../test/support/test-database';
import { until } from '../../../../test/support/sandbox-until';
import type { TestDatabase } from '../../../../test/support/test-database';
import { startStandIns } from './stand-ins';

interface Clients {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
}

const clientsOf = (endpoint: string): Clients => {
  const options = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDANY', secretAccessKey: 'any' },
    maxAttempts: 1,
  };
  return { sqs: new SQSClient(options), sns: new SNSClient(options) };
};
const queue = async ({ sqs }: Clients, QueueName: string, Attributes: Record<string, string> = {}): Promise<string> =>
  (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
const topic = async ({ sns }: Clients, Name: string, Attributes: Record<string, string> = {}): Promise<string> =>
  (await sns.send(new CreateTopicCommand({ Name, Attributes }))).TopicArn ?? '';
const receive = async ({ sqs }: Clients, QueueUrl: string, WaitTimeSeconds = 10): Promise<Message[]> => {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    WaitTimeSeconds,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['All'],
  });
  return (await sqs.send(command)).Messages ?? [];
};

describe('stand-ins together', () => {
  let database: TestDatabase;
  let host: StandInHost;
  let clients: Clients;

  beforeAll(async () => {
    database = await createTestDatabase();
    const sandboxFile = path.join(tmpdir(), 'no-sandbox-yet.json');
    host = await startStandIns({ databaseUrl: database.superuserUrl, port: 0, sandboxFile });
    clients = clientsOf(host.url);
  });
  afterAll(async () => {
    clients.sqs.destroy();
    clients.sns.destroy();
    await host.stop();
    await database.drop();
  });
  beforeEach(() => host.reset());

  const subscribe = (TopicArn: string, name: string, Attributes: Record<string, string> = {}) =>
    clients.sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: `arn:aws:sqs:us-east-1:000000000000:${name}`,
        Attributes,
      }),
    );

  it('carry a message from a topic to its queues, in an envelope or raw', async () => {
    const [wrapped, raw] = [await queue(clients, 'wrapped'), await queue(clients, 'raw')];
    const TopicArn = await topic(clients, 'news');
    await subscribe(TopicArn, 'wrapped');
    await subscribe(TopicArn, 'raw', { RawMessageDelivery: 'true' });
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'order' } };
    const { MessageId } = await clients.sns.send(
      new PublishCommand({ TopicArn, Message: 'hola ñ', Subject: 's', MessageAttributes }),
    );

    const [first] = await receive(clients, wrapped);
    expect(JSON.parse(first?.Body ?? '')).toMatchObject({
      Type: 'Notification',
      MessageId,
      TopicArn,
      Subject: 's',
      Message: 'hola ñ',
      MessageAttributes: { kind: { Type: 'String', Value: 'order' } },
    });
    expect(await receive(clients, raw)).toMatchObject([{ Body: 'hola ñ', MessageAttributes }]);
  });

  it('keep order, group and deduplication from a FIFO topic to a FIFO queue', async () => {
    const QueueUrl = await queue(clients, 'orders.fifo', { FifoQueue: 'true' });
    const TopicArn = await topic(clients, 'news.fifo', { FifoTopic: 'true' });
    await subscribe(TopicArn, 'orders.fifo', { RawMessageDelivery: 'true' });
    for (const Message of ['1', '2', '3', '2', '4']) {
      await clients.sns.send(
        new PublishCommand({ TopicArn, Message, MessageGroupId: 'g', MessageDeduplicationId: Message }),
      );
    }
    const seen: Message[] = [];
    while (seen.length < 4) {
      const messages = await receive(clients, QueueUrl);
      seen.push(...messages);
      for (const { ReceiptHandle } of messages)
        await clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    expect(seen.map(({ Body }) => Body)).toEqual(['1', '2', '3', '4']);
    expect(seen[0]?.Attributes).toMatchObject({ MessageGroupId: 'g', MessageDeduplicationId: '1' });
  });

  it('hold a delivery until the queue can take it, and drop it when the queue is gone', async () => {
    const QueueUrl = await queue(clients, 'slow');
    await queue(clients, 'gone');
    const TopicArn = await topic(clients, 'news');
    await subscribe(TopicArn, 'gone');
    await subscribe(TopicArn, 'slow', { RawMessageDelivery: 'true' });
    await clients.sqs.send(new DeleteQueueCommand({ QueueUrl: QueueUrl.replace('slow', 'gone') }));
    await fetch(`${host.url}/_sandbox/sqs/faults`, {
      method: 'POST',
      body: JSON.stringify({ operation: 'SendMessage', status: 503, times: 2 }),
    });
    await clients.sns.send(new PublishCommand({ TopicArn, Message: 'x' }));
    expect(await receive(clients, QueueUrl)).toMatchObject([{ Body: 'x' }]);
  });

  it('have a shop that opens when the sandbox is up', async () => {
    const page = await fetch(`${host.url}/_sandbox/shop`);
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('todavía está abriendo');
  });

  it('leave no port or timer behind when they cannot start', async () => {
    await expect(startStandIns({ databaseUrl: database.superuserUrl, port: host.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('stand-ins as a process', () => {
  let database: TestDatabase;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await database.drop();
  });

  /** Starts the process as the sandbox does and resolves with its port. */
  async function start(port = 0, databaseUrl = database.superuserUrl): Promise<{ child: ChildProcess; port: number }> {
    const child = fork(path.join(__dirname, 'stand-ins.main.ts'), {
      execArgv: ['--require', path.join(__dirname, '../../../../scripts/register.cjs')],
      env: {
        PATH: process.env.PATH,
        SANDBOX_DATABASE_URL: databaseUrl,
        STAND_IN_PORT: String(port),
        MQTT_PORT: '0',
        SMTP_PORT: '0',
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    children.push(child);
    const [message] = (await once(child, 'message')) as [{ ready: boolean; port: number }];
    expect(message.ready).toBe(true);
    return { child, port: message.port };
  }

  it('lose nothing they acknowledged when they are killed in the middle of work', async () => {
    const first = await start();
    const clients = clientsOf(`http://127.0.0.1:${String(first.port)}`);
    const QueueUrl = await queue(clients, 'orders.fifo', { FifoQueue: 'true' });
    const TopicArn = await topic(clients, 'news.fifo', { FifoTopic: 'true' });
    const [sent, published]: [string[], string[]] = [[], []];
    const work = Array.from({ length: 6 }, async (_, producer) => {
      for (let i = 0; ; i += 1) {
        const id = `${String(producer)}-${String(i)}`;
        const ids = { MessageGroupId: `g${String(producer)}`, MessageDeduplicationId: id };
        await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: id, ...ids }));
        sent.push(id);
        await clients.sns.send(new PublishCommand({ TopicArn, Message: id, ...ids }));
        published.push(id);
      }
    }).map((producer) => producer.catch(() => undefined));
    await until(async () => published.length > 20, { withinMs: 30_000, what: 'work is under way' });
    first.child.kill('SIGKILL');
    await Promise.all(work);

    await start(first.port);
    const effects = async (part: string): Promise<Record<string, string>[]> =>
      (await (await fetch(`http://127.0.0.1:${String(first.port)}/_sandbox/${part}/received`)).json()) as Record<
        string,
        string
      >[];
    expect((await effects('sns')).map((effect) => effect['message'])).toEqual(expect.arrayContaining(published));
    expect((await effects('sqs')).map((effect) => effect['body'])).toEqual(expect.arrayContaining(sent));

    const inQueue: string[] = [];
    for (
      let messages = await receive(clients, QueueUrl, 0);
      messages.length > 0;
      messages = await receive(clients, QueueUrl, 0)
    ) {
      inQueue.push(...messages.map(({ Body }) => Body ?? ''));
      for (const { ReceiptHandle } of messages)
        await clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    expect(inQueue).toEqual(expect.arrayContaining(sent));
    expect(new Set(inQueue).size).toBe(inQueue.length);
    clients.sqs.destroy();
    clients.sns.destroy();
  });

  it('end when the sandbox that started them is gone, and when told to', async () => {
    const orphan = await start();
    orphan.child.disconnect();
    expect(await once(orphan.child, 'exit')).toEqual([1, null]);
    const told = await start();
    told.child.kill('SIGTERM');
    expect(await once(told.child, 'exit')).toEqual([0, null]);
  });

  it('say which setting is wrong', async () => {
    const child = fork(path.join(__dirname, 'stand-ins.main.ts'), {
      execArgv: ['--require', path.join(__dirname, '../../../../scripts/register.cjs')],
      env: { PATH: process.env.PATH, SANDBOX_DATABASE_URL: 'mysql://x', STAND_IN_PORT: '99999' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    expect(await once(child, 'exit')).toEqual([1, null]);
    expect(text).toContain('SANDBOX_DATABASE_URL');
    expect(text).toContain('STAND_IN_PORT');
  });
});
