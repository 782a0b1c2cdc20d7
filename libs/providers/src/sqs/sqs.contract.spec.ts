import type { ContractSample, ContractSubject, ContractWorld } from '@puente/integrations/contract-suite';
import { contractCases, controlledWorld, loopbackEgress } from '@puente/integrations/contract-suite';
import { AwsAccess, StandInHost, StsStandIn } from '@puente/integrations/testing';
import { CreateQueueCommand, GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Secret } from '@puente/kernel';
import { request } from 'undici';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { sqs } from './sqs.provider';
import { SqsStandIn } from './testing';

const region = 'us-east-1';
const secrets = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const key = { accessKeyId: secrets.accessKeyId };

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;
let aws: SQSClient;

beforeAll(async () => {
  database = await createTestDatabase();
  const access = new AwsAccess();
  host = await StandInHost.start({
    databaseUrl: database.superuserUrl,
    port: 0,
    parts: [access, new StsStandIn(access), new SqsStandIn(access)],
  });
  world = controlledWorld({
    url: host.url,
    standIn: 'sqs',
    revoke: { path: 'aws/revoke', body: key },
    restore: { path: 'aws/restore', body: key },
  });
  aws = new SQSClient({ region, endpoint: host.url, credentials: { ...secrets } });
  await aws.send(new CreateQueueCommand({ QueueName: 'orders' }));
  await aws.send(new CreateQueueCommand({ QueueName: 'orders.fifo', Attributes: { FifoQueue: 'true' } }));
});

afterAll(async () => {
  aws.destroy();
  await host.stop();
  await database.drop();
});

const url = (at: ContractWorld, queue: string): string => `${at.url}/000000000000/${queue}`;
const attributes = {
  origin: { type: 'String', value: 'pedidos' },
  amount: { type: 'Number', value: '9990' },
  seal: { type: 'Binary', value: 'AAEC' },
};

const samples: ContractSample[] = [
  {
    operation: 'sendMessage',
    variant: 'to a standard queue',
    effect: 'once',
    input: (unique, at) => ({ queueUrl: url(at, 'orders'), body: `ñandú 🦤\n${unique}`, attributes }),
  },
  {
    operation: 'sendMessage',
    variant: 'to a FIFO queue',
    effect: 'idempotent',
    input: (unique, at) => ({ queueUrl: url(at, 'orders.fifo'), body: `{"n":"${unique}"}`, groupId: 'g', attributes }),
  },
  {
    operation: 'sendMessageBatch',
    variant: 'to a standard queue',
    effect: 'once',
    effects: 2,
    input: (unique, at) => ({
      queueUrl: url(at, 'orders'),
      entries: [
        { id: 'a', body: unique, attributes },
        { id: 'b', body: unique, delaySeconds: 1 },
      ],
    }),
  },
  {
    operation: 'sendMessageBatch',
    variant: 'to a FIFO queue',
    effect: 'idempotent',
    effects: 2,
    input: (unique, at) => ({
      queueUrl: url(at, 'orders.fifo'),
      entries: ['a', 'b'].map((id) => ({ id, body: unique, groupId: 'g' })),
    }),
  },
  { operation: 'getQueueAttributes', effect: 'read', input: (_unique, at) => ({ queueUrl: url(at, 'orders') }) },
  { operation: 'getQueueUrl', effect: 'read', input: () => ({ queueName: 'orders.fifo' }) },
  {
    operation: 'createQueue',
    effect: 'idempotent',
    repeatKnownBy: 'input',
    input: (unique) => ({ queueName: `made-${unique}.fifo`, attributes: { SqsManagedSseEnabled: 'true' } }),
    count: async () => (await aws.send(new ListQueuesCommand({ QueueNamePrefix: 'made-' }))).QueueUrls?.length ?? 0,
  },
  {
    operation: 'setQueueAttributes',
    effect: 'idempotent',
    repeatKnownBy: 'input',
    input: (unique, at) => ({ queueUrl: url(at, 'orders'), attributes: { VisibilityTimeout: secondsOf(unique) } }),
    count: changesOfVisibility(),
  },
  {
    operation: 'checkAccess',
    variant: 'to one queue',
    effect: 'read',
    input: (_unique, at) => ({ queueUrl: url(at, 'orders') }),
  },
  { operation: 'checkAccess', variant: 'to the list of queues', effect: 'read', input: () => ({}) },
];

/** Another number of seconds for each case. */
function secondsOf(unique: string): string {
  return String(Number.parseInt(unique.slice(0, 3), 16) * 10 + (Number.parseInt(unique.slice(3, 4), 16) % 10));
}

/** SQS counts no changes of attributes; so they are counted here, from one look to the next. */
function changesOfVisibility(): (at: ContractWorld) => Promise<number> {
  let last: string | undefined;
  let changes = 0;
  return async (at) => {
    const ask = new GetQueueAttributesCommand({ QueueUrl: url(at, 'orders'), AttributeNames: ['VisibilityTimeout'] });
    const now = (await aws.send(ask)).Attributes?.VisibilityTimeout;
    if (last !== undefined && now !== last) changes += 1;
    last = now;
    return changes;
  };
}

const subject: ContractSubject = {
  definition: sqs,
  world: () => world,
  secrets,
  config: (endpoint) => ({ region, endpoint }),
  samples,
  rejection: { status: 400, code: 'InvalidParameterValue' },
  errorStatus: { ServiceUnavailable: 503 },
  notAnswered: ['QUEUE_REGION_MISMATCH', 'ECONNREFUSED', 'timeout'],
};

describe('sqs keeps the contract', () => {
  for (const { name, run } of contractCases(subject)) it(name, () => run());
});

describe('a tenant’s role', () => {
  const roleArn = 'arn:aws:iam::123456789012:role/puente';

  async function failure(externalId: string): Promise<string> {
    const config = { region, endpoint: host.url, roleArn };
    const client = sqs.connect(new Secret(secrets), config, {
      tenantId: 'tenant-1',
      externalId,
      installation: 'test',
      egress: loopbackEgress(),
    });
    try {
      await client.checkAccess(url(world, 'orders'), AbortSignal.timeout(5_000));
      return 'none';
    } catch (error) {
      return sqs.classify(error).kind;
    } finally {
      client.close();
    }
  }

  it('opens for the tenant’s own ExternalId and no other', async () => {
    const body = JSON.stringify({ roleArn, externalId: 'external-1' });
    await request(`${host.url}/_sandbox/aws/roles`, { method: 'POST', body });

    expect(await failure('external-1')).toBe('none');
    expect(await failure('external-2')).toBe('unauthorized');
  });
});
