import type { ContractSample, ContractSubject, ContractWorld, WireFault } from '@puente/integrations/contract-suite';
import { BrokenStream, contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { StandInHost } from '@puente/integrations/testing';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { mqtt } from './mqtt.provider';
import { MqttStandIn, SANDBOX_BROKER_LOGIN } from './testing';
import { mqttDialect } from './testing/mqtt-dialect';

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  const standIn = new MqttStandIn(0);
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [standIn] });
  const key = { key: SANDBOX_BROKER_LOGIN.username };
  const controlled = controlledWorld({
    url: host.url,
    standIn: 'mqtt',
    revoke: { path: 'mqtt/revoke', body: key },
    restore: { path: 'mqtt/restore', body: key },
  });
  // MQTT 3.1.1 refuses connections and nothing else.
  const fault = ({ code = '', status }: WireFault): Promise<void> => {
    const known = code.startsWith('CONNECT_') ? code : undefined;
    const usual = status === 403 ? 'CONNECT_NOT_AUTHORIZED' : 'CONNECT_SERVER_UNAVAILABLE';
    return controlled.fault({ operation: 'connect', code: known ?? usual });
  };
  world = { ...controlled, fault, url: standIn.brokerUrl };
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

const samples: ContractSample[] = [
  {
    operation: 'publish',
    effect: 'once',
    input: (unique) => ({ topic: 'fixtures/validation', payload: { request_id: unique, texto: 'Núñez 🎉' } }),
  },
  { operation: 'checkConnection', effect: 'read', input: () => ({}) },
];

/** Only MQTT 5 has words for these; what it says is tried by mqtt.client.spec.ts. */
const ofVersion5 = mqtt.errors
  .map(({ code }) => code)
  .filter(
    (code) => code.startsWith('PUBLISH_') || /^CONNECT_(?:BANNED|SERVER_MOVED|SERVER_BUSY|QUOTA|RATE)/.test(code),
  );

const subject: ContractSubject = {
  definition: mqtt,
  world: () => world,
  secrets: SANDBOX_BROKER_LOGIN,
  config: (endpoint) => ({ url: `mqtt://${new URL(endpoint).host}` }),
  samples,
  protocol: {
    line: (target) => BrokenStream.to(target, mqttDialect),
    without: ['throttled', 'retry_after', 'server_error', 'rejected', 'redirect'],
  },
  rejection: { status: 400, code: 'PUBLISH_NOT_AUTHORIZED' },
  notAnswered: [...ofVersion5, 'EGRESS_ADDRESS_REFUSED', 'EGRESS_URL_REFUSED', 'ECONNREFUSED', 'timeout'],
};

describe('mqtt keeps the contract', () => {
  for (const { name, run } of contractCases(subject)) it(name, () => run());
});
