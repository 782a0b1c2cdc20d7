import * as legacy from 'client-sqs-legacy';
import { startTestStandIns } from '../../../../../test/support/test-stand-ins';
import type { TestStandIns } from '../../../../../test/support/test-stand-ins';
import { SqsStandIn } from './sqs.stand-in';

/** SDK 3.438 of 2023 speaks the Query protocol and parses XML, as old boto3 and old command lines do. */
describe('SQS stand-in: Query protocol', () => {
  let sandbox: TestStandIns;
  let sqs: legacy.SQSClient;
  let QueueUrl: string;

  beforeAll(async () => {
    sandbox = await startTestStandIns((access) => [new SqsStandIn(access)]);
    const credentials = { accessKeyId: 'AKIDOLD', secretAccessKey: 'any' };
    sqs = new legacy.SQSClient({ endpoint: sandbox.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  afterAll(async () => {
    sqs.destroy();
    await sandbox.stop();
  });
  beforeEach(async () => {
    await sandbox.order('reset');
    const Attributes = { FifoQueue: 'true', VisibilityTimeout: '60' };
    const made = await sqs.send(
      new legacy.CreateQueueCommand({ QueueName: 'orders.fifo', Attributes, tags: { team: 'a' } }),
    );
    QueueUrl = made.QueueUrl ?? '';
  });

  const send = (MessageBody: string, more: Partial<legacy.SendMessageCommandInput> = {}) =>
    sqs.send(
      new legacy.SendMessageCommand({
        QueueUrl,
        MessageBody,
        MessageGroupId: 'g',
        MessageDeduplicationId: MessageBody,
        ...more,
      }),
    );
  const receive = async (): Promise<legacy.Message[]> => {
    const command = new legacy.ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      AttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return (await sqs.send(command)).Messages ?? [];
  };

  it('carries text and attributes unchanged through form and XML', async () => {
    const body = '{"message": "¡Hola! <b>&amp;</b> \\u00f1 ✅ \u{1F600}"}\r\n  "fin" ]]>';
    const attributes = {
      kind: { DataType: 'String', StringValue: 'a & b' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 255]) },
    };
    const sent = await send(body, { MessageAttributes: attributes, MessageDeduplicationId: 'd' });
    const [message] = await receive();
    expect(message).toMatchObject({
      Body: body,
      MessageId: sent.MessageId,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
    });
    expect(message?.MessageAttributes?.kind).toMatchObject(attributes.kind);
    expect([...(message?.MessageAttributes?.raw?.BinaryValue ?? [])]).toEqual([1, 2, 255]);
    expect(message?.Attributes).toMatchObject({ MessageGroupId: 'g', SequenceNumber: sent.SequenceNumber });
  });

  it('does everything else a producer and a consumer do', async () => {
    const entries = ['1', '2', '3'].map((Id) => ({
      Id,
      MessageBody: Id,
      MessageGroupId: Id,
      MessageDeduplicationId: Id,
    }));
    const batch = await sqs.send(new legacy.SendMessageBatchCommand({ QueueUrl, Entries: entries }));
    expect(batch.Successful?.map(({ Id }) => Id)).toEqual(['1', '2', '3']);

    const messages = await receive();
    const [one, two, three] = messages.map(({ ReceiptHandle }) => ReceiptHandle);
    await sqs.send(new legacy.DeleteMessageCommand({ QueueUrl, ReceiptHandle: one }));
    await sqs.send(new legacy.ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: two, VisibilityTimeout: 0 }));
    const deleted = await sqs.send(
      new legacy.DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', ReceiptHandle: three },
          { Id: 'b', ReceiptHandle: 'nonsense' },
        ],
      }),
    );
    expect(deleted.Successful).toEqual([{ Id: 'a' }]);
    expect(deleted.Failed).toMatchObject([{ Id: 'b', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
    expect((await receive()).map(({ Body }) => Body)).toEqual(['2']);
  });

  it('describes queues', async () => {
    const { Attributes } = await sqs.send(new legacy.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      FifoQueue: 'true',
      VisibilityTimeout: '60',
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:orders.fifo',
    });
    await sqs.send(
      new legacy.SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '5', DelaySeconds: '0' } }),
    );
    expect((await sqs.send(new legacy.ListQueuesCommand({ QueueNamePrefix: 'ord' }))).QueueUrls).toEqual([QueueUrl]);
    expect((await sqs.send(new legacy.GetQueueUrlCommand({ QueueName: 'orders.fifo' }))).QueueUrl).toBe(QueueUrl);
    await sqs.send(new legacy.TagQueueCommand({ QueueUrl, Tags: { cost: '7' } }));
    expect((await sqs.send(new legacy.ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ team: 'a', cost: '7' });
    await sqs.send(new legacy.UntagQueueCommand({ QueueUrl, TagKeys: ['team'] }));
    await sqs.send(new legacy.PurgeQueueCommand({ QueueUrl }));
    await sqs.send(new legacy.DeleteQueueCommand({ QueueUrl }));
    expect((await sqs.send(new legacy.ListQueuesCommand({}))).QueueUrls ?? []).toEqual([]);
  });

  it('refuses with the codes of the older protocol', async () => {
    const elsewhere = QueueUrl.replace('orders', 'nothing');
    await expect(sqs.send(new legacy.ReceiveMessageCommand({ QueueUrl: elsewhere }))).rejects.toMatchObject({
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
      message: 'The specified queue does not exist.',
    });
    await expect(send('x', { MessageGroupId: '' })).rejects.toMatchObject({ Code: 'MissingParameter' });
    await expect(send('')).rejects.toMatchObject({ Code: 'MissingParameter' });
    await expect(sqs.send(new legacy.SendMessageBatchCommand({ QueueUrl, Entries: [] }))).rejects.toMatchObject({
      name: 'EmptyBatchRequest',
    });
    await expect(
      sqs.send(
        new legacy.CreateQueueCommand({
          QueueName: 'orders.fifo',
          Attributes: { FifoQueue: 'true', VisibilityTimeout: '1' },
        }),
      ),
    ).rejects.toMatchObject({ name: 'QueueNameExists' });
    await sandbox.order('aws/revoke', { accessKeyId: 'AKIDOLD' });
    await expect(send('x')).rejects.toMatchObject({ Code: 'InvalidClientTokenId', $metadata: { httpStatusCode: 403 } });
  });

  it('takes a bare GET, as curl and old scripts send it', async () => {
    const query = new URLSearchParams({
      Action: 'SendMessage',
      Version: '2012-11-05',
      MessageBody: 'hola',
      MessageGroupId: 'g',
      MessageDeduplicationId: '1',
    });
    const response = await fetch(`${QueueUrl}?${query.toString()}&QueueUrl=${encodeURIComponent(QueueUrl)}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/xml']);
    expect(await response.text()).toContain('<MD5OfMessageBody>4d186321c1a7f0f354b297e8914ab240</MD5OfMessageBody>');
    const unknown = await fetch(`${sandbox.url}/?Action=Fly&Version=2012-11-05`);
    expect([unknown.status, await unknown.text()]).toEqual([
      400,
      expect.stringContaining('<Code>InvalidAction</Code>'),
    ]);
  });
});
