import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { Secret } from '@puente/kernel';
import type { SqsClient } from './sqs.client';
import { sqs } from './sqs.provider';
import { SendMessage, SendMessageBatch } from './sqs.schemas';

const queueUrl = 'https://sqs.us-east-1.amazonaws.com/123456789012/orders';
const fifoUrl = `${queueUrl}.fifo`;

interface Wire {
  readonly host: string | undefined;
  readonly target: string | undefined;
  readonly body: Record<string, unknown>;
}

let server: Server;
let endpoint: string;
let client: SqsClient;
let seen: Wire[];
let reply: (body: Record<string, unknown>) => unknown;

beforeEach(async () => {
  seen = [];
  reply = ({ MessageBody }) => ({ MessageId: 'm-1', MD5OfMessageBody: md5(String(MessageBody)) });
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      seen.push({ host: request.headers.host, target: String(request.headers['x-amz-target']), body });
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(reply(body)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  client = sqs.connect(
    new Secret({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' }),
    { region: 'us-east-1', endpoint },
    { tenantId: 't', externalId: 'x', installation: 'test', egress: loopbackEgress() },
  );
});

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const call = { signal: new AbortController().signal, dedupeKey: '0190b6c2-7e5a-7cc0-8000-000000000000' };

describe('sending to a queue', () => {
  it('changes nothing: text, escapes, attributes', async () => {
    const body = '{"text":"\\u00f1and\\u00fa \u{1F9A4}",  "spaces": 1}\r\n\t';
    const attributes = {
      method: { type: 'String', value: 'create_post_move' },
      accountId: { type: 'Number', value: '9007199254740993' },
      seal: { type: 'Binary', value: 'AAEC' },
    };

    await client.sendMessage(SendMessage.parse({ queueUrl, body, attributes, delaySeconds: 5 }), call);

    expect(seen[0]?.body).toEqual({
      QueueUrl: queueUrl,
      MessageBody: body,
      DelaySeconds: 5,
      MessageAttributes: {
        method: { DataType: 'String', StringValue: 'create_post_move' },
        accountId: { DataType: 'Number', StringValue: '9007199254740993' },
        seal: { DataType: 'Binary', BinaryValue: 'AAEC' },
      },
    });
  });

  it('goes to the region of the credentials, never to the host in the URL of the queue', async () => {
    const context = { tenantId: 't', externalId: 'x', installation: 'test', egress: loopbackEgress() };
    const keys = new Secret({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' });
    const real = sqs.connect(keys, { region: 'us-east-1' }, context);
    const hosts: string[] = [];
    // Just before the socket: this one request must not leave the machine.
    (real as unknown as { sdk: SQSClient }).sdk.middlewareStack.add(
      () => (args) => {
        hosts.push((args.request as { hostname: string }).hostname);
        return Promise.reject(new Error('far enough'));
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const lure = SendMessage.parse({ queueUrl: `${endpoint}/123456789012/orders`, body: 'x' });

    await expect(real.sendMessage(lure, call)).rejects.toThrow('far enough');

    real.close();
    expect(hosts).toEqual(['sqs.us-east-1.amazonaws.com']);
  });

  it('deduplicates FIFO messages by the caller’s id, or by ours, the same over all tries', async () => {
    await client.sendMessage(SendMessage.parse({ queueUrl: fifoUrl, body: 'x', groupId: 'g' }), call);
    await client.sendMessage(SendMessage.parse({ queueUrl: fifoUrl, body: 'x', groupId: 'g' }), call);
    const own = { queueUrl: fifoUrl, body: 'x', groupId: 'g', deduplicationId: 'own' };
    await client.sendMessage(SendMessage.parse(own), call);
    await client.sendMessage(SendMessage.parse({ queueUrl, body: 'x', groupId: 'tenant-7' }), call);

    expect(seen.map(({ body }) => [body['MessageGroupId'], body['MessageDeduplicationId']])).toEqual([
      ['g', call.dedupeKey],
      ['g', call.dedupeKey],
      ['g', 'own'],
      ['tenant-7', undefined],
    ]);
  });

  it.each([
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders'],
    ['https://sqs.eu-west-1.api.aws/123456789012/orders'],
    ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders'],
  ])('says before sending that a queue is in another region: %s', async (elsewhere) => {
    const sending = client.sendMessage(SendMessage.parse({ queueUrl: elsewhere, body: 'x' }), call);

    const error: unknown = await sending.catch((reason: unknown) => reason);
    expect(sqs.classify(error)).toMatchObject({ kind: 'rejected', code: 'QUEUE_REGION_MISMATCH' });
    expect(seen).toEqual([]);
  });

  it('does not believe an answer about another body', async () => {
    reply = () => ({ MessageId: 'm-1', MD5OfMessageBody: md5('something else') });

    const error: unknown = await client
      .sendMessage(SendMessage.parse({ queueUrl, body: 'x' }), call)
      .catch((reason: unknown) => reason);

    expect(sqs.classify(error)).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });
});

describe('sending a batch', () => {
  it('gives each entry an id of its own that stays the same, and reports each', async () => {
    reply = ({ Entries }) => {
      const [first, second] = Entries as { Id: string; MessageBody: string }[];
      return {
        Successful: [{ Id: first?.Id, MessageId: 'm-1', MD5OfMessageBody: md5(first?.MessageBody ?? '') }],
        Failed: [{ Id: second?.Id, Code: 'InternalError', SenderFault: false, Message: 'try again' }],
      };
    };
    const input = SendMessageBatch.parse({
      queueUrl: fifoUrl,
      entries: [
        { id: 'a', body: 'one', groupId: 'g' },
        { id: 'b', body: 'two', groupId: 'g', deduplicationId: 'own' },
      ],
    });

    const answer = await client.sendMessageBatch(input, call);
    await client.sendMessageBatch(input, call);

    expect(answer).toMatchObject({
      successful: [{ id: 'a', messageId: 'm-1' }],
      failed: [{ id: 'b', code: 'InternalError', outcome: 'unknown' }],
    });
    const ids = seen.map(({ body }) =>
      (body['Entries'] as Record<string, unknown>[]).map((entry) => entry['MessageDeduplicationId']),
    );
    expect(ids).toEqual([
      [`${call.dedupeKey}/a`, 'own'],
      [`${call.dedupeKey}/a`, 'own'],
    ]);
  });
});

describe('the input', () => {
  it.each([
    ['no body', { queueUrl, body: '' }],
    ['a character SQS refuses', { queueUrl, body: 'a\u0000b' }],
    ['half a character', { queueUrl, body: '\ud83e' }],
    ['a noncharacter', { queueUrl, body: '\ufffe' }],
    ['more than 1 MiB', { queueUrl, body: 'ñ'.repeat(524_289) }],
    ['a FIFO message without a group', { queueUrl: fifoUrl, body: 'x' }],
    ['a delayed FIFO message', { queueUrl: fifoUrl, body: 'x', groupId: 'g', delaySeconds: 1 }],
    ['a deduplication id for a standard queue', { queueUrl, body: 'x', deduplicationId: 'd' }],
    ['a group with a space', { queueUrl, body: 'x', groupId: 'a b' }],
    ['a URL without a queue', { queueUrl: 'https://sqs.us-east-1.amazonaws.com/', body: 'x' }],
    ['a file', { queueUrl: 'file:///etc/passwd', body: 'x' }],
  ])('is refused before anything is written: %s', (_name, input) => {
    expect(SendMessage.safeParse(input).success).toBe(false);
  });

  it('takes what SQS takes', () => {
    for (const body of ['x', '\t\r\n', '\ufffd', '🦤', 'ñ'.repeat(524_288)]) {
      expect(SendMessage.safeParse({ queueUrl, body }).success).toBe(true);
    }
  });

  it.each([
    ['nothing', []],
    ['eleven entries', Array.from({ length: 11 }, (_, n) => ({ id: `e${String(n)}`, body: 'x' }))],
    [
      'two entries with one id',
      [
        { id: 'a', body: 'x' },
        { id: 'a', body: 'y' },
      ],
    ],
    [
      'too much together',
      [
        { id: 'a', body: 'x'.repeat(600_000) },
        { id: 'b', body: 'x'.repeat(600_000) },
      ],
    ],
    ['an id SQS refuses', [{ id: 'a b', body: 'x' }]],
  ])('is refused as a batch: %s', (_name, entries) => {
    expect(SendMessageBatch.safeParse({ queueUrl, entries }).success).toBe(false);
  });
});
