import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { useSqsStandIn } from '../../../../../test/support/sqs-stand-in.fixture';

describe('SQS stand-in: queues', () => {
  const standIn = useSqsStandIn();

  const attributes = async (QueueUrl: string): Promise<Record<string, string>> =>
    (await standIn.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
  const fifo = { FifoQueue: 'true' };

  it('makes a queue with defaults, under the host that was asked', async () => {
    const url = await standIn.queue('orders');
    expect(url).toBe(`${standIn.sandbox.url}/000000000000/orders`);
    expect(await attributes(url)).toMatchObject({
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:orders',
      VisibilityTimeout: '30',
      MessageRetentionPeriod: '345600',
      MaximumMessageSize: '1048576',
      DelaySeconds: '0',
      ReceiveMessageWaitTimeSeconds: '0',
      SqsManagedSseEnabled: 'true',
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
      LastModifiedTimestamp: expect.stringMatching(/^\d{10}$/),
    });
  });

  it('makes the same queue twice, but not with another attribute', async () => {
    const first = await standIn.queue('orders', { VisibilityTimeout: '20' });
    expect(await standIn.queue('orders', { VisibilityTimeout: '20' })).toBe(first);
    expect(await standIn.queue('orders')).toBe(first);
    await expect(standIn.queue('orders', { VisibilityTimeout: '21' })).rejects.toMatchObject({
      name: 'QueueNameExists',
      message: 'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
    });
  });

  it.each([
    ['bad name!', {}, 'InvalidParameterValue', 'Can only include alphanumeric'],
    ['orders.fifo', {}, 'InvalidParameterValue', 'Can only include alphanumeric'],
    ['orders', fifo, 'InvalidParameterValue', 'must end with .fifo suffix'],
    ['orders', { FifoQueue: 'false' }, 'InvalidAttributeName', 'Unknown Attribute FifoQueue.'],
    ['orders', { VisibilityTimeout: '43201' }, 'InvalidAttributeValue', 'VisibilityTimeout'],
    ['orders', { Shape: 'round' }, 'InvalidAttributeName', 'Unknown Attribute Shape.'],
    ['orders', { ContentBasedDeduplication: 'true' }, 'InvalidAttributeName', 'only when FifoQueue is set to true'],
    ['orders', { RedrivePolicy: 'none' }, 'InvalidParameterValue', 'Redrive policy is not a valid JSON map.'],
    [
      'orders',
      { RedrivePolicy: '{"deadLetterTargetArn":"dummy","maxReceiveCount":3}' },
      'InvalidParameterValue',
      'deadLetterTargetArn',
    ],
  ])('refuses the queue %s %j with %s', async (name, given: Record<string, string>, code, message) => {
    await expect(standIn.queue(name, given)).rejects.toMatchObject({
      Code: code,
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('ties a queue to a dead-letter queue of its own kind that exists', async () => {
    const policy = (name: string): Record<string, string> => ({
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
        maxReceiveCount: 5,
      }),
    });
    await expect(standIn.queue('orders.fifo', { ...fifo, ...policy('dead.fifo') })).rejects.toThrow(
      'Dead letter target does not exist.',
    );
    const dead = await standIn.queue('dead.fifo', fifo);
    await expect(standIn.queue('orders', policy('dead.fifo'))).rejects.toThrow('must be same type of queue');
    const source = await standIn.queue('orders.fifo', { ...fifo, ...policy('dead.fifo') });

    const sources = await standIn.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
    expect(sources.queueUrls).toEqual([source]);
  });

  it('changes attributes; one kind of encryption replaces the other', async () => {
    const url = await standIn.queue('orders');
    const set = (Attributes: Record<string, string>): Promise<unknown> =>
      standIn.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
    await set({ KmsMasterKeyId: 'alias/orders', KmsDataKeyReusePeriodSeconds: '600', VisibilityTimeout: '7' });
    expect(await attributes(url)).toMatchObject({
      KmsMasterKeyId: 'alias/orders',
      SqsManagedSseEnabled: 'false',
      VisibilityTimeout: '7',
    });

    await set({ SqsManagedSseEnabled: 'true' });
    expect(await attributes(url)).not.toHaveProperty('KmsMasterKeyId');
    await expect(set({ KmsMasterKeyId: 'k', SqsManagedSseEnabled: 'true' })).rejects.toThrow(
      'one type of server-side encryption',
    );
    await expect(set({ FifoQueue: 'true' })).rejects.toThrow('Unknown Attribute FifoQueue.');
  });

  it('lists by prefix, page by page', async () => {
    for (const name of ['a-1', 'a-2', 'a-3', 'b-1']) await standIn.queue(name);
    const first = await standIn.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'a-', MaxResults: 2 }));
    const second = await standIn.sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: 'a-', MaxResults: 2, NextToken: first.NextToken }),
    );

    expect(first.QueueUrls?.map((url) => url.split('/').pop())).toEqual(['a-1', 'a-2']);
    expect(second.QueueUrls?.map((url) => url.split('/').pop())).toEqual(['a-3']);
    expect(second.NextToken).toBeUndefined();
    expect((await standIn.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'z' }))).QueueUrls).toBeUndefined();
  });

  it('finds a queue by the path of its URL, whatever the host', async () => {
    await standIn.queue('orders');
    await standIn.sqs.send(
      new SendMessageCommand({ QueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/orders', MessageBody: 'x' }),
    );
    const found = await standIn.sqs.send(new GetQueueUrlCommand({ QueueName: 'orders' }));
    expect(await attributes(found.QueueUrl ?? '')).toMatchObject({ ApproximateNumberOfMessages: '1' });
  });

  it('does not know a queue that is not there, or no longer', async () => {
    const gone = {
      name: 'QueueDoesNotExist',
      message: 'The specified queue does not exist.',
      $metadata: { httpStatusCode: 400 },
    };
    await expect(standIn.sqs.send(new GetQueueUrlCommand({ QueueName: 'nothing' }))).rejects.toMatchObject(gone);
    const url = await standIn.queue('orders');
    await standIn.sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
    await expect(standIn.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }))).rejects.toMatchObject(
      gone,
    );
    await expect(attributes('http://127.0.0.1/orders')).rejects.toMatchObject({ name: 'InvalidAddress' });
  });

  it('begins empty when a deleted name is used again', async () => {
    const url = await standIn.queue('orders');
    await standIn.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }));
    await standIn.sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
    expect(await attributes(await standIn.queue('orders'))).toMatchObject({ ApproximateNumberOfMessages: '0' });
  });

  it('is purged at most once a minute', async () => {
    const url = await standIn.queue('orders');
    const purge = (): Promise<unknown> => standIn.sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
    await standIn.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }));
    await purge();
    expect(await attributes(url)).toMatchObject({ ApproximateNumberOfMessages: '0' });
    await expect(purge()).rejects.toMatchObject({ name: 'PurgeQueueInProgress', $metadata: { httpStatusCode: 403 } });
    await standIn.sandbox.order('sqs/clock', { advanceMs: 61_000 });
    await purge();
  });

  it('keeps tags', async () => {
    const url = await standIn.queue('orders');
    await standIn.sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { team: 'a', cost: '7' } }));
    await standIn.sqs.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ['team'] }));
    expect((await standIn.sqs.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags).toEqual({ cost: '7' });
  });

  it('refuses a revoked key until it is restored', async () => {
    await standIn.sandbox.order('aws/revoke', { accessKeyId: 'AKIDANY' });
    await expect(standIn.queue('orders')).rejects.toMatchObject({
      Code: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
      $metadata: { httpStatusCode: 403 },
    });
    await standIn.sandbox.order('aws/restore', { accessKeyId: 'AKIDANY' });
    await expect(standIn.queue('orders')).resolves.toContain('orders');
  });

  it('answers an ordered fault in its own shape', async () => {
    const url = await standIn.queue('orders');
    const send = (): Promise<unknown> => standIn.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' }));
    await standIn.sandbox.order('sqs/faults', { operation: 'SendMessage', status: 403, code: 'RequestThrottled' });
    await expect(send()).rejects.toMatchObject({ name: 'RequestThrottled', $metadata: { httpStatusCode: 403 } });
    await standIn.sandbox.order('sqs/faults', { operation: 'SendMessage', reset: 'after' });
    await expect(send()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await standIn.sandbox.received('sqs')).toHaveLength(1);
  });
});
