import { randomBytes, randomUUID } from 'node:crypto';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule } from '@puente/database';
import { EgressModule } from '@puente/egress';
import {
  AccountingFlow,
  AccountingIntake,
  AccountingList,
  AccountingModule,
  AccountingRoutes,
  AccountingRoutesBody,
  type EntryView,
} from '@puente/flows/accounting';
import { IntegrationsModule, PortsModule } from '@puente/integrations';
import { DispatchModule, LedgerModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { OdooStandIn } from '@puente/providers/odoo/testing';
import type { QueueBinding, QueueMessage, Verdict } from '@puente/queue';
import { IntegrationsAdmin, TenancyModule, Tenants } from '@puente/tenancy';
import { Client } from 'pg';
import { until } from './sandbox-until';
import { createTestDatabase, type TestDatabase } from './test-database';
import { startTestStandIns, type TestStandIns } from './test-stand-ins';

export const origin = { actor: 'test' };

/** The accounting flow on a real database. */
export class AccountingWorld {
  private messages = 0;

  private constructor(
    readonly database: TestDatabase,
    private readonly superuser: Client,
    private readonly app: INestApplicationContext,
    private readonly standIns: TestStandIns | undefined,
  ) {}

  /** With an Odoo operations are done; without they stay in the ledger, where tests read them. */
  static async start({ odoo = false }: { readonly odoo?: boolean } = {}): Promise<AccountingWorld> {
    const [database, standIns] = await Promise.all([
      createTestDatabase(),
      odoo ? startTestStandIns(() => [new OdooStandIn()]) : undefined,
    ]);
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    const config = loadConfig({
      ...{
        ENV: 'test',
        LOG_LEVEL: 'silent',
        KEY_RING: `test-1:${randomBytes(32).toString('base64')}`,
        POLL_MS: '50',
        SWEEP_MS: '100',
      },
      ...{ DATABASE_APP_URL: database.appUrl, DATABASE_DISPATCH_URL: database.dispatchUrl },
      ...{ DATABASE_AUTH_URL: database.authUrl, EGRESS_ALLOWED_CIDRS: '127.0.0.1/32' },
    });
    const imports = [
      ...[AppConfigModule.with(config), ObservabilityModule.forRoot({ service: 'test' }), DatabaseModule],
      IntegrationsModule.forRoot({ catalog, installation: config.ENV }),
      ...[PortsModule, LedgerModule.forRoot({}), TenancyModule, EgressModule],
      ...(odoo ? [DispatchModule.forRoot({})] : []),
      AccountingModule.forRoot({ queue: undefined }),
    ];
    const app = await Test.createTestingModule({ imports }).compile();
    app.useLogger(false);
    return new AccountingWorld(database, superuser, await app.init(), standIns);
  }

  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T {
    return this.app.get(type);
  }

  async tenant(): Promise<string> {
    return (await this.get(Tenants).create(origin, { name: 'Contadores Andes' })).id;
  }

  /** An account at the stand-in, of one of its versions. */
  async connect(
    tenantId: string,
    { version = 19, apiKey = 'key-of-the-bot', ...config }: OdooAccount = {},
  ): Promise<void> {
    const place = { url: `${this.odoo.url}/odoo/${String(version)}`, database: 'puente', login: 'bot@example.com' };
    const account = { tenantId, provider: 'odoo', name: 'default' };
    const credentials = { secrets: { apiKey }, config: { ...place, ...config } };
    await this.get(IntegrationsAdmin).put(origin, account, credentials);
  }

  /** An account that nobody calls: for routes, where there is no Odoo. */
  async register(tenantId: string, allowed?: readonly { model: string; method: string }[]): Promise<void> {
    await this.sql(
      `INSERT INTO tenant_integrations (id, tenant_id, provider, name, credentials, is_active)
       VALUES ($1, $2, 'odoo', 'default', '{}', false)`,
      [randomUUID(), tenantId],
    );
    await this.sql(
      `INSERT INTO integration_versions (id, tenant_id, integration_id, version, state, envelope, config, fingerprints, created_at)
       SELECT $1, tenant_id, id, 1, 'staged', '{}', $3, '{}', puente_now() FROM tenant_integrations WHERE tenant_id = $2`,
      [randomUUID(), tenantId, JSON.stringify({ allowed })],
    );
  }

  get odoo(): TestStandIns {
    if (!this.standIns) throw new Error('This world has no Odoo');
    return this.standIns;
  }

  /** Entries that Odoo has posted, oldest first. */
  async posted(): Promise<readonly PostedMove[]> {
    const all = (await this.odoo.received('odoo')) as unknown as readonly (PostedMove & {
      readonly operation: string;
    })[];
    return all.filter(({ operation }) => operation === 'create_post_move' || operation === 'action_post');
  }

  /** Once all entries of the tenant are in this state. */
  ended(tenantId: string, state: string, count: number): Promise<EntryView[]> {
    return until(
      async () => {
        const { items } = await this.get(AccountingList).list(tenantId, { kind: 'move' }, undefined, 1_000);
        const settled = items.filter((entry) => entry.state === state && entry.settledAt !== null);
        return settled.length === count && settled;
      },
      { withinMs: 20_000, what: `${String(count)} entries are ${state}` },
    );
  }

  /** By REST, as text: its digits count. */
  move(tenantId: string, given: object | string, route?: string) {
    const text = typeof given === 'string' ? given : JSON.stringify({ ...MOVE, ...given });
    return this.get(AccountingFlow).move(tenantId, text, { route });
  }

  partner(tenantId: string, body: { accountId: number; finalitixUserId: string }) {
    return this.get(AccountingFlow).partner(tenantId, body, {});
  }

  see(tenantId: string, kind: EntryView['kind'], id: string): Promise<EntryView> {
    return this.get(AccountingList).get(tenantId, kind, id);
  }

  routes(tenantId: string, ...routes: object[]) {
    return this.get(AccountingRoutes).put(tenantId, AccountingRoutesBody.parse({ routes }), origin);
  }

  /** Out of the queue, with the attributes of S0.3 unless told otherwise. */
  deliver(tenantId: string, ...messages: Partial<QueueMessage>[]): Promise<readonly Verdict[]> {
    return this.get(AccountingIntake).handle(
      messages.map((given) => this.message(given)),
      bindingOf(tenantId),
    );
  }

  async entries(tenantId: string): Promise<Record<string, unknown>[]> {
    return this.sql(
      `SELECT e.entry_key, e.amount_minor::text AS amount, e.currency, e.repeats, e.conflicts, e.origin, o.state, o.order_key,
         o.operation, o.effect, o.on_unknown
       FROM accounting_entries e JOIN operations o ON o.id = e.operation_id WHERE e.tenant_id = $1 ORDER BY o.seq`,
      [tenantId],
    );
  }

  /** Past row-level security. */
  async sql<Row extends object = Record<string, unknown>>(
    text: string,
    params: readonly unknown[] = [],
  ): Promise<Row[]> {
    return (await this.superuser.query<Row>(text, [...params])).rows;
  }

  /** Moves the database's clock, by which everything is due. */
  async advance(interval: string): Promise<void> {
    await this.sql(`UPDATE clock_skew SET skew = skew + $1::interval`, [interval]);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.standIns?.stop();
    await this.superuser.end();
    await this.database.drop();
  }

  private message(given: Partial<QueueMessage>): QueueMessage {
    this.messages += 1;
    return {
      ...{ id: `message-${String(this.messages)}`, groupId: '', deduplicationId: '', receiveCount: 1 },
      ...{ sentAt: undefined, body: JSON.stringify(MOVE), attributes: S03_ATTRIBUTES },
      ...given,
    };
  }
}

const MOVE = { transaction_id: 123, amount: 1500, finalitix_type: 'cargo', description: 'Pago a proveedor' };
const text = (StringValue: string) => ({ DataType: 'String', StringValue });
export const S03_ATTRIBUTES = { method: text('create_post_move'), model: text('account.move') };
export const S04_ATTRIBUTES = {
  ...{ method: text('create_finalitix_partner'), model: text('res.partner'), finalitixUserId: text('u-17') },
  accountId: { DataType: 'Number', StringValue: '77' },
};

export interface OdooAccount {
  readonly version?: 17 | 18 | 19;
  readonly apiKey?: string;
  readonly workers?: number;
  readonly database?: string;
}

export interface PostedMove {
  readonly ref?: string;
  readonly transactionId?: string;
  readonly amount: string;
  readonly type?: string;
  readonly lines: readonly { readonly debit: string; readonly credit: string; readonly account_id: number }[];
}

function bindingOf(tenantId: string): QueueBinding {
  const queueUrl = 'http://127.0.0.1/000000000000/accounting';
  return { tenantId, queueUrl, deadLetterUrl: `${queueUrl}-dead`, integration: 'default' };
}
