import type { ContractSample, ContractSubject, ContractWorld } from '@puente/integrations/contract-suite';
import { contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { StandInHost } from '@puente/integrations/testing';
import { request } from 'undici';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { newSigningSecret } from './signing-secret';
import { WebhooksStandIn } from './testing';
import { webhooks } from './webhooks.provider';

const secrets = {
  signing: [{ secret: newSigningSecret('v1') }, { secret: newSigningSecret('v1a') }],
  headers: { 'X-Token': 'token-0123456789abcdef' },
};

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [new WebhooksStandIn()] });
  world = { ...controlledWorld({ url: host.url, standIn: 'webhooks' }), effects: messages };
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

/** An honest receiver acts once on a message, however often it comes; and a ping makes it do nothing. */
async function messages(): Promise<number> {
  const { body } = await request(`${host.url}/_sandbox/webhooks/received`);
  const received = (await body.json()) as { readonly operation: string; readonly webhookId: string }[];
  return new Set(received.filter(({ operation }) => operation === 'deliver').map(({ webhookId }) => webhookId)).size;
}

const samples: ContractSample[] = [
  {
    operation: 'deliver',
    effect: 'idempotent',
    repeatKnownBy: 'input',
    input: (unique) => ({ messageId: `msg_${unique}`, body: `{"type":"abono","data":"Núñez 🎉"}`, eventType: 'abono' }),
  },
  { operation: 'ping', effect: 'read', input: () => ({}) },
];

const subject: ContractSubject = {
  definition: webhooks,
  world: () => world,
  secrets,
  config: (endpoint) => ({ url: `${endpoint}/_receivers/contract?a=1`, headerNames: ['x-token'] }),
  samples,
  answers: 'by_status',
  rejection: { status: 410, code: 'GONE' },
  errorStatus: { GONE: 410 },
  notAnswered: ['EGRESS_ADDRESS_REFUSED', 'WEBHOOK_HEADERS_MISMATCH', 'ECONNREFUSED', 'timeout'],
};

describe('webhooks keeps the contract', () => {
  for (const { name, run } of contractCases(subject)) it(name, () => run());
});
