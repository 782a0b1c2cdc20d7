import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@puente/config';
import { FunctionBody, FunctionsAdmin } from '@puente/flows/functions';
import { NotificationQueues, QueueSetup } from '@puente/flows/notifications';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import {
  ApiKeys,
  IntegrationsAdmin,
  type Scope,
  TenantExistsError,
  Tenants,
  UnauthenticatedError,
} from '@puente/tenancy';
import { demoWebpayAccounts } from './demo-webpay';
import {
  ACCOUNTING_QUEUE_NAME,
  CUSTOMER_QUEUE_NAME,
  DEMO_DEAD_LETTER_QUEUE,
  DEMO_FIFO_TOPIC,
  DEMO_FUNCTIONS,
  DEMO_QUEUE,
  DEMO_QUEUE_NAME,
  DEMO_TENANT_ID,
  DEMO_TOPIC,
  demoQueueUrl,
  demoTopicArn,
} from './demo-names';
import { accountFacts, demoCredentials } from './demo-accounts';
import { readSandboxFile, type SandboxFacts } from './sandbox-facts';
import { SeedModule } from './seed.module';

const origin = { actor: 'system:sandbox' };

export interface SeedPlaces {
  readonly dataDir: string;
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  readonly workerUrl: string;
  readonly mqttPort: number;
  readonly smtpPort: number;
}

/**
 * Makes the demo tenant what the README promises: verified credentials for SQS, SNS, Lambda, MQTT, Odoo, SMTP and Webpay, a bound
 * queue, named functions, one key per scope. Safe to repeat; keys of an earlier run are kept as long as they work.
 */
export async function seedDemo(settings: Readonly<Record<string, string>>, places: SeedPlaces): Promise<SandboxFacts> {
  const app = await NestFactory.createApplicationContext(SeedModule.with(loadConfig(settings)), {
    logger: false,
    abortOnError: false,
  });
  try {
    await ensureTenant(app.get(Tenants));
    const [keys, functions] = await Promise.all([
      keysFor(app.get(ApiKeys), places.dataDir),
      nameFunctions(app.get(FunctionsAdmin)),
      register(app, places),
    ]);
    return factsOf(places, keys, functions);
  } finally {
    await app.close();
  }
}

async function ensureTenant(tenants: Tenants): Promise<void> {
  try {
    await tenants.create(origin, { id: DEMO_TENANT_ID, name: 'Demo' });
  } catch (error) {
    if (!(error instanceof TenantExistsError)) throw error;
  }
}

async function register(app: INestApplicationContext, places: SeedPlaces): Promise<void> {
  const admin = app.get(IntegrationsAdmin);
  await Promise.all([
    ...Object.entries(demoCredentials(places)).map(([provider, credentials]) =>
      admin.put(origin, { tenantId: DEMO_TENANT_ID, provider, name: 'default' }, credentials),
    ),
    ...demoWebpayAccounts(places.sandboxUrl).map(({ name, ...account }) =>
      admin.put(origin, { tenantId: DEMO_TENANT_ID, provider: 'webpay', name }, account),
    ),
  ]);
  const integration = 'default';
  const order = { name: DEMO_QUEUE_NAME, integration };
  const { queueUrl, deadLetterQueueUrl } = await app.get(QueueSetup).create(DEMO_TENANT_ID, order);
  const queues = { queueUrl, deadLetterQueueUrl, integration };
  await app.get(NotificationQueues).bind(DEMO_TENANT_ID, queues, { origin, platform: true });
}

/** Names somebody gave them since the last start stay. */
async function nameFunctions(functions: FunctionsAdmin): Promise<SandboxFacts['functions']> {
  for (const { function: id, source } of await functions.list(DEMO_TENANT_ID))
    if (source !== 'tenant')
      await functions.put(DEMO_TENANT_ID, id, FunctionBody.parse({ name: DEMO_FUNCTIONS[id] }), origin);
  const named = await functions.list(DEMO_TENANT_ID);
  return Object.fromEntries(named.map(({ function: id, effectiveName }) => [id, effectiveName ?? '']));
}

async function keysFor(keys: ApiKeys, dataDir: string): Promise<SandboxFacts['keys']> {
  const kept = readSandboxFile(dataDir)?.keys;
  const key = async (name: Scope): Promise<string> => {
    const old = kept?.[name];
    if (old !== undefined && (await works(keys, old))) return old;
    const tenantId = name === 'platform' ? SYSTEM_TENANT_ID : DEMO_TENANT_ID;
    return (await keys.create(origin, tenantId, { name: `demo ${name}`, scopes: [name] })).key.reveal();
  };
  const [client, admin, audit, platform] = await Promise.all([
    key('client'),
    key('admin'),
    key('audit'),
    key('platform'),
  ]);
  return { client, admin, audit, platform };
}

async function works(keys: ApiKeys, key: string): Promise<boolean> {
  try {
    await keys.authenticate(key);
    return true;
  } catch (error) {
    if (error instanceof UnauthenticatedError) return false;
    throw error;
  }
}

function factsOf(places: SeedPlaces, keys: SandboxFacts['keys'], functions: SandboxFacts['functions']): SandboxFacts {
  const { apiUrl, sandboxUrl, workerUrl } = places;
  return {
    ...{ apiUrl, sandboxUrl, workerUrl, tenantId: DEMO_TENANT_ID, keys },
    notifications: {
      queueUrl: demoQueueUrl(sandboxUrl, DEMO_QUEUE),
      deadLetterQueueUrl: demoQueueUrl(sandboxUrl, DEMO_DEAD_LETTER_QUEUE),
      topicArn: demoTopicArn(DEMO_TOPIC),
      fifoTopicArn: demoTopicArn(DEMO_FIFO_TOPIC),
    },
    webhooks: {
      queueUrl: demoQueueUrl(sandboxUrl, CUSTOMER_QUEUE_NAME),
      receiversUrl: `${sandboxUrl}/_receivers/`,
    },
    accounting: { queueUrl: demoQueueUrl(sandboxUrl, ACCOUNTING_QUEUE_NAME) },
    ...accountFacts(places),
    functions,
  };
}
