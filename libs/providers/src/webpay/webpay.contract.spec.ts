import type { ContractSample, ContractSubject, ContractWorld } from '@puente/integrations/contract-suite';
import { contractCases, controlledWorld } from '@puente/integrations/contract-suite';
import { StandInHost } from '@puente/integrations/testing';
import type { TestDatabase } from '../../../../test/support/test-database';
import { createTestDatabase } from '../../../../test/support/test-database';
import { commerce, ContractTransactions } from './testing/contract-transactions';
import { WebpayStandIn } from './testing';
import { webpay } from './webpay.provider';

const secrets = { apiKey: 'contract-0123456789abcdef0123456789abcdef' };
const key = { key: secrets.apiKey };

let database: TestDatabase;
let host: StandInHost;
let world: ContractWorld;
let made: ContractTransactions;

beforeAll(async () => {
  database = await createTestDatabase();
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [new WebpayStandIn()] });
  world = controlledWorld({
    url: host.url,
    standIn: 'webpay',
    revoke: { path: 'webpay/revoke', body: key },
    restore: { path: 'webpay/restore', body: key },
  });
  made = new ContractTransactions(host.url, secrets.apiKey);
  await made.prepare();
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

/** Webpay has texts where others have codes; ours stand for these. */
const TEXTS: Readonly<Record<string, string>> = {
  PAYER_NOT_FINISHED:
    "Invalid status '0' for transaction while authorizing. Commerce will be notified by webpay to authorize",
  TRANSACTION_ABORTED: 'Transaction has an invalid finished state: aborted',
  TRANSACTION_LOCKED: 'Transaction already locked by another process',
  TRANSACTION_FINISHED: 'Transaction has an invalid finished state',
  NOT_FOUND: 'Invalid value for parameter: transaction not found',
  INVALID_PARAMETER: 'Invalid value for parameter: amount',
  STATUS_EXPIRED: "The transactions's date has passed max time (7 days) to recover the status",
  API_MISMATCH: 'Api mismatch error, required version is 1.2',
  REFUND_BEFORE_COMMIT: 'Transaction is unfinished, it is not possible to refund it yet',
  AMOUNT_OVER_BALANCE: 'Amount to refund is bigger than authorized',
  ALREADY_REFUNDED: 'Transaction already fully refunded',
  NOT_REFUNDABLE: 'Transaction has an invalid state (8) to reverse',
  PARTIAL_NOT_ALLOWED: 'Debit or prepaid transactions only allow reverses, not nullifications.',
  OPERATION_NOT_ALLOWED: 'Operation not allowed',
};

const inTexts = (): ContractWorld => ({
  ...world,
  fault: ({ code, message, ...fault }) => {
    const text = [code === undefined ? undefined : TEXTS[code], message].filter((part) => part !== undefined).join(' ');
    return world.fault({ ...fault, ...(text === '' ? {} : { message: text }) });
  },
});

const NOT_WEBPAYS = [
  ...['PAYER_NOT_FINISHED', 'TRANSACTION_ABORTED', 'REFUND_REJECTED', 'CAPTURE_REJECTED', 'BALANCE_UNEXPECTED'],
  ...['PRODUCT_MISMATCH', 'CHILD_COMMERCE_UNKNOWN', 'RETURN_URL_NOT_HTTPS', 'WEBPAY_ACCOUNT_REFUSED'],
  ...['ECONNREFUSED', 'timeout'],
];

function subject(config: object, samples: readonly ContractSample[]): ContractSubject {
  return {
    definition: webpay,
    world: inTexts,
    secrets,
    config: (endpoint) => ({ environment: 'integration', host: `${endpoint}/webpay`, ...config }),
    samples,
    rejection: { status: 422, code: 'API_MISMATCH' },
    errorStatus: Object.fromEntries(Object.keys(TEXTS).map((code) => [code, 422])),
    notAnswered: NOT_WEBPAYS,
  };
}

const { order } = ContractTransactions;
const returnUrl = 'https://shop.example.cl/back?order=1';
const once = 'once' as const;
const reconcilable = 'reconcilable' as const;
const idempotent = { effect: 'idempotent', repeatKnownBy: 'input' } as const;
const refund = { amount: 400, balanceBefore: 1_000 };
const capture = { authorizationCode: '123456', amount: 900 };

const mallChildren = [commerce.mallChild, commerce.mallDeferredChild];
const oneclickChildren = [commerce.oneclickChild, commerce.oneclickDeferredChild];

