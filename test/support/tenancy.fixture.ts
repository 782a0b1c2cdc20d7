import { randomBytes } from 'node:crypto';
import { Global, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule, TenantDatabase } from '@puente/database';
import type { Outcome } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import {
  CredentialCatalogue,
  CredentialProbe,
  type CredentialRules,
  CredentialsMended,
  TenancyModule,
  Tenants,
  type TenantView,
  TenantWork,
  type UnfinishedWork,
} from '@puente/tenancy';
import { Client } from 'pg';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from './test-database';

type Candidate = Parameters<CredentialProbe['probe']>[0];

/** Like the real rules, of one address only: `https://refused.test`. */
const refusedAddresses: CredentialRules['refusedAddresses'] = async ({ host }) =>
  host === 'https://refused.test' ? [{ field: 'host', message: 'may not be called' }] : [];

/** `acme` and `hook` are per tenant, `owned` a flow's, `bulk` the platform's, `mixed` hybrid: providers that exist only here. */
export const RULES: readonly CredentialRules[] = [
  {
    refusedAddresses,
    ...{ provider: 'acme', model: 'tenant', globalFields: [], rotateEveryDays: 90, rebindOn: ['host'] },
    expiresOn: 'keyEndsOn',
    secrets: z.strictObject({ apiKey: z.string().min(8), webhookSecret: z.string().optional() }),
    config: z.strictObject({
      host: z.url().default('https://api.acme.test'),
      label: z.string().optional(),
      keyEndsOn: z.iso.date().optional(),
    }),
  },
  {
    refusedAddresses,
    ...{ provider: 'bulk', model: 'global', globalFields: [], rotateEveryDays: 90, rebindOn: [] },
    secrets: z.strictObject({ apiKey: z.string() }),
    config: z.strictObject({}),
  },
  {
    refusedAddresses,
    ...{ provider: 'mixed', model: 'hybrid', rotateEveryDays: 30, rebindOn: ['host'] },
    globalFields: ['apiKey', 'host', 'sender'],
    secrets: z.strictObject({ apiKey: z.string(), pin: z.string().optional() }),
    config: z.strictObject({ host: z.string(), sender: z.string(), region: z.string().optional() }),
  },
  {
    refusedAddresses,
    ...{ provider: 'owned', model: 'tenant', globalFields: [], rotateEveryDays: 90, rebindOn: [] },
    managedBy: '/v1/things',
    secrets: z.strictObject({ signing: z.string() }),
    config: z.strictObject({}),
  },
  {
    refusedAddresses,
    ...{ provider: 'hook', model: 'tenant', globalFields: [], rotateEveryDays: 90, rebindOn: ['host'] },
    ...{ boundSecrets: ['token'], probedBeforeUse: false },
    secrets: z.strictObject({ signing: z.string().min(8), token: z.string().optional() }),
    config: z.strictObject({ host: z.url() }),
  },
];

class FixtureCatalogue extends CredentialCatalogue {
  rulesOf(provider: string): CredentialRules | undefined {
    return RULES.find((rules) => rules.provider === provider);
  }

  providers(): readonly string[] {
    return RULES.map(({ provider }) => provider);
  }
}

/** Answers as the test says and remembers what it was asked with. */
export class ScriptedProbe extends CredentialProbe {
  readonly asked: Candidate[] = [];
  answer: (candidate: Candidate) => Outcome | Promise<Outcome> = () => ({ kind: 'ok', output: {} });

  async probe(candidate: Candidate): Promise<Outcome> {
    this.asked.push(candidate);
    return this.answer(candidate);
  }
}

export class MendedRecord extends CredentialsMended {
  readonly told: string[] = [];

  async mended(tenantId: string, provider: string, integration: string): Promise<void> {
    this.told.push(`${tenantId} ${provider}/${integration}`);
  }
}

/** Tenancy alone has no ledger, and so no operations. It counts how often what waited was told to go on. */
export class WorkRecord extends TenantWork {
  wentOn = 0;
  waiting: UnfinishedWork[] = [];

  goesOn(): void {
    this.wentOn += 1;
  }

  async unfinished(): Promise<readonly UnfinishedWork[]> {
    return this.waiting;
  }

  async abandon(): Promise<number> {
    return this.waiting.splice(0).length;
  }
}

export interface Tenancy {
  readonly database: TestDatabase;
  readonly probe: ScriptedProbe;
  readonly mended: MendedRecord;
  readonly rows: TenantDatabase;
  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T;
  tenant(name?: string): Promise<TenantView>;
  /** Past row-level security, as an attacker with the database in hand. */
  asSuperuser(sql: string, params?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** A second process on the same database. */
  another(env?: Readonly<Record<string, string>>): Promise<Tenancy>;
  close(): Promise<void>;
}

export const KEY_RING = `test-1:${randomBytes(32).toString('base64')}`;

/** The real module with the real database; only the three ports are the test's, and the metrics. */
export async function startTenancy(env: Readonly<Record<string, string>> = {}): Promise<Tenancy> {
  const database = await createTestDatabase();
  const tenancy = await startOn(database, env);
  return {
    ...tenancy,
    close: async () => {
      await tenancy.close();
      await database.drop();
    },
  };
}

async function startOn(database: TestDatabase, env: Readonly<Record<string, string>>): Promise<Tenancy> {
  const probe = new ScriptedProbe();
  const mended = new MendedRecord();
  const app = await boot(database, env, probe, mended);
  const superuser = new Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  const rows = app.get(TenantDatabase);
  return {
    ...{ database, probe, mended, rows },
    get: (type) => app.get(type),
    tenant: (name = 'Comercial Andes') => app.get(Tenants).create({ actor: 'test' }, { name }),
    asSuperuser: async (sql, params = []) =>
      (await superuser.query(sql, [...params])).rows as Record<string, unknown>[],
    another: (more = {}) => startOn(database, { ...env, ...more }),
    close: async () => {
      await superuser.end();
      await app.close();
    },
  };
}

async function boot(
  database: TestDatabase,
  env: Readonly<Record<string, string>>,
  probe: ScriptedProbe,
  mended: MendedRecord,
): Promise<INestApplicationContext> {
  const config = loadConfig({
    ENV: 'test',
    DATABASE_APP_URL: database.appUrl,
    DATABASE_DISPATCH_URL: database.dispatchUrl,
    DATABASE_AUTH_URL: database.authUrl,
    ...(env.KEY_RING_FILE === undefined ? { KEY_RING } : {}),
    ...env,
  });

  @Global()
  @Module({
    providers: [
      { provide: CredentialCatalogue, useClass: FixtureCatalogue },
      { provide: CredentialProbe, useValue: probe },
      { provide: CredentialsMended, useValue: mended },
      { provide: Metrics, useValue: new Metrics() },
      { provide: TenantWork, useClass: WorkRecord },
    ],
    exports: [CredentialCatalogue, CredentialProbe, CredentialsMended, Metrics, TenantWork],
  })
  class Bindings {}

  @Module({ imports: [AppConfigModule.with(config), DatabaseModule, Bindings, TenancyModule] })
  class TestApp {}

  const app = await Test.createTestingModule({ imports: [TestApp] }).compile();
  app.useLogger(false);
  try {
    return await app.init();
  } catch (error) {
    await app.close().catch(() => undefined); // what refused to start still holds connections
    throw error;
  }
}
