import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SqsStandIn } from '@puente/providers/sqs/testing';
import { createCustomerQueues, createDispatchQueues, verifyCustomerQueues, verifyDispatchQueue } from '@puente/queue';
import { startTestStandIns, type TestStandIns } from '../../../../test/support/test-stand-ins';

describe('the dispatch queue', () => {
  let standIns: TestStandIns;
  let sqs: SQSClient;

  beforeAll(async () => {
    standIns = await startTestStandIns((access) => [new SqsStandIn(access)]);
    const credentials = { accessKeyId: 'AKIDPLATFORM', secretAccessKey: 'any' };
    sqs = new SQSClient({ endpoint: standIns.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  afterAll(async () => {
    sqs.destroy();
    await standIns.stop();
  });

  const wrong = async (queueUrl: string): Promise<string[]> =>
    (await verifyDispatchQueue(sqs, queueUrl)).filter(({ ok }) => !ok).map(({ check }) => check);

  it('is made so that it passes its own check, and made again it stays as it is', async () => {
    const { queueUrl, created } = await createDispatchQueues(sqs, 'notes');
    expect(created).toEqual(['queueUrl', 'deadLetterQueueUrl']);
    expect(await wrong(queueUrl)).toEqual([]);
    expect((await createDispatchQueues(sqs, 'notes')).created).toEqual([]);
  });

  it('is found wrong in everything that would make all wake-ups late', async () => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: 'plain.fifo', Attributes: { FifoQueue: 'true', DelaySeconds: '5' } }),
    );
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { SqsManagedSseEnabled: 'false' } }));
    expect(await wrong(QueueUrl)).toEqual(['type', 'encryption', 'dead_letter', 'retention', 'delay']);
  });

  it('is said to be out of reach in the words of SQS', async () => {
    const findings = await verifyDispatchQueue(sqs, `${standIns.url}/000000000000/nobody`);
    expect(findings).toEqual([
      { ok: false, check: 'reachable', text: expect.stringContaining('QueueDoesNotExist') as string },
    ]);
  });
});

describe('the queue of customer notifications', () => {
  let standIns: TestStandIns;
  const made: SQSClient[] = [];

  beforeAll(async () => {
    standIns = await startTestStandIns((access) => [new SqsStandIn(access)]);
  });
  afterAll(async () => {
    for (const client of made) client.destroy();
    await standIns.stop();
  });

  it('is made so that it passes its own check, and found wrong without its dead-letter queue', async () => {
    const credentials = { accessKeyId: 'AKIDPLATFORM', secretAccessKey: 'any' };
    const sqs = new SQSClient({ endpoint: standIns.url, region: 'us-east-1', credentials, maxAttempts: 1 });
    made.push(sqs);
    const { queueUrl, deadLetterQueueUrl: deadLetterUrl, created } = await createCustomerQueues(sqs, 'customers');
    expect([created.length, deadLetterUrl]).toEqual([2, `${queueUrl}-dead`]);
    expect((await createCustomerQueues(sqs, 'customers')).created).toEqual([]);

    const wrong = async (urls: { queueUrl: string; deadLetterUrl: string }) =>
      (await verifyCustomerQueues(sqs, urls)).filter(({ ok }) => !ok).map(({ check }) => check);
    expect(await wrong({ queueUrl, deadLetterUrl })).toEqual([]);
    expect(await wrong({ queueUrl, deadLetterUrl: `${queueUrl}-nobody` })).toEqual(['dead_letter_reachable']);
    expect(await wrong({ queueUrl, deadLetterUrl: queueUrl })).toEqual(['dead_letter']);
    expect(await wrong({ queueUrl: deadLetterUrl, deadLetterUrl })).toEqual(['dead_letter']);
  });
});
