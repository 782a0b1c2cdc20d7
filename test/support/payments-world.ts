import { randomBytes } from 'node:crypto';
import { type INestApplicationContext, Injectable, Module, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule, type TenantTransaction } from '@puente/database';
import { EgressModule } from '@puente/egress';
import {
  PaymentListener,
  type PaymentOutcome,
  PaymentReconciler,
  PaymentsFlow,
  PaymentsModule,
  type StartedPayment,
} from '@puente/flows/payments';
import { IntegrationsModule, PortsModule } from '@puente/integrations';
import { DispatchModule, LedgerModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { WebpayPayer, WebpayStandIn } from '@puente/providers/webpay/testing';
import { IntegrationsAdmin, TenancyModule, Tenants } from '@puente/tenancy';
import { Client } from 'pg';
import { until } from './sandbox-until';
import { createTestDatabase, type TestDatabase } from './test-database';
import { startTestStandIns, type TestStandIns } from './test-stand-ins';

export const origin = { actor: 'test' };
/** Public: of Transbank's integration environment. https://www.transbankdevelopers.cl/documentacion/como_empezar#ambiente-de-integracion */
const API_KEY = '579B532A7440BB0C9079DED94D31EA1615BACEB56610332264630D42D0A36B1C';
export const COMMERCE = { plus: '597055555532', deferred: '597055555540' } as const;
const KEY_RING = `test-1:${randomBytes(32).toString('base64')}`;

/** Hangs one effect on each end of a payment, in its transaction: what a shop would do. */
@Injectable()
export class WritingListener extends PaymentListener {
  /** Orders that begin so are over before they are paid. */
  static readonly OVER = 'over-';

  override isWanted(_: TenantTransaction, reference: string): Promise<boolean> {
    return Promise.resolve(!reference.startsWith(WritingListener.OVER));
  }

  override async paymentEnded(tx: TenantTransaction, outcome: PaymentOutcome): Promise<void> {
    await tx.query(`INSERT INTO shop_effects VALUES ($1, $2, $3, $4)`, [
      ...[tx.tenantId, outcome.paymentId, outcome.reference, outcome.state],
    ]);
  }
}

@Module({ providers: [WritingListener], exports: [WritingListener] })
class ShopModule {}

export type ReceivedCall = Readonly<Record<string, unknown>> & { readonly operation: string; readonly effect?: string };

/** The payments flow on a real database, against the stand-in by the real SDK: as many processes as a test wants. */
export class PaymentsWorld {
  readonly payer: WebpayPayer;
  private readonly apps: INestApplicationContext[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly standIns: TestStandIns,
    private readonly superuser: Client,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    this.payer = new WebpayPayer(standIns.url);
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<PaymentsWorld> {
    const [database, standIns] = await Promise.all([
      createTestDatabase(),
      startTestStandIns(() => [new WebpayStandIn()]),
    ]);
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await superuser.query('CREATE TABLE shop_effects (tenant uuid, payment uuid, reference text, state text)');
    await superuser.query('GRANT INSERT ON shop_effects TO puente_app');
    const world = new PaymentsWorld(database, standIns, superuser, env);
    await world.process({ dispatch: true });
    return world;
  }

  /** Another process on the same database. */
  async process({ dispatch = false } = {}): Promise<INestApplicationContext> {
    const config = loadConfig({
      ...{ ENV: 'test', LOG_LEVEL: 'silent', KEY_RING, POLL_MS: '50', SWEEP_MS: '100' },
      ...{ DATABASE_APP_URL: this.database.appUrl, DATABASE_DISPATCH_URL: this.database.dispatchUrl },
      ...{ DATABASE_AUTH_URL: this.database.authUrl, EGRESS_ALLOWED_CIDRS: '127.0.0.1/32' },
      ...{ API_URL: 'http://127.0.0.1:9', PAYMENTS_RETURN_WAIT_MS: '1200', ...this.env },
    });
    const imports = [
      ...[AppConfigModule.with(config), ObservabilityModule.forRoot({ service: 'test' }), DatabaseModule],
      IntegrationsModule.forRoot({ catalog, installation: config.ENV }),
      ...[PortsModule, LedgerModule.forRoot({}), TenancyModule, EgressModule],
      ...(dispatch ? [DispatchModule.forRoot({})] : []),
      PaymentsModule.forRoot({ listener: { module: ShopModule, port: WritingListener } }),
    ];
    const app = await Test.createTestingModule({ imports }).compile();
    app.useLogger(false);
    await app.init();
    this.apps.push(app);
    return app;
  }

  get<T>(type: Type<T> | (abstract new (...args: never[]) => T), app = this.apps[0]): T {
    if (!app) throw new Error('The world has not been started');
    return app.get(type);
  }

  /** With a verified Webpay account. */
  async tenant(commerceCode: string = COMMERCE.plus): Promise<string> {
    const { id } = await this.get(Tenants).create(origin, { name: 'Comercial Andes' });
    await this.account(id, commerceCode);
    return id;
  }

  async account(tenantId: string, commerceCode: string = COMMERCE.plus, apiKey = API_KEY): Promise<void> {
    const config = { commerceCode, environment: 'integration', host: `${this.standIns.url}/webpay` };
    const account = { tenantId, provider: 'webpay', name: 'default' };
    await this.get(IntegrationsAdmin).put(origin, account, { secrets: { apiKey }, config });
  }

  start(tenantId: string, reference: string, amount = 10_000, more: object = {}): Promise<StartedPayment> {
    return this.get(PaymentsFlow).start(tenantId, { reference, amount, ...more });
  }

  /** Begins a payment, has the payer approve it, and comes back: all that can go right. */
  async paid(tenantId: string, reference: string, amount = 10_000, card: object = {}) {
    const payment = await this.start(tenantId, reference, amount);
    await this.payer.approve(payment.token, card);
    return this.back(tenantId, { token_ws: payment.token });
  }

  back(tenantId: string, params: object, app?: INestApplicationContext) {
    return this.get(PaymentsFlow, app).commitReturn(tenantId, params);
  }

  see(tenantId: string, id: string) {
    return this.get(PaymentsFlow).statusOf(tenantId, id);
  }

  /** What the reconciler does, as often as it finds something due. */
  reconcile(): Promise<number> {
    return this.get(PaymentReconciler).pass();
  }

  /** Moves the database's clock, by which everything is due. */
  async advance(interval: string): Promise<void> {
    await this.sql(`UPDATE clock_skew SET skew = skew + $1::interval`, [interval]);
  }

  /** The stand-in's clock, by which Webpay's windows close. */
  async webpayAdvances(ms: number): Promise<void> {
    await this.standIns.order('webpay/clock', { advanceMs: ms });
  }

  fault(order: object): Promise<unknown> {
    return this.standIns.order('webpay/faults', order);
  }

  configure(config: object): Promise<unknown> {
    return this.standIns.order('webpay/config', config);
  }

  force(token: string, view: unknown): Promise<unknown> {
    return this.standIns.order('webpay/force', { token, view });
  }

  /** What reached Webpay, oldest first. */
  async received(operation?: string): Promise<ReceivedCall[]> {
    const all = await this.standIns.received<ReceivedCall>('webpay');
    return all.filter((call) => operation === undefined || call.operation === operation);
  }

  /** What the shop did because of payments of this order. */
  async effects(tenantId: string, reference: string): Promise<string[]> {
    const sql = `SELECT state FROM shop_effects WHERE tenant = $1 AND reference = $2`;
    return (await this.sql(sql, [tenantId, reference])).map(({ state }) => String(state));
  }

  /** Past row-level security. */
  async sql(text: string, params?: readonly unknown[]): Promise<Record<string, unknown>[]> {
    return (await this.superuser.query(text, params && [...params])).rows as Record<string, unknown>[];
  }

  becomes(tenantId: string, id: string, state: string, withinMs = 15_000) {
    return until(async () => ((one) => one.state === state && one)(await this.see(tenantId, id)), {
      ...{ withinMs, what: `payment ${id} is ${state}` },
    });
  }

  async reset(): Promise<void> {
    await this.standIns.host.reset();
  }

  async stop(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.superuser.end();
    await Promise.all([this.database.drop(), this.standIns.stop()]);
  }
}
