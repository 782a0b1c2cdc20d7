import type { ContractSample, ContractSubject, ContractWorld } from '@puente/integrations/contract-suite';
import { contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { AwsAccess, StandInHost } from '@puente/integrations/testing';
import { CreateTopicCommand, ListSubscriptionsCommand, SNSClient } from '@aws-sdk/client-sns';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { sns } from './sns.provider';
import { SnsStandIn } from './testing';

const region = 'us-east-1';
const secrets = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const key = { accessKeyId: secrets.accessKeyId };
const topicArn = `arn:aws:sns:${region}:000000000000:orders`;
const fifoArn = `${topicArn}.fifo`;

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;
let client: SNSClient;

beforeAll(async () => {
  database = await createTestDatabase();
  const access = new AwsAccess();
  host = await StandInHost.start({
    databaseUrl: database.superuserUrl,
    port: 0,
    parts: [access, new SnsStandIn(access)],
  });
  world = controlledWorld({
    url: host.url,
    standIn: 'sns',
    revoke: { path: 'aws/revoke', body: key },
    restore: { path: 'aws/restore', body: key },
  });
  client = new SNSClient({ region, endpoint: host.url, credentials: { ...secrets, accessKeyId: 'AKIAOBSERVER' } });
  await client.send(new CreateTopicCommand({ Name: 'orders' }));
  await client.send(new CreateTopicCommand({ Name: 'orders.fifo', Attributes: { FifoTopic: 'true' } }));
});

afterAll(async () => {
  client.destroy();
  await host.stop();
  await database.drop();
});

const message = 'Señor Núñez: su pedido está listo 🎉\nGracias.';
const attributes = { origin: { type: 'String', value: 'pedidos' }, amount: { type: 'Number', value: '9990' } };

/** Subscriptions are not among what SNS delivers, so they are counted where they are. */
async function subscriptions(): Promise<number> {
  let count = 0;
  let token: string | undefined;
  do {
    const page = await client.send(new ListSubscriptionsCommand({ NextToken: token }));
    count += page.Subscriptions?.length ?? 0;
    token = page.NextToken;
  } while (token !== undefined);
  return count;
}

const samples: ContractSample[] = [
  {
    operation: 'publish',
    variant: 'to a standard topic',
    effect: 'once',
    input: (unique) => ({ topicArn, message: `${message}${unique}`, subject: 'Pedido Nº 7 🎉', attributes }),
  },
  {
    operation: 'publish',
    variant: 'to a FIFO topic',
    effect: 'idempotent',
    input: (unique) => ({ topicArn: fifoArn, message: `${message}${unique}`, groupId: 'customer-7' }),
  },
  {
    operation: 'publishBatch',
    variant: 'to a standard topic',
    effect: 'once',
    effects: 2,
    input: (unique) => ({ topicArn, entries: ['a', 'b'].map((id) => ({ id, message: unique, attributes })) }),
  },
  {
    operation: 'publishBatch',
    variant: 'to a FIFO topic',
    effect: 'idempotent',
    effects: 2,
    input: (unique) => ({
      topicArn: fifoArn,
      entries: ['a', 'b'].map((id) => ({ id, message: unique, groupId: 'g' })),
    }),
  },
  {
    operation: 'publishSms',
    effect: 'once',
    input: () => ({ phoneNumber: '+56912345678', message: 'Su código es 123456', senderId: 'Puente' }),
  },
  {
    operation: 'subscribe',
    effect: 'reconcilable',
    count: subscriptions,
    input: (unique) => ({ topicArn, protocol: 'email', endpoint: `ventas+${unique}@example.com` }),
  },
  { operation: 'listSubscriptions', effect: 'read', input: () => ({ topicArn }) },
  { operation: 'getTopicAttributes', effect: 'read', input: () => ({ topicArn }) },
  { operation: 'checkAccess', variant: 'to one topic', effect: 'read', input: () => ({ topicArn }) },
  { operation: 'checkAccess', variant: 'to the list of topics', effect: 'read', input: () => ({}) },
];

const subject: ContractSubject = {
  definition: sns,
  world: () => world,
  secrets,
  config: (endpoint) => ({ region, endpoint }),
  samples,
  rejection: { status: 400, code: 'InvalidParameter' },
  errorStatus: { NotFound: 404, SubscriptionLimitExceeded: 403, ServiceUnavailable: 503 },
  notAnswered: ['TOPIC_REGION_MISMATCH', 'ECONNREFUSED', 'timeout'],
};

describe('sns keeps the contract', () => {
  for (const { name, run } of contractCases(subject)) it(name, () => run());
});
