import type { ContractSample, ContractSubject, ContractWorld } from '@puente/integrations/contract-suite';
import { contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { StandInHost } from '@puente/integrations/testing';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { exactDecimal } from './exact-json';
import { odoo } from './odoo.provider';
import { DEFAULT_ALLOWED, type TransportName } from './odoo.schemas';
import { OdooStandIn } from './testing';

const secrets = { apiKey: 'contract-0123456789abcdef' };
const key = { key: secrets.apiKey };

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [new OdooStandIn()] });
  world = controlledWorld({
    url: host.url,
    standIn: 'odoo',
    revoke: { path: 'odoo/revoke', body: key },
    restore: { path: 'odoo/restore', body: key },
  });
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

const entry = (method: string, unique: string) => ({
  model: 'account.move',
  method,
  kwargs: { transaction_id: unique, amount: exactDecimal('1500.00'), finalitix_type: 'cargo', description: 'Núñez' },
});

const byInput = { effect: 'idempotent', repeatKnownBy: 'input' } as const;

const samples = (identity: string): ContractSample[] => [
  { operation: 'version', effect: 'read', input: () => ({}), through: { text: identity, operation: identity } },
  {
    operation: 'callOnce',
    ...byInput,
    input: (unique) => ({ key: `txn:${unique}`, ...entry('create_post_move', unique) }),
  },
  { operation: 'callNative', ...byInput, input: (unique) => entry('create_post_move_once', unique) },
  { operation: 'call', effect: 'once', input: (unique) => entry('create_post_move', unique) },
  {
    operation: 'load',
    effect: 'reconcilable',
    through: { text: 'line_ids/debit', operation: 'load' },
    input: (unique) => ({
      externalId: `move_${unique}`,
      model: 'account.move',
      fields: { ref: unique, 'journal_id/.id': '1' },
      lines: {
        field: 'line_ids',
        items: ['debit', 'credit'].map((side) => ({
          externalId: `move_${unique}_${side}`,
          fields: { 'account_id/.id': '10', [side]: exactDecimal('1500.00') },
        })),
      },
    }),
  },
  {
    operation: 'searchRead',
    effect: 'read',
    input: () => ({ model: 'res.currency', domain: [['name', '=', 'KWD']], fields: ['name'], limit: 1 }),
  },
];

/** Made by us, or by what the suite does not order. */
const NOT_ODOOS = [
  ...['AUTHENTICATION_FAILED', 'DATABASE_UNAVAILABLE', 'REDIRECTED', 'METHOD_NOT_ALLOWED', 'NAMED_ARGUMENTS_ONLY'],
  ...['LOAD_REFUSED', 'LOAD_CONFLICT', 'EXTERNAL_ID_HIDDEN', 'POST_REFUSED', 'ODOO_NOT_READY', 'timeout'],
];

function subject(transport: TransportName, identity: string, ours: readonly string[] = []): ContractSubject {
  return {
    definition: odoo,
    world: () => world,
    secrets,
    config: (endpoint) => ({
      url: `${endpoint}/odoo/19`,
      ...{ database: 'puente', login: 'puente', transport },
      allowed: [...DEFAULT_ALLOWED, { model: 'account.move', method: 'create_post_move_once' }],
    }),
    samples: samples(identity),
    redirects: 'unauthorized',
    warm: true,
    rejection: { status: 422, code: 'UserError' },
    notAnswered: [...NOT_ODOOS, ...ours],
  };
}

const asked = new Set<string>();

describe.each([
  ['JSON-2', subject('json-2', 'context_get')],
  // A denied call is tried once more under a new identity there.
  ['JSON-RPC', subject('json-rpc', 'authenticate', ['AccessDenied'])],
] as const)('odoo keeps the contract in %s', (transport, each) => {
  const isAsked = (name: string): boolean => transport === 'JSON-RPC' && asked.has(name) && name.includes('example');
  for (const { name, run } of contractCases(each)) {
    if (!isAsked(name)) it(name, () => run());
    asked.add(name);
  }
});
