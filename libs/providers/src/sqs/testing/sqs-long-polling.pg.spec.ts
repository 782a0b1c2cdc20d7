import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { useSqsStandIn } from '../../../../../test/support/sqs-stand-in.fixture';

describe('SQS stand-in: long polling', () => {
  const standIn = useSqsStandIn();

  const poll = async (QueueUrl: string, WaitTimeSeconds: number, abortSignal?: AbortSignal): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds,
      VisibilityTimeout: 600,
      MessageSystemAttributeNames: ['All'],
    });
    return (await standIn.sqs.send(command, { ...(abortSignal ? { abortSignal } : {}) })).Messages ?? [];
  };
  /** A long poll whose client knows what it has read when it closes its socket without a word. */
  const barePoll = (QueueUrl: string): { end: () => Message[] } => {
    let text = '';
    const request = http.request(standIn.sandbox.url, {
      method: 'POST',
      agent: new http.Agent({ keepAlive: true }),
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.ReceiveMessage',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDANY/20250101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
      },
    });
    request.on('error', () => undefined);
    request.on('response', (response) =>
      response.on('error', () => undefined).on('data', (chunk: Buffer) => (text += chunk.toString())),
    );
    request.end(JSON.stringify({ QueueUrl, WaitTimeSeconds: 20, VisibilityTimeout: 600, AttributeNames: ['All'] }));
    return {
      end: () => {
        request.destroy();
        return text === '' ? [] : ((JSON.parse(text) as { Messages?: Message[] }).Messages ?? []);
      },
    };
  };
  const elapsed = async (work: Promise<unknown>): Promise<number> => {
    const from = performance.now();
    await work;
    return performance.now() - from;
  };

  it('waits, and wakes within moments of a send', async () => {
    const QueueUrl = await standIn.queue('orders');
    const polling = poll(QueueUrl, 20);
    await sleep(200);
    const woken = elapsed(polling);
    await standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    expect(await polling).toMatchObject([{ Body: 'x' }]);
    expect(await woken).toBeLessThan(1_000);
  });

  it('ends empty after its time', async () => {
    const QueueUrl = await standIn.queue('orders', { ReceiveMessageWaitTimeSeconds: '1' });
    const took = await elapsed(standIn.sqs.send(new ReceiveMessageCommand({ QueueUrl })));
    expect(took).toBeGreaterThan(950);
    expect(took).toBeLessThan(5_000);
  });

  it('wakes when a delay is over, and when the clock is moved past a visibility timeout', async () => {
    const QueueUrl = await standIn.queue('orders');
    await standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late', DelaySeconds: 1 }));
    expect(await elapsed(poll(QueueUrl, 20))).toBeLessThan(4_000);

    const again = poll(QueueUrl, 20);
    await sleep(100);
    await standIn.sandbox.order('sqs/clock', { advanceMs: 601_000 });
    expect(await again).toMatchObject([{ Body: 'late' }]);
  });

  it('wakes when a FIFO group is free again', async () => {
    const QueueUrl = await standIn.queue('orders.fifo', { FifoQueue: 'true' });
    for (const body of ['1', '2']) {
      await standIn.sqs.send(
        new SendMessageCommand({ QueueUrl, MessageBody: body, MessageGroupId: 'g', MessageDeduplicationId: body }),
      );
    }
    const [first] = await poll(QueueUrl, 0);
    const waiting = poll(QueueUrl, 20);
    await sleep(100);
    await standIn.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    const [second] = await waiting;
    expect(second?.Body).toBe('2');

    const third = poll(QueueUrl, 20);
    await sleep(100);
    await standIn.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle, VisibilityTimeout: 0 }),
    );
    expect(await third).toMatchObject([{ Body: '2' }]);
  });

  it.each(['standard', 'standard.fifo'])('swallows nothing when the client goes away (%s)', async (name) => {
    const fifo = name.endsWith('.fifo');
    const QueueUrl = await standIn.queue(name, fifo ? { FifoQueue: 'true' } : {});
    for (let round = 0; round < 30; round += 1) {
      const client = barePoll(QueueUrl);
      await sleep(20);
      // The end and the send race on purpose: whoever comes first, the message is in the client's hands or in the queue.
      const MessageBody = `m${String(round)}`;
      const ids = fifo ? { MessageGroupId: 'g', MessageDeduplicationId: MessageBody } : {};
      const sent = standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...ids }));
      await sleep(round % 10);
      const read = client.end();
      await sent;
      const [message] = read.length > 0 ? read : await poll(QueueUrl, 5);
      expect(message).toMatchObject({ Body: MessageBody, Attributes: { ApproximateReceiveCount: '1' } });
      await standIn.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    }
  });

  it.each(['close', 'keep-alive'])(
    'leaves its messages to a client that reads and hangs up (connection: %s)',
    async (connection) => {
      const QueueUrl = await standIn.queue('orders');
      for (let round = 0; round < 10; round += 1) {
        await standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
        const query = new URLSearchParams({
          Action: 'ReceiveMessage',
          Version: '2012-11-05',
          QueueUrl,
          VisibilityTimeout: '600',
        });
        const text = await new Promise<string>((resolve) => {
          let read = '';
          const request = http.get(
            `${standIn.sandbox.url}/?${query.toString()}`,
            { agent: false, headers: { connection } },
            (response) =>
              response
                .on('data', (chunk: Buffer) => (read += chunk.toString()))
                .on('end', () => {
                  request.destroy();
                  resolve(read);
                }),
          );
        });
        const ReceiptHandle = /<ReceiptHandle>(.+)<\/ReceiptHandle>/.exec(text)?.[1];
        await sleep(20);
        expect(await poll(QueueUrl, 0)).toEqual([]);
        await standIn.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    },
  );

  it('gives back what it had claimed for a client that is gone when the answer is ready', async () => {
    const QueueUrl = await standIn.queue('orders');
    await standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    // The fault holds the finished answer back; the client leaves in the meantime.
    await standIn.sandbox.order('sqs/faults', { operation: 'ReceiveMessage', delayMs: 400 });
    await expect(poll(QueueUrl, 0, AbortSignal.timeout(100))).rejects.toThrow();
    expect(await poll(QueueUrl, 5)).toMatchObject([{ Body: 'x', Attributes: { ApproximateReceiveCount: '1' } }]);
  });

  it('does not starve a poll behind one whose client has gone', async () => {
    const QueueUrl = await standIn.queue('orders');
    const client = new AbortController();
    const gone = poll(QueueUrl, 20, client.signal).catch(() => []);
    await sleep(50);
    const patient = poll(QueueUrl, 20);
    await sleep(50);
    client.abort();
    await gone;
    await standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    expect(await patient).toMatchObject([{ Body: 'x' }]);
  });

  it('ends with the queue', async () => {
    const QueueUrl = await standIn.queue('orders');
    const waiting = expect(poll(QueueUrl, 20)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    await sleep(100);
    await standIn.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await waiting;
  });

  it('ends empty when the stand-in stops', async () => {
    const QueueUrl = await standIn.queue('orders');
    const waiting = poll(QueueUrl, 20);
    await sleep(100);
    await standIn.sandbox.restart();
    expect(await waiting).toEqual([]);
  });
});
