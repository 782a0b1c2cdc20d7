import type { ContractSample, ContractSubject, ContractWorld, WireFault } from '@puente/integrations/contract-suite';
import { BrokenStream, contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { StandInHost } from '@puente/integrations/testing';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { smtp } from './smtp.provider';
import { SANDBOX_MAIL_LOGIN, SmtpStandIn } from './testing';
import { smtpDialect } from './testing/smtp-dialect';

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  const standIn = new SmtpStandIn(0);
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [standIn] });
  const key = { key: SANDBOX_MAIL_LOGIN.user };
  const controlled = controlledWorld({
    url: host.url,
    standIn: 'smtp',
    revoke: { path: 'smtp/revoke', body: key },
    restore: { path: 'smtp/restore', body: key },
  });
  // A status of HTTP's has no place here: 403 is 535, anything else a "not now" before the mail.
  const fault = ({ status = 0, message }: WireFault): Promise<void> => {
    const said = message === undefined ? {} : { message };
    if (status === 403 || status === 530 || status === 535)
      return controlled.fault({ operation: 'auth', status: 535, ...said });
    if (status === 429 || status === 500 || status === 454)
      return controlled.fault({ operation: 'auth', status: 454, ...said });
    return controlled.fault({ operation: status === 550 ? 'rcpt' : 'data', status, ...said });
  };
  world = { ...controlled, fault, url: `smtp://127.0.0.1:${String(standIn.port)}` };
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

const samples: ContractSample[] = [
  {
    operation: 'send',
    effect: 'once',
    input: (unique) => ({
      to: 'nunez@example.com',
      subject: `Núñez 🎉 ${unique}`,
      text: 'Hola\n.\n..',
      html: '<b>Hola</b>',
    }),
  },
  { operation: 'checkConnection', effect: 'read', input: () => ({}) },
];

const subject: ContractSubject = {
  definition: smtp,
  world: () => world,
  secrets: SANDBOX_MAIL_LOGIN,
  config: (endpoint) => ({
    host: '127.0.0.1',
    port: Number(new URL(endpoint).port),
    security: 'none',
    fromAddress: 'tienda@example.com',
    fromName: 'Tienda',
  }),
  samples,
  protocol: {
    line: (target) => BrokenStream.to(target, smtpDialect),
    without: ['throttled', 'retry_after', 'server_error', 'rejected', 'redirect'],
  },
  rejection: { status: 535, code: '535' },
  notAnswered: [
    'STARTTLS_REFUSED',
    'MESSAGE_TOO_LARGE',
    'EGRESS_ADDRESS_REFUSED',
    'EGRESS_URL_REFUSED',
    'ECONNREFUSED',
    'timeout',
  ],
};

describe('smtp keeps the contract', () => {
  for (const { name, run } of contractCases(subject)) it(name, () => run());
});