const subjects: Readonly<Record<string, ContractSubject>> = {
  'Webpay Plus': subject({ commerceCode: commerce.plus }, [
    {
      operation: 'create',
      effect: once,
      input: (unique) => ({ buyOrder: order(unique), sessionId: unique, amount: 1_000, returnUrl }),
    },
    { operation: 'commit', effect: reconcilable, input: (unique) => ({ token: made.take('plusApproved', unique) }) },
    { operation: 'status', effect: 'read', input: () => ({ token: made.take('plusApproved', 'status') }) },
    {
      operation: 'refund',
      effect: reconcilable,
      input: (unique) => ({ token: made.take('plusPaid', unique).token, ...refund }),
    },
    { operation: 'checkAccess', effect: 'read', input: () => ({}) },
  ]),
  'Webpay Plus with deferred capture': subject({ commerceCode: commerce.deferred }, [
    {
      operation: 'capture',
      effect: reconcilable,
      input: (unique) => ({ ...made.take('deferredPaid', unique), ...capture }),
    },
  ]),
  'Webpay Plus Mall': subject({ commerceCode: commerce.mall, product: 'mall', childCommerceCodes: mallChildren }, [
    {
      operation: 'mallCreate',
      effect: once,
      input: (unique) => ({
        ...{ buyOrder: order(unique), sessionId: unique, returnUrl },
        details: mallChildren.map((commerceCode, at) => ({
          ...{ commerceCode, buyOrder: `${order(unique)}${String(at)}`, amount: 1_000 },
        })),
      }),
    },
    {
      operation: 'mallCommit',
      effect: reconcilable,
      input: (unique) => ({ token: made.take('mallApproved', unique) }),
    },
    { operation: 'mallStatus', effect: 'read', input: () => ({ token: made.take('mallApproved', 'status') }) },
    {
      operation: 'mallRefund',
      effect: reconcilable,
      input: (unique) => ({ ...made.take('mallPaid', unique), ...refund }),
    },
    {
      operation: 'mallCapture',
      effect: reconcilable,
      input: (unique) => ({ ...made.take('mallDeferredPaid', unique), ...capture }),
    },
  ]),
  'Oneclick Mall': subject(
    { commerceCode: commerce.oneclick, product: 'oneclick', childCommerceCodes: oneclickChildren },
    [
      {
        operation: 'oneclickStart',
        effect: once,
        input: (unique) => ({ username: order(unique), email: 'maria@example.cl', responseUrl: returnUrl }),
      },
      { operation: 'oneclickFinish', ...idempotent, input: (unique) => ({ token: made.take('inscribed', unique) }) },
      { operation: 'oneclickDelete', ...idempotent, input: (unique) => made.take('card', unique) },
      {
        operation: 'oneclickAuthorize',
        effect: reconcilable,
        input: (unique) => ({
          ...made.take('card', 'authorize'),
          buyOrder: order(unique),
          details: [{ commerceCode: commerce.oneclickChild, buyOrder: `${order(unique)}a`, amount: 1_000 }],
        }),
      },
      {
        operation: 'oneclickStatus',
        effect: 'read',
        input: () => ({ buyOrder: made.take('charged', 'status').buyOrder }),
      },
      {
        operation: 'oneclickRefund',
        effect: reconcilable,
        input: (unique) => ({ ...made.take('charged', unique), ...refund }),
      },
      {
        operation: 'oneclickCapture',
        effect: reconcilable,
        input: (unique) => ({ ...made.take('deferredCharged', unique), ...capture }),
      },
    ],
  ),
};

const OF_ALL = 'every operation has a sample';

/** Each subject has one commerce code, and so the samples of one product: what the definition says is asked once. */
const asked = new Set([OF_ALL]);

describe.each(Object.entries(subjects))('%s keeps the contract', (_product, each) => {
  const samples = each.samples.map(({ operation }) => operation);
  for (const { name, run } of contractCases(each)) {
    if (asked.has(name)) continue;
    if (!samples.some((operation) => name.startsWith(`${operation}: `)) && !name.startsWith('the probe'))
      asked.add(name);
    it(name, () => run());
  }
});

it(OF_ALL, () => {
  const sampled = Object.values(subjects).flatMap(({ samples }) => samples.map(({ operation }) => operation));
  expect(sampled.sort()).toEqual(Object.keys(webpay.operations).sort());
});
