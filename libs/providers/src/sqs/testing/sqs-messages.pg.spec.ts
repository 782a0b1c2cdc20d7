import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Message, ReceiveMessageCommandInput, SendMessageCommandInput } from '@aws-sdk/client-sqs';
import { useSqsStandIn } from '../../../../../test/support/sqs-stand-in.fixture';

describe('SQS stand-in: messages of a standard queue', () => {
  const standIn = useSqsStandIn();
  let QueueUrl: string;

  beforeEach(async () => {
    QueueUrl = await standIn.queue('orders');
  });

  const send = (MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
    standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
  const receive = async (more: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> =>
    (await standIn.sqs.send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
  const bodies = async (more: Partial<ReceiveMessageCommandInput> = {}): Promise<(string | undefined)[]> =>
    (await receive({ MaxNumberOfMessages: 10, ...more })).map(({ Body }) => Body);
  const remove = (ReceiptHandle = '') => standIn.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
    standIn.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
  const advance = (ms: number): Promise<unknown> => standIn.sandbox.order('sqs/clock', { advanceMs: ms });
  const counts = async (url = QueueUrl): Promise<string[]> => {
    const { Attributes = {} } = await standIn.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    return [
      Attributes.ApproximateNumberOfMessages ?? '',
      Attributes.ApproximateNumberOfMessagesNotVisible ?? '',
      Attributes.ApproximateNumberOfMessagesDelayed ?? '',
    ];
  };

  // The SDK checks MD5OfMessageBody and MD5OfMessageAttributes of each answer and throws when they are wrong.
  it('carries a message unchanged, with attributes of every type', async () => {
    const body = 'Pago recibido ✅ ñandú\r\n\t<xml attr="&"/> \u{1F600}';
    const attributes = {
      method: { DataType: 'String', StringValue: 'create_post_move' },
      accountId: { DataType: 'Number', StringValue: '123456789012345678' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255, 1]) },
      custom: { DataType: 'String.json', StringValue: '{}' },
    };
    const sent = await send(body, { MessageAttributes: attributes });
    expect(sent.MD5OfMessageAttributes).toMatch(/^[0-9a-f]{32}$/);

    const [message] = await receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] });
    expect(message?.Body).toBe(body);
    expect(message?.MessageId).toBe(sent.MessageId);
    expect(message?.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
    expect(message?.MessageAttributes).toEqual(attributes);
    expect(message?.Attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
    });
  });

  it('gives only the attributes that were asked for', async () => {
    const text = (StringValue: string): { DataType: string; StringValue: string } => ({
      DataType: 'String',
      StringValue,
    });
    await send('x', { MessageAttributes: { 'trace.a': text('1'), 'trace.b': text('2'), other: text('3') } });
    const names = async (...MessageAttributeNames: string[]): Promise<string[]> => {
      const [message] = await receive({ MessageAttributeNames, VisibilityTimeout: 0 });
      return Object.keys(message?.MessageAttributes ?? {}).sort();
    };
    expect(await names()).toEqual([]);
    expect(await names('other', 'absent')).toEqual(['other']);
    expect(await names('trace.*')).toEqual(['trace.a', 'trace.b']);
    expect(await names('.*')).toEqual(['other', 'trace.a', 'trace.b']);
  });

  it('hides a received message until its visibility timeout, then counts the next receive', async () => {
    await send('x');
    await receive({ VisibilityTimeout: 60 });
    expect(await bodies()).toEqual([]);
    expect(await counts()).toEqual(['0', '1', '0']);

    await advance(61_000);
    const [again] = await receive({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(again?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
  });

  it('stretches and ends a flight', async () => {
    await send('x');
    const [message] = await receive({ VisibilityTimeout: 10 });
    await change(message?.ReceiptHandle, 100);
    await advance(50_000);
    expect(await bodies()).toEqual([]);
    await change(message?.ReceiptHandle, 0);
    expect(await bodies()).toEqual(['x']);
  });

  it('says which visibility changes come too late', async () => {
    await send('x');
    const [message] = await receive({ VisibilityTimeout: 10 });
    await advance(11_000);
    await expect(change(message?.ReceiptHandle, 30)).rejects.toMatchObject({ name: 'MessageNotInflight' });
    await remove(message?.ReceiptHandle);
    await expect(change(message?.ReceiptHandle, 30)).rejects.toThrow(
      'Message does not exist or is not available for visibility timeout change.',
    );
    await expect(change('nonsense', 30)).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
    await expect(change(message?.ReceiptHandle, 43_201)).rejects.toThrow(
      'Value 43201 for parameter VisibilityTimeout is invalid',
    );
  });

  it('takes a stale handle of a delete for a success that deletes nothing', async () => {
    await send('x');
    const [first] = await receive({ VisibilityTimeout: 10 });
    await advance(11_000);
    const [second] = await receive({ VisibilityTimeout: 10 });
    await remove(first?.ReceiptHandle);
    expect(await counts()).toEqual(['0', '1', '0']);
    await remove(second?.ReceiptHandle);
    await remove(second?.ReceiptHandle);
    expect(await counts()).toEqual(['0', '0', '0']);
    await expect(remove('nonsense')).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
    const other = await standIn.queue('other');
    await expect(
      standIn.sqs.send(new DeleteMessageCommand({ QueueUrl: other, ReceiptHandle: second?.ReceiptHandle })),
    ).rejects.toMatchObject({
      name: 'ReceiptHandleIsInvalid',
    });
  });

  it('delays by message and by queue', async () => {
    await send('late', { DelaySeconds: 5 });
    await send('now');
    expect(await bodies()).toEqual(['now']);
    expect(await counts()).toEqual(['0', '1', '1']);
    await advance(6_000);
    expect(await bodies()).toEqual(['late']);

    QueueUrl = await standIn.queue('slow', { DelaySeconds: '60' });
    await send('y');
    await send('z', { DelaySeconds: 0 });
    expect(await bodies()).toEqual(['z']);
  });

  it('forgets what is older than the retention period', async () => {
    QueueUrl = await standIn.queue('short', { MessageRetentionPeriod: '60' });
    await send('old');
    await advance(61_000);
    await send('new');
    expect(await counts()).toEqual(['1', '0', '0']);
    expect(await bodies()).toEqual(['new']);
  });

  it('moves a message to the dead-letter queue after its last receive', async () => {
    const dead = await standIn.queue('dead');
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
      maxReceiveCount: 2,
    });
    QueueUrl = await standIn.queue('fragile', { RedrivePolicy });
    const { MessageId } = await send('poison', { MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } });
    expect(await bodies({ VisibilityTimeout: 0 })).toEqual(['poison']);
    expect(await bodies({ VisibilityTimeout: 0 })).toEqual(['poison']);
    expect(await bodies()).toEqual([]);
    expect(await counts()).toEqual(['0', '0', '0']);

    QueueUrl = dead;
    const [message] = await receive({ MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] });
    expect(message).toMatchObject({
      MessageId,
      Body: 'poison',
      Attributes: { DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:fragile' },
      MessageAttributes: { a: { StringValue: 'b' } },
    });
  });

  it.each<[string, Partial<SendMessageCommandInput>, string, string]>([
    ['an empty body', { MessageBody: '' }, 'MissingParameter', 'The request must contain the parameter MessageBody.'],
    ['a forbidden character', { MessageBody: 'a\u0000b' }, 'InvalidMessageContents', 'Invalid characters found.'],
    ['half of a surrogate pair', { MessageBody: 'a\ud800b' }, 'InvalidMessageContents', 'Invalid characters found.'],
    [
      'a body that is too long',
      { MessageBody: 'x'.repeat(1_048_577) },
      'InvalidParameterValue',
      'Message must be shorter than 1048576 bytes.',
    ],
    [
      'a delay that is too long',
      { DelaySeconds: 901 },
      'InvalidParameterValue',
      'DelaySeconds must be >= 0 and <= 900.',
    ],
    ['a deduplication id', { MessageDeduplicationId: 'd' }, 'InvalidParameterValue', 'not valid for this queue type'],
    [
      'an attribute without a value',
      { MessageAttributes: { a: { DataType: 'String' } } },
      'InvalidParameterValue',
      'must contain a non-empty value',
    ],
    [
      'an attribute of an unknown type',
      { MessageAttributes: { a: { DataType: 'Text', StringValue: 'x' } } },
      'InvalidParameterValue',
      'type prefixes',
    ],
    [
      'eleven attributes',
      {
        MessageAttributes: Object.fromEntries(
          Array.from({ length: 11 }, (_, i) => [`a${String(i)}`, { DataType: 'String', StringValue: 'x' }]),
        ),
      },
      'InvalidParameterValue',
      'Number of message attributes [11] exceeds the allowed maximum [10].',
    ],
  ])('refuses %s', async (_what, input, code, message) => {
    await expect(send('x', input)).rejects.toMatchObject({ Code: code, message: expect.stringContaining(message) });
    expect(await counts()).toEqual(['0', '0', '0']);
  });

  it('refuses receives out of bounds', async () => {
    await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toThrow(
      'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    );
    await expect(receive({ WaitTimeSeconds: 21 })).rejects.toThrow('Value 21 for parameter WaitTimeSeconds');
  });

  it('holds a queue to its own size limit', async () => {
    QueueUrl = await standIn.queue('small', { MaximumMessageSize: '1024' });
    await send('x'.repeat(1_024));
    await expect(
      send('x'.repeat(1_020), { MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } }),
    ).rejects.toThrow('Message must be shorter than 1024 bytes.');
  });

  describe('batches', () => {
    const sendAll = (...entries: [Id: string, MessageBody: string][]) =>
      standIn.sqs.send(
        new SendMessageBatchCommand({ QueueUrl, Entries: entries.map(([Id, MessageBody]) => ({ Id, MessageBody })) }),
      );

    it('sends, changes and deletes ten at once', async () => {
      const sent = await sendAll(
        ...Array.from({ length: 10 }, (_, i): [string, string] => [`e${String(i)}`, `m${String(i)}`]),
      );
      expect(sent.Successful?.map(({ Id }) => Id)).toEqual(Array.from({ length: 10 }, (_, i) => `e${String(i)}`));
      expect(sent.Failed).toBeUndefined();

      const messages = await receive({ MaxNumberOfMessages: 10 });
      expect(new Set(messages.map(({ Body }) => Body)).size).toBe(10);
      const Entries = messages.map(({ ReceiptHandle }, i) => ({
        Id: String(i),
        ReceiptHandle,
        VisibilityTimeout: i < 5 ? 0 : 60,
      }));
      await standIn.sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
      expect(await counts()).toEqual(['5', '5', '0']);
      const deleted = await standIn.sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl,
          Entries: [...Entries.slice(0, 9), { Id: 'bad', ReceiptHandle: 'nonsense' }],
        }),
      );
      expect(deleted.Successful).toHaveLength(9);
      expect(deleted.Failed).toEqual([
        {
          Id: 'bad',
          SenderFault: true,
          Code: 'ReceiptHandleIsInvalid',
          Message: 'The input receipt handle "nonsense" is not a valid receipt handle.',
        },
      ]);
    });

    it('refuses single entries without failing the others', async () => {
      const sent = await sendAll(['good', 'x'], ['bad', 'a\u0001b']);
      expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['good']);
      expect(sent.Failed).toMatchObject([{ Id: 'bad', SenderFault: true, Code: 'InvalidMessageContents' }]);
    });

    it('refuses a batch as a whole when it is none', async () => {
      await expect(sendAll()).rejects.toMatchObject({ name: 'EmptyBatchRequest' });
      await expect(sendAll(['a', '1'], ['a', '2'])).rejects.toMatchObject({
        name: 'BatchEntryIdsNotDistinct',
        message: 'Id a repeated.',
      });
      await expect(sendAll(['a b', '1'])).rejects.toMatchObject({ name: 'InvalidBatchEntryId' });
      await expect(
        sendAll(...Array.from({ length: 11 }, (_, i): [string, string] => [String(i), 'x'])),
      ).rejects.toMatchObject({
        name: 'TooManyEntriesInBatchRequest',
        message: 'Maximum number of entries per request are 10. You have sent 11.',
      });
      await expect(sendAll(['a', 'x'.repeat(600_000)], ['b', 'x'.repeat(600_000)])).rejects.toMatchObject({
        name: 'BatchRequestTooLong',
        message: 'Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes.',
      });
    });
  });

  it('gives no message to two of twenty greedy consumers', async () => {
    const total = 300;
    for (let from = 0; from < total; from += 10) {
      const Entries = Array.from({ length: 10 }, (_, i) => ({ Id: String(i), MessageBody: `m${String(from + i)}` }));
      await standIn.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
    const seen: string[] = [];
    const consume = async (): Promise<void> => {
      for (;;) {
        const messages = await receive({ MaxNumberOfMessages: 3 });
        if (messages.length === 0) return;
        seen.push(...messages.map(({ Body }) => Body ?? ''));
        await sleep(1);
      }
    };
    await Promise.all(Array.from({ length: 20 }, consume));
    expect(seen).toHaveLength(total);
    expect(new Set(seen).size).toBe(total);
  });
});
