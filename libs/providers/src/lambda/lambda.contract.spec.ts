import type { ContractSample, ContractSubject, ContractWorld } from '@puente/integrations/contract-suite';
import { contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { AwsAccess, StandInHost } from '@puente/integrations/testing';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { lambda } from './lambda.provider';
import { LambdaStandIn } from './testing';

const region = 'us-east-1';
const secrets = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const key = { accessKeyId: secrets.accessKeyId };

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  const access = new AwsAccess();
  host = await StandInHost.start({
    databaseUrl: database.superuserUrl,
    port: 0,
    parts: [access, new LambdaStandIn(access, { 'contact-contract': (event) => ({ saved: event }) })],
  });
  world = controlledWorld({
    url: host.url,
    standIn: 'lambda',
    revoke: { path: 'aws/revoke', body: key },
    restore: { path: 'aws/restore', body: key },
  });
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

const payload = { name: 'Señora Núñez 🎉', amount: '1500.00', lines: ['a\nb', null, 1.5] };
const functionName = 'contact';

const samples: ContractSample[] = [
  {
    operation: 'invoke',
    variant: 'and wait',
    effect: 'once',
    input: (unique) => ({ functionName, payload: { ...payload, unique } }),
  },
  {
    operation: 'invoke',
    variant: 'as an event',
    effect: 'once',
    input: (unique) => ({ functionName, invocationType: 'Event', payload: { ...payload, unique } }),
  },
  { operation: 'getFunctionConfiguration', effect: 'read', input: () => ({ functionName }) },
  { operation: 'checkAccess', variant: 'to one function', effect: 'read', input: () => ({ functionName }) },
  { operation: 'checkAccess', variant: 'to the account settings', effect: 'read', input: () => ({}) },
];

const subject: ContractSubject = {
  definition: lambda,
  world: () => world,
  secrets,
  config: (endpoint) => ({ region, endpoint }),
  samples,
  rejection: { status: 400, code: 'InvalidParameterValueException' },
  errorStatus: {
    ResourceNotFoundException: 404,
    RequestTooLargeException: 413,
    KMSAccessDeniedException: 502,
    ResourceConflictException: 409,
    ENILimitReachedException: 502,
    EFSIOException: 410,
    ServiceUnavailable: 503,
  },
  notAnswered: [
    'FUNCTION_ERROR',
    'FUNCTION_TIMED_OUT',
    'FUNCTION_REGION_MISMATCH',
    'FUNCTION_NAME_TOO_LONG',
    'ECONNREFUSED',
    'timeout',
  ],
};

describe('lambda keeps the contract', () => {
  for (const { name, run } of contractCases(subject)) it(name, () => run());
});
