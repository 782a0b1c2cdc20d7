import { randomBytes } from 'node:crypto';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule, TenantDatabase, type TenantTransaction } from '@puente/database';
import { EgressModule } from '@puente/egress';
import { PurchaseRequestBody, PurchaseRequests, PurchasesModule, RequestPayments } from '@puente/flows/purchases';
import { IntegrationsModule, PortsModule } from '@puente/integrations';
import { LedgerModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { TenancyModule, Tenants } from '@puente/tenancy';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from './test-database';

const origin = { actor: 'test' };

/** The purchases flow alone: nobody opens a form at Webpay here, and what became of a payment is told by the test. */
class NoForms extends RequestPayments {
  override start(): never {
    throw new Error('no payment is opened in this test');
  }
  override returned(): never {
    throw new Error('no payment comes back in this test');
  }
  override left(): never {
    throw new Error('no payment comes back in this test');
  }
}

@Global()
@Module({ providers: [NoForms], exports: [NoForms] })
class NoFormsModule {}

/** The purchases flow on a real database. Operations are accepted and stay in the ledger, where tests read them. */
export class PurchasesWorld {
  private constructor(
    readonly database: TestDatabase,
    private readonly superuser: Client,
    private readonly app: INestApplicationContext,
  ) {}

  static async start(): Promise<PurchasesWorld> {
    const database = await createTestDatabase();
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    const config = loadConfig({
      ...{ ENV: 'test', LOG_LEVEL: 'silent', KEY_RING: `test-1:${randomBytes(32).toString('base64')}` },
      ...{ DATABASE_APP_URL: database.appUrl, DATABASE_DISPATCH_URL: database.dispatchUrl },
      ...{ DATABASE_AUTH_URL: database.authUrl },
    });
    const imports = [
      ...[AppConfigModule.with(config), ObservabilityModule.forRoot({ service: 'test' }), DatabaseModule],
      IntegrationsModule.forRoot({ catalog, installation: config.ENV }),
      ...[PortsModule, LedgerModule.forRoot({}), TenancyModule, EgressModule],
      PurchasesModule.forRoot({ payments: { module: NoFormsModule, port: NoForms } }),
    ];
    const app = await Test.createTestingModule({ imports }).compile();
    app.useLogger(false);
    return new PurchasesWorld(database, superuser, await app.init());
  }

  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T {
    return this.app.get(type);
  }

  async tenant(): Promise<string> {
    return (await this.get(Tenants).create(origin, { name: 'Boleteria Andes' })).id;
  }

  in<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.get(TenantDatabase).run(tenantId, work);
  }

  /** Of our own group unless told otherwise. */
  buy(tenantId: string, given: object, idempotencyKey?: string) {
    const { auth0Token: _token, status: _status, ...body } = PurchaseRequestBody.parse({ group_id: 15, fixture_id: 1, quantity: 1, ...given }); // prettier-ignore
    return this.get(PurchaseRequests).create(tenantId, body, idempotencyKey);
  }

  async sql<Row extends object>(text: string, params: readonly unknown[] = []): Promise<Row[]> {
    return (await this.superuser.query<Row>(text, [...params])).rows;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.superuser.end();
    await this.database.drop();
  }
}
