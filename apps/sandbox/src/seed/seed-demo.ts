import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@puente/config';
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
import {
  DEMO_DEAD_LETTER_QUEUE,
  DEMO_FIFO_TOPIC,
  DEMO_QUEUE,
  DEMO_QUEUE_NAME,
  DEMO_REGION,
  DEMO_TENANT_ID,
  DEMO_TOPIC,
  demoQueueUrl,
  demoTopicArn,
} from './demo-names';
import { readSandboxFile, type SandboxFacts } from './sandbox-facts';
import { SeedModule } from './seed.module';

const origin = { actor: 'system:sandbox' };

export interface SeedPlaces {
  readonly dataDir: string;
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  readonly workerUrl: string;
}

/**
 * Makes the demo tenant what the README promises: verified credentials for SQS, SNS and Lambda, a bound queue, one key per scope.
 * Safe to repeat; keys of an earlier run are kept as long as they work.
 */
export async function seedDemo(settings: Readonly<Record<string, string>>, places: SeedPlaces): Promise<SandboxFacts> {
  const app = await NestFactory.createApplicationContext(SeedModule.with(loadConfig(settings)), {
    logger: false,
    abortOnError: false,
  });
  try {
    await ensureTenant(app.get(Tenants));
    const [keys] = await Promise.all([keysFor(app.get(ApiKeys), places.dataDir), register(app, places.sandboxUrl)]);
    return factsOf(places, keys);
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

async function register(app: INestApplicationContext, sandboxUrl: string): Promise<void> {
  const admin = app.get(IntegrationsAdmin);
  const credentials = {
    secrets: { accessKeyId: 'AKIDDEMO', secretAccessKey: 'demo' },
    config: { region: DEMO_REGION, endpoint: sandboxUrl },
  };
  await Promise.all(
    ['sqs', 'sns', 'lambda'].map((provider) =>
      admin.put(origin, { tenantId: DEMO_TENANT_ID, provider, name: 'default' }, credentials),
    ),
  );
  const integration = 'default';
  const order = { name: DEMO_QUEUE_NAME, integration };
  const { queueUrl, deadLetterQueueUrl } = await app.get(QueueSetup).create(DEMO_TENANT_ID, order);
  const queues = { queueUrl, deadLetterQueueUrl, integration };
  await app.get(NotificationQueues).bind(DEMO_TENANT_ID, queues, { origin, platform: true });
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

function factsOf({ apiUrl, sandboxUrl, workerUrl }: SeedPlaces, keys: SandboxFacts['keys']): SandboxFacts {
  return {
    ...{ apiUrl, sandboxUrl, workerUrl, tenantId: DEMO_TENANT_ID, keys },
    notifications: {
      queueUrl: demoQueueUrl(sandboxUrl, DEMO_QUEUE),
      deadLetterQueueUrl: demoQueueUrl(sandboxUrl, DEMO_DEAD_LETTER_QUEUE),
      topicArn: demoTopicArn(DEMO_TOPIC),
      fifoTopicArn: demoTopicArn(DEMO_FIFO_TOPIC),
    },
  };
}
