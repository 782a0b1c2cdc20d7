import type { ContractSubject, ContractWorld } from '@puente/integrations/contract-suite';
import { contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { StandInHost } from '@puente/integrations/testing';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { acmeShop } from './acme-shop.provider';
import { AcmeShopStandIn } from './testing';

const secrets = { apiKey: 'key-0123456789abcdef' };

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [new AcmeShopStandIn()] });
  world = controlledWorld({
    url: host.url,
    standIn: 'acme-shop',
    revoke: { path: 'acme-shop/revoke', body: { key: secrets.apiKey } },
    restore: { path: 'acme-shop/restore', body: { key: secrets.apiKey } },
  });
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

const subject: ContractSubject = {
  definition: acmeShop,
  world: () => world,
  secrets,
  config: (endpoint) => ({ endpoint: `${endpoint}/acme-shop` }),
  samples: [
    { operation: 'getAccount', effect: 'read', input: () => ({}) },
    { operation: 'createItem', effect: 'idempotent', input: (unique) => ({ name: `ñandú ${unique}` }) },
  ],
  rejection: { status: 400, code: 'INVALID_REQUEST' },
  notAnswered: ['ECONNREFUSED', 'timeout'],
};

describe('acme-shop keeps the contract', () => {
  for (const { name, run } of contractCases(subject)) it(name, () => run());
});
