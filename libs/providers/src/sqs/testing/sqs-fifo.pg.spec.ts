import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Message } from '@aws-sdk/client-sqs';
import { useSqsStandIn } from '../../../../../test/support/sqs-stand-in.fixture';

describe('SQS stand-in: FIFO queues', () => {
  const standIn = useSqsStandIn();
  let QueueUrl: string;

  beforeEach(async () => {
    QueueUrl = await queue('orders.fifo');
  });

  const queue = (name: string, more: Record<string, string> = {}): Promise<string> =>
    standIn.queue(name, { FifoQueue: 'true', ...more });
  const send = (
    MessageBody: string,
    MessageGroupId: string | undefined = 'g',
    MessageDeduplicationId: string | undefined = MessageBody,
  ) => standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId }));
  const receive = async (MaxNumberOfMessages = 10, VisibilityTimeout = 30): Promise<Message[]> =>
    (
      await standIn.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages,
          VisibilityTimeout,
          MessageSystemAttributeNames: ['All'],
        }),
      )
    ).Messages ?? [];
  const bodies = async (max?: number, visibility?: number): Promise<(string | undefined)[]> =>
    (await receive(max, visibility)).map(({ Body }) => Body);
  const remove = ({ ReceiptHandle }: Message) =>
    standIn.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  const release = ({ ReceiptHandle }: Message) =>
    standIn.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  const advance = (ms: number): Promise<unknown> => standIn.sandbox.order('sqs/clock', { advanceMs: ms });

  it('gives several messages of a group at once, in order, with their numbers', async () => {
    for (const body of ['1', '2', '3']) await send(body);
    const messages = await receive();
    expect(messages.map(({ Body }) => Body)).toEqual(['1', '2', '3']);
    const numbers = messages.map(({ Attributes }) => Attributes?.SequenceNumber ?? '');
    expect(numbers.every((number) => /^\d{20}$/.test(number))).toBe(true);
    expect([...numbers].sort()).toEqual(numbers);
    expect(messages[0]?.Attributes).toMatchObject({ MessageGroupId: 'g', MessageDeduplicationId: '1' });
  });

  it('locks a group while one of its messages is in flight, and no other group', async () => {
    for (const [body, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
      ['a3', 'a'],
    ])
      await send(body ?? '', group);
    const [first] = await receive(1);
    expect(first?.Body).toBe('a1');
    expect(await bodies()).toEqual(['b1']);
    expect(await bodies()).toEqual([]);
    if (first) await remove(first);
    expect(await bodies()).toEqual(['a2', 'a3']);
  });

  it('fills a receive from one group before it opens the next', async () => {
    for (const [body, group] of [
      ['a1', 'a'],
      ['b1', 'b'],
      ['a2', 'a'],
      ['b2', 'b'],
    ])
      await send(body ?? '', group);
    expect(await bodies(3)).toEqual(['a1', 'a2', 'b1']);
    expect(await bodies()).toEqual([]);
  });

  it('gives the same message again, before the later ones, when it comes back', async () => {
    for (const body of ['1', '2']) await send(body);
    const [first] = await receive(1);
    if (first) await release(first);
    expect(await bodies()).toEqual(['1', '2']);
    await advance(31_000);
    expect(await bodies()).toEqual(['1', '2']);
  });

  it('keeps a group locked until all of a receive came back', async () => {
    for (const body of ['1', '2', '3']) await send(body);
    const [one, two] = await receive(2);
    if (two) await release(two);
    expect(await bodies()).toEqual([]);
    if (one) await remove(one);
    expect(await bodies()).toEqual(['2', '3']);
  });

  it('answers a repeat with the first id and number for five minutes, even after the first is gone', async () => {
    const first = await send('x');
    const [message] = await receive();
    if (message) await remove(message);
    const repeat = await send('other text', 'other-group', 'x');
    expect([repeat.MessageId, repeat.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    expect(await bodies()).toEqual([]);
    expect(await standIn.sandbox.received('sqs')).toHaveLength(1);

    await advance(300_001);
    const later = await send('x');
    expect(later.MessageId).not.toBe(first.MessageId);
    expect(await bodies()).toEqual(['x']);
  });

  it('deduplicates by content where the queue says so, attributes aside', async () => {
    QueueUrl = await queue('content.fifo', { ContentBasedDeduplication: 'true' });
    const plain = (MessageBody: string, MessageAttributes = {}) =>
      standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'g', MessageAttributes }));
    const first = await plain('x');
    expect((await plain('x', { a: { DataType: 'String', StringValue: 'b' } })).MessageId).toBe(first.MessageId);
    await plain('y');
    expect(await bodies()).toEqual(['x', 'y']);
  });

  it('deduplicates inside a group where the queue says so', async () => {
    QueueUrl = await queue('scoped.fifo', {
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
    await send('1', 'a', 'same');
    await send('2', 'b', 'same');
    await send('3', 'a', 'same');
    expect((await bodies()).sort()).toEqual(['1', '2']);
  });

  it('deduplicates inside one batch and among sends at the same time', async () => {
    const Entries = ['a', 'b', 'a'].map((body, i) => ({
      Id: String(i),
      MessageBody: body,
      MessageGroupId: 'g',
      MessageDeduplicationId: body,
    }));
    const { Successful } = await standIn.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Successful?.[2]?.MessageId).toBe(Successful?.[0]?.MessageId);

    const sent = await Promise.all(
      Array.from({ length: 30 }, (_, i) => send(`text ${String(i)}`, 'g', `d${String(i % 3)}`)),
    );
    expect(new Set(sent.map(({ MessageId }) => MessageId)).size).toBe(3);
    expect(await standIn.sandbox.received('sqs')).toHaveLength(2 + 3);
  });

  it('keeps the order of sends from many producers inside each group', async () => {
    const producers = Array.from({ length: 8 }, async (_, producer) => {
      for (let i = 0; i < 15; i += 1) await send(`${String(producer)}:${String(i)}`, `g${String(producer)}`);
    });
    const seen = new Map<string, number[]>();
    const consume = async (): Promise<void> => {
      for (let empty = 0; empty < 3;) {
        const messages = await receive(4);
        if (messages.length === 0) empty += 1;
        for (const message of messages) {
          const [group = '', number = ''] = (message.Body ?? '').split(':');
          seen.set(group, [...(seen.get(group) ?? []), Number(number)]);
        }
        for (const message of messages) await remove(message);
      }
    };
    await Promise.all(producers);
    await Promise.all(Array.from({ length: 6 }, consume));
    expect(seen.size).toBe(8);
    for (const numbers of seen.values()) expect(numbers).toEqual(Array.from({ length: 15 }, (_, i) => i));
  });

  it('refuses a delete whose handle has expired', async () => {
    await send('x');
    const [message] = await receive(1, 10);
    await advance(11_000);
    await expect(message && remove(message)).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: expect.stringContaining('Reason: The receipt handle has expired.'),
    });
  });

  it('moves a spent head to the dead-letter queue, group and id kept, and goes on with the next', async () => {
    const dead = await queue('dead.fifo');
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead.fifo',
      maxReceiveCount: 1,
    });
    QueueUrl = await queue('fragile.fifo', { RedrivePolicy });
    const { MessageId } = await send('poison');
    await send('fine');
    const [head] = await receive(1);
    if (head) await release(head);
    expect(await bodies()).toEqual(['fine']);

    QueueUrl = dead;
    expect(await receive()).toMatchObject([
      { Body: 'poison', MessageId, Attributes: { MessageGroupId: 'g', MessageDeduplicationId: 'poison' } },
    ]);
  });

  it("delays all messages by the queue's own delay only", async () => {
    QueueUrl = await queue('slow.fifo', { DelaySeconds: '30' });
    await send('x');
    expect(await bodies()).toEqual([]);
    const { Attributes } = await standIn.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessagesDelayed'] }),
    );
    expect(Attributes).toEqual({ ApproximateNumberOfMessagesDelayed: '1' });
    await advance(31_000);
    expect(await bodies()).toEqual(['x']);
    await expect(
      standIn.sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: 'y',
          MessageGroupId: 'g',
          MessageDeduplicationId: 'y',
          DelaySeconds: 2,
        }),
      ),
    ).rejects.toThrow(
      'Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.',
    );
  });

  it('asks for a group, and for something to deduplicate by', async () => {
    const plain = (more: object) => standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', ...more }));
    await expect(plain({ MessageDeduplicationId: 'd' })).rejects.toMatchObject({
      Code: 'MissingParameter',
      message: 'The request must contain the parameter MessageGroupId.',
    });
    await expect(plain({ MessageGroupId: 'g' })).rejects.toThrow(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
    await expect(plain({ MessageGroupId: 'with space', MessageDeduplicationId: 'd' })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
    });
    await expect(
      standIn.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '1', MessageBody: 'x' }] })),
    ).rejects.toThrow('The request must contain the parameter MessageGroupId.');
  });
});
