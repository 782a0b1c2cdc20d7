import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type AppConfig, AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule } from '@puente/database';
import { EgressModule, HostResolver } from '@puente/egress';
import { CreateEndpointBody, WebhookEndpoints, WebhooksModule } from '@puente/flows/webhooks';
import { IntegrationsModule, PortsModule } from '@puente/integrations';
import { DispatchModule, LedgerModule } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { TenancyModule, Tenants } from '@puente/tenancy';
import { Client } from 'pg';
import { until } from './sandbox-until';
import { createTestDatabase, type TestDatabase } from './test-database';

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** On a monotonic clock. */
  readonly atMs: number;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Somebody's server: writes down what comes and answers by path, 200 unless told otherwise. */
export class Receiver {
  readonly received: ReceivedWebhook[] = [];
  readonly answers = new Map<string, number | ReceiverAnswer>();
  /** Sockets that were opened, whatever came of them. */
  connections = 0;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, reply) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const path = request.url ?? '';
        const body = Buffer.concat(chunks).toString('utf8');
        this.received.push({ path, headers: request.headers, body, atMs: performance.now() });
        const told = this.answers.get(path) ?? 200;
        const answer: ReceiverAnswer = typeof told === 'number' ? { status: told } : told;
        reply.writeHead(answer.status, { 'content-type': 'text/plain', ...answer.headers });
        reply.end(answer.body ?? `seen ${path}`);
      });
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.server.on('connection', () => (this.connections += 1));
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  url(path: string): string {
    return `http://127.0.0.1:${String(this.port)}${path}`;
  }

  at(path: string): ReceivedWebhook[] {
    return this.received.filter((one) => one.path === path);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const origin = { actor: 'test' };

/** What a world has otherwise. */
export interface WorldOptions {
  /** Variables beside those that every world has. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where names lead; left out: to where the name servers say. */
  readonly resolver?: HostResolver;
}

/** The webhooks flow on a real database, with the dispatcher, and a receiver that it may call. */
export class WebhooksWorld {
  private readonly others: INestApplicationContext[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly receiver: Receiver,
    private readonly superuser: Client,
    private readonly app: INestApplicationContext,
    private readonly boot: () => Promise<INestApplicationContext>,
  ) {}

  static async start({ settings = {}, resolver }: WorldOptions = {}): Promise<WebhooksWorld> {
    const database = await createTestDatabase();
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    const receiver = new Receiver();
    await receiver.listen();
    const config = loadConfig({
      ...{ ENV: 'test', LOG_LEVEL: 'silent', KEY_RING: `test-1:${randomBytes(32).toString('base64')}`, POLL_MS: '100' },
      ...{ DATABASE_APP_URL: database.appUrl, DATABASE_DISPATCH_URL: database.dispatchUrl },
      ...{ DATABASE_AUTH_URL: database.authUrl, EGRESS_ALLOWED_CIDRS: '127.0.0.1/32' },
      ...{ EGRESS_PORTS: `443,${String(receiver.port)}` },
      ...settings,
    });
    const boot = (): Promise<INestApplicationContext> => process(config, resolver);
    return new WebhooksWorld(database, receiver, superuser, await boot(), boot);
  }

  /** One process more on the same database: another worker, with counters and connections of its own. */
  async another(): Promise<void> {
    this.others.push(await this.boot());
  }

  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T {
    return this.app.get(type);
  }

  async tenant(): Promise<string> {
    return (await this.get(Tenants).create(origin, { name: 'Comercial Andes' })).id;
  }

  /** An endpoint at this path of the receiver. */
  endpoint(tenantId: string, path: string, given: object = {}) {
    const body = CreateEndpointBody.parse({ url: this.receiver.url(path), eventTypes: ['*'], ...given });
    return this.get(WebhookEndpoints).create(tenantId, body, origin);
  }

  /** Past row-level security. */
  async sql(text: string, params: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.superuser.query(text, [...params])).rows as Record<string, unknown>[];
  }

  /** Moves the database's clock, by which everything is due. */
  async advance(interval: string): Promise<void> {
    await this.sql(`UPDATE clock_skew SET skew = skew + $1::interval`, [interval]);
  }

  /** What has come to this path, once it is so many. */
  arrived(path: string, count = 1): Promise<ReceivedWebhook[]> {
    return until(() => ((all) => all.length >= count && all)(this.receiver.at(path)), {
      withinMs: 15_000,
      what: `${String(count)} at ${path}`,
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.app, ...this.others].map((app) => app.close()));
    await this.receiver.close();
    await this.superuser.end();
    await this.database.drop();
  }
}

async function process(config: AppConfig, resolver?: HostResolver): Promise<INestApplicationContext> {
  const imports = [
    ...[AppConfigModule.with(config), ObservabilityModule.forRoot({ service: 'test' }), DatabaseModule],
    IntegrationsModule.forRoot({ catalog, installation: config.ENV }),
    ...[PortsModule, LedgerModule.forRoot({}), DispatchModule.forRoot({}), TenancyModule, EgressModule],
    WebhooksModule.forRoot({ customerQueue: undefined }),
  ];
  const module = Test.createTestingModule({ imports });
  const app = await (resolver ? module.overrideProvider(HostResolver).useValue(resolver) : module).compile();
  app.useLogger(false);
  return app.init();
}
