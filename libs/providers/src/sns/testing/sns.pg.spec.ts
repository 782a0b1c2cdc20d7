import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSMSAttributesCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SetSMSAttributesCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-sns';
import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { startTestStandIns } from '../../../../../test/support/test-stand-ins';
import type { TestStandIns } from '../../../../../test/support/test-stand-ins';
import { SnsStandIn } from './sns.stand-in';

interface Mail {
  readonly protocol: string;
  readonly endpoint: string;
  readonly subject?: string;
  readonly message: string;
  readonly messageId?: string;
}

describe('SNS stand-in', () => {
  let sandbox: TestStandIns;
  let sns: SNSClient;

  beforeAll(async () => {
    sandbox = await startTestStandIns((access) => [new SnsStandIn(access)]);
    const credentials = { accessKeyId: 'AKIDANY', secretAccessKey: 'any' };
    sns = new SNSClient({ endpoint: sandbox.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  afterAll(async () => {
    sns.destroy();
    await sandbox.stop();
  });
  beforeEach(() => sandbox.order('reset'));

  const arn = (name: string): string => `arn:aws:sns:us-east-1:000000000000:${name}`;
  const topic = async (Name: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await sns.send(new CreateTopicCommand({ Name, Attributes }))).TopicArn ?? '';
  const fifo = { FifoTopic: 'true' };
  const subscribe = async (
    TopicArn: string,
    Protocol: string,
    Endpoint: string,
    Attributes: Record<string, string> = {},
  ): Promise<string> =>
    (await sns.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint, Attributes }))).SubscriptionArn ?? '';
  const publish = (TopicArn: string, Message: string, more: Partial<PublishCommandInput> = {}) =>
    sns.send(new PublishCommand({ TopicArn, Message, ...more }));
  const inbox = async (): Promise<Mail[]> =>
    (await (await fetch(`${sandbox.url}/_sandbox/sns/inbox`)).json()) as Mail[];
  const received = () => sandbox.received('sns');

  describe('topics', () => {
    it('are made once, and not again with other attributes', async () => {
      expect(await topic('news', { DisplayName: 'News' })).toBe(arn('news'));
      expect(await topic('news')).toBe(arn('news'));
      await expect(topic('news', { DisplayName: 'Other' })).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: 'Invalid parameter: Attributes Reason: Topic already exists with different attributes',
      });
      await expect(topic('bad name')).rejects.toThrow('Invalid parameter: Topic Name');
      await expect(topic('news.fifo')).rejects.toThrow('Invalid parameter: Topic Name');
      await expect(topic('news', fifo)).rejects.toThrow('must end with .fifo');
    });

    it('have attributes, tags and an end', async () => {
      const TopicArn = await topic('news');
      await sns.send(
        new SetTopicAttributesCommand({ TopicArn, AttributeName: 'DisplayName', AttributeValue: 'Ñandú <news>' }),
      );
      await subscribe(TopicArn, 'email', 'a@example.com');
      const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
      expect(Attributes).toMatchObject({
        TopicArn,
        Owner: '000000000000',
        DisplayName: 'Ñandú <news>',
        SubscriptionsConfirmed: '1',
        SubscriptionsPending: '0',
      });
      await expect(
        sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Colour', AttributeValue: 'red' })),
      ).rejects.toThrow('AttributeName');

      await sns.send(
        new TagResourceCommand({
          ResourceArn: TopicArn,
          Tags: [
            { Key: 'a', Value: '1' },
            { Key: 'b', Value: '2' },
          ],
        }),
      );
      await sns.send(new UntagResourceCommand({ ResourceArn: TopicArn, TagKeys: ['a'] }));
      expect((await sns.send(new ListTagsForResourceCommand({ ResourceArn: TopicArn }))).Tags).toEqual([
        { Key: 'b', Value: '2' },
      ]);

      await sns.send(new DeleteTopicCommand({ TopicArn }));
      await sns.send(new DeleteTopicCommand({ TopicArn }));
      expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([]);
      expect((await sns.send(new ListSubscriptionsCommand({}))).Subscriptions).toEqual([]);
    });

    it('are listed page by page', async () => {
      for (let i = 0; i < 101; i += 1) await topic(`t${String(i)}`);
      const first = await sns.send(new ListTopicsCommand({}));
      const second = await sns.send(new ListTopicsCommand({ NextToken: first.NextToken }));
      expect([first.Topics?.length, second.Topics?.length, second.NextToken]).toEqual([100, 1, undefined]);
    });

    it.each([
      ['a topic that is not there', arn('nothing'), 'NotFoundException', 'Topic does not exist', 404],
      [
        'another region',
        'arn:aws:sns:eu-west-1:000000000000:news',
        'InvalidParameterException',
        'Invalid parameter: TopicArn',
        400,
      ],
      [
        'no ARN',
        'news',
        'InvalidParameterException',
        'Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1',
        400,
      ],
      [
        'another service',
        'arn:aws:sqs:us-east-1:000000000000:news',
        'InvalidParameterException',
        'Invalid parameter: TopicArn',
        400,
      ],
    ])('refuse %s', async (_what, TopicArn, name, message, httpStatusCode) => {
      const error = { name, message, $metadata: { httpStatusCode } };
      await expect(publish(TopicArn, 'x')).rejects.toMatchObject(error);
      await expect(sns.send(new GetTopicAttributesCommand({ TopicArn }))).rejects.toMatchObject(error);
      expect(await received()).toEqual([]);
    });
  });

  describe('publishing', () => {
    it('delivers to who subscribed, each in its own way, and records it once', async () => {
      const TopicArn = await topic('news');
      await subscribe(TopicArn, 'email', 'ana@example.com');
      await subscribe(TopicArn, 'sms', '+56912345678');
      const message = '¡Llegó tu pedido! 🎉\nGracias & saludos';
      const { MessageId } = await publish(TopicArn, message, {
        Subject: 'Pedido ñ',
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'order' } },
      });

      expect(await received()).toEqual([
        {
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          operation: 'Publish',
          topicArn: TopicArn,
          subject: 'Pedido ñ',
          message,
          messageId: MessageId,
          messageAttributes: { kind: { DataType: 'String', StringValue: 'order' } },
          deliveredTo: [
            { protocol: 'email', endpoint: 'ana@example.com' },
            { protocol: 'sms', endpoint: '+56912345678' },
          ],
        },
      ]);
      expect(await inbox()).toMatchObject([
        { protocol: 'email', endpoint: 'ana@example.com', subject: 'Pedido ñ', message, messageId: MessageId },
        { protocol: 'sms', endpoint: '+56912345678', message },
      ]);
      expect((await inbox())[1]).not.toHaveProperty('subject');
    });

    it('takes a topic by TargetArn too, and a phone number', async () => {
      const TopicArn = await topic('news');
      await sns.send(new PublishCommand({ TargetArn: TopicArn, Message: 'x' }));
      await sns.send(new PublishCommand({ PhoneNumber: '+56912345678', Message: 'y' }));
      const [first, second] = await received();
      expect(first).toMatchObject({ topicArn: TopicArn, deliveredTo: [] });
      expect(second).toMatchObject({
        phoneNumber: '+56912345678',
        message: 'y',
        deliveredTo: [{ protocol: 'sms', endpoint: '+56912345678' }],
      });
      await expect(sns.send(new PublishCommand({ PhoneNumber: '123abc', Message: 'y' }))).rejects.toThrow(
        'Invalid parameter: PhoneNumber Reason: 123abc is not valid to publish to',
      );
      await expect(sns.send(new PublishCommand({ Message: 'y' }))).rejects.toThrow(
        'TopicArn or TargetArn Reason: no value for required parameter',
      );
    });

    it.each<[string, Partial<PublishCommandInput>, string]>([
      ['an empty message', { Message: '' }, 'Invalid parameter: Empty message'],
      ['a message over 256 KiB', { Message: 'ñ'.repeat(131_073) }, 'Invalid parameter: Message too long'],
      ['an empty subject', { Subject: '' }, 'Invalid parameter: Subject'],
      ['a subject of a hundred characters', { Subject: 's'.repeat(100) }, 'Invalid parameter: Subject'],
      ['a subject with a line break', { Subject: 'a\nb' }, 'Invalid parameter: Subject'],
      [
        'a structure that is no JSON',
        { MessageStructure: 'json' },
        'Invalid parameter: Message Structure - JSON message body failed to parse',
      ],
      [
        'a structure without a default',
        { MessageStructure: 'json', Message: '{"sms":"x"}' },
        'No default entry in JSON message body',
      ],
      ['a deduplication id on a standard topic', { MessageDeduplicationId: 'd' }, 'not valid for this topic type'],
      [
        'an attribute without a value',
        { MessageAttributes: { a: { DataType: 'String' } } },
        'must contain non-empty message attribute value',
      ],
    ])('refuses %s', async (_what, input, message) => {
      const TopicArn = await topic('news');
      await expect(publish(TopicArn, 'x', input)).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: expect.stringContaining(message),
        $metadata: { httpStatusCode: 400 },
      });
      expect(await received()).toEqual([]);
    });

    it('accepts 256 KiB to the byte', async () => {
      await expect(publish(await topic('news'), 'x'.repeat(262_144))).resolves.toBeDefined();
    });

    it('gives each protocol its own text', async () => {
      const TopicArn = await topic('news');
      await subscribe(TopicArn, 'email', 'a@example.com');
      await subscribe(TopicArn, 'sms', '+56912345678');
      await publish(TopicArn, JSON.stringify({ default: 'long', sms: 'short' }), { MessageStructure: 'json' });
      expect((await inbox()).map(({ message }) => message)).toEqual(['long', 'short']);
    });

    it('publishes batches', async () => {
      const TopicArn = await topic('news');
      const batch = (...ids: string[]) =>
        sns.send(
          new PublishBatchCommand({
            TopicArn,
            PublishBatchRequestEntries: ids.map((Id) => ({ Id, Message: `m${Id}` })),
          }),
        );
      const { Successful, Failed } = await batch('1', '2');
      expect(Successful?.map(({ Id }) => Id)).toEqual(['1', '2']);
      expect(Failed ?? []).toEqual([]);
      expect((await received()).map(({ operation, message }) => [operation, message])).toEqual([
        ['PublishBatch', 'm1'],
        ['PublishBatch', 'm2'],
      ]);
      await expect(batch('1', '1')).rejects.toMatchObject({ name: 'BatchEntryIdsNotDistinctException' });
      await expect(batch()).rejects.toMatchObject({ name: 'EmptyBatchRequestException' });
      await expect(batch(...Array.from({ length: 11 }, (_, i) => String(i)))).rejects.toMatchObject({
        name: 'TooManyEntriesInBatchRequestException',
      });
    });

    it('filters by attributes and by body', async () => {
      const TopicArn = await topic('news');
      await subscribe(TopicArn, 'email', 'vip@example.com', {
        FilterPolicy: '{"kind":["order",{"prefix":"vip-"}],"amount":[{"numeric":[">=",100]}]}',
      });
      await subscribe(TopicArn, 'email', 'body@example.com', {
        FilterPolicy: '{"user":{"id":[7]}}',
        FilterPolicyScope: 'MessageBody',
      });
      const attributes = (kind: string, amount: string) => ({
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: kind },
          amount: { DataType: 'Number', StringValue: amount },
        },
      });
      await publish(TopicArn, '1', attributes('order', '100'));
      await publish(TopicArn, '2', attributes('order', '99'));
      await publish(TopicArn, '3', attributes('vip-order', '1000'));
      await publish(TopicArn, '{"user":{"id":7}}');
      expect((await inbox()).map(({ endpoint, message }) => [endpoint, message])).toEqual([
        ['vip@example.com', '1'],
        ['vip@example.com', '3'],
        ['body@example.com', '{"user":{"id":7}}'],
      ]);
      await expect(
        subscribe(TopicArn, 'email', 'c@example.com', { FilterPolicy: '{"a":[{"cidr":"10.0.0.0/8"}]}' }),
      ).rejects.toThrow('Unrecognized match type');
    });
  });

  describe('FIFO topics', () => {
    const send = (TopicArn: string, Message: string, MessageDeduplicationId?: string, MessageGroupId = 'g') =>
      publish(TopicArn, Message, { MessageGroupId, MessageDeduplicationId });

    it('publish a repeat never again within five minutes, and say it was the first', async () => {
      const TopicArn = await topic('news.fifo', fifo);
      const first = await send(TopicArn, 'x', 'd');
      const repeat = await send(TopicArn, 'other', 'd', 'h');
      expect(first.SequenceNumber).toMatch(/^\d{20}$/);
      expect([repeat.MessageId, repeat.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
      expect(await received()).toMatchObject([{ message: 'x', groupId: 'g', deduplicationId: 'd' }]);

      await sandbox.restart();
      expect((await send(TopicArn, 'x', 'd')).MessageId).toBe(first.MessageId);
      await sandbox.order('sns/clock', { advanceMs: 300_001 });
      expect((await send(TopicArn, 'x', 'd')).MessageId).not.toBe(first.MessageId);
      expect(await received()).toHaveLength(2);
    });

    it('deduplicate by content where the topic says so, or inside a group', async () => {
      const byContent = await topic('content.fifo', { ...fifo, ContentBasedDeduplication: 'true' });
      await send(byContent, 'x');
      await send(byContent, 'x');
      const byGroup = await topic('group.fifo', { ...fifo, FifoThroughputScope: 'MessageGroup' });
      await send(byGroup, 'y', 'd', 'a');
      await send(byGroup, 'y', 'd', 'b');
      await send(byGroup, 'y', 'd', 'a');
      expect((await received()).map(({ message }) => message)).toEqual(['x', 'y', 'y']);
    });

    it('deduplicate publishes at the same time', async () => {
      const TopicArn = await topic('news.fifo', fifo);
      const sent = await Promise.all(
        Array.from({ length: 20 }, (_, i) => send(TopicArn, String(i), `d${String(i % 4)}`)),
      );
      expect(new Set(sent.map(({ MessageId }) => MessageId)).size).toBe(4);
      expect(await received()).toHaveLength(4);
    });

    it('ask for a group and an id, and for queues as subscribers', async () => {
      const TopicArn = await topic('news.fifo', fifo);
      await expect(publish(TopicArn, 'x')).rejects.toThrow('The MessageGroupId parameter is required for FIFO topics');
      await expect(send(TopicArn, 'x')).rejects.toThrow(
        'ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      );
      await expect(subscribe(TopicArn, 'email', 'a@example.com')).rejects.toThrow('Invalid protocol type: email');
    });
  });

  describe('subscriptions', () => {
    it('are made once per endpoint, listed and ended', async () => {
      const TopicArn = await topic('news');
      const first = await subscribe(TopicArn, 'email', 'a@example.com');
      expect(await subscribe(TopicArn, 'email', 'a@example.com')).toBe(first);
      const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
      expect(Subscriptions).toEqual([
        { SubscriptionArn: first, Owner: '000000000000', Protocol: 'email', Endpoint: 'a@example.com', TopicArn },
      ]);
      await sns.send(new UnsubscribeCommand({ SubscriptionArn: first }));
      await publish(TopicArn, 'x');
      expect(await inbox()).toEqual([]);
    });

    it('have attributes', async () => {
      const SubscriptionArn = await subscribe(await topic('news'), 'email', 'a@example.com');
      const set = (AttributeName: string, AttributeValue: string) =>
        sns.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }));
      await set('RawMessageDelivery', 'true');
      const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
      expect(Attributes).toMatchObject({ SubscriptionArn, RawMessageDelivery: 'true', PendingConfirmation: 'false' });
      await expect(set('Colour', 'red')).rejects.toThrow('AttributeName');
    });

    it('by e-mail wait for their reader when the sandbox is told so', async () => {
      await sandbox.order('sns/settings', { autoConfirmEmail: false });
      const TopicArn = await topic('news');
      expect(await subscribe(TopicArn, 'email', 'a@example.com')).toBe('pending confirmation');
      await publish(TopicArn, 'too early');
      const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
      expect(Subscriptions?.[0]?.SubscriptionArn).toBe('PendingConfirmation');

      const [mail] = await inbox();
      const link = /http:\S+/.exec(mail?.message ?? '')?.[0] ?? '';
      expect(mail?.subject).toBe('AWS Notification - Subscription Confirmation');
      await expect(sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token: 'guess' }))).rejects.toThrow(
        'Invalid parameter: Token',
      );
      expect((await fetch(link)).status).toBe(200);
      await publish(TopicArn, 'now');
      expect((await inbox()).map(({ message }) => message).slice(1)).toEqual(['now']);
    });

    it.each([
      ['sms', '12 34', 'Invalid SMS endpoint'],
      ['email', 'nobody', 'Email address'],
      ['sqs', 'queue', 'SQS endpoint ARN'],
      [
        'sqs',
        'arn:aws:sqs:us-east-1:000000000000:q.fifo',
        'FIFO SQS Queues can not be subscribed to standard SNS topics',
      ],
      ['pigeon', 'x', 'does not support this protocol string: pigeon'],
    ])('refuse %s to %s', async (protocol, endpoint, message) => {
      await expect(subscribe(await topic('news'), protocol, endpoint)).rejects.toThrow(message);
    });
  });

  it('keeps SMS settings', async () => {
    await sns.send(new SetSMSAttributesCommand({ attributes: { DefaultSMSType: 'Transactional' } }));
    expect((await sns.send(new GetSMSAttributesCommand({}))).attributes).toEqual({ DefaultSMSType: 'Transactional' });
  });

  it('keeps topics, subscriptions, record and inbox over a restart', async () => {
    const TopicArn = await topic('news');
    await subscribe(TopicArn, 'email', 'a@example.com');
    await publish(TopicArn, 'before');
    await sandbox.restart();
    await publish(TopicArn, 'after');
    expect((await received()).map(({ message }) => message)).toEqual(['before', 'after']);
    expect((await inbox()).map(({ message }) => message)).toEqual(['before', 'after']);
  });

  it.each([
    [{ status: 429, retryAfter: 3 }, 'ThrottledException', 429],
    [{ status: 500 }, 'InternalErrorException', 500],
    [{ status: 403, code: 'AuthorizationError' }, 'AuthorizationErrorException', 403],
    [{ code: 'InvalidParameter', message: 'Invalid parameter: TopicArn' }, 'InvalidParameterException', 400],
    [{ status: 503 }, 'ServiceUnavailable', 503],
  ])('answers the fault %j as SNS would', async (order, name, httpStatusCode) => {
    const TopicArn = await topic('news');
    await sandbox.order('sns/faults', { operation: 'Publish', ...order });
    await expect(publish(TopicArn, 'x')).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    expect(await received()).toEqual([]);
  });

  it('refuses a revoked key', async () => {
    await sandbox.order('aws/revoke', { accessKeyId: 'AKIDANY' });
    await expect(topic('news')).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
      $metadata: { httpStatusCode: 403 },
    });
  });
});
