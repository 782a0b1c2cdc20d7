import { type DynamicModule, Global, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DispatchDatabase, TenantDatabase, type TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import type { DispatchQueue } from '@puente/queue';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { DispatchModule } from '../dispatch.module';
import { DispatchMode } from '../dispatch-mode';
import { Dispatcher } from '../dispatch/dispatcher';
import { Sweeper } from '../dispatch/sweeper';
import { LedgerModule } from '../ledger.module';
import { LedgerSettings, type LedgerSettingsValues } from '../ledger-settings';
import type { NewOperation, OperationState } from '../operation';
import { OperationLedger } from '../operation-ledger';
import { LaneReports } from '../ports/lane-reports.port';
import { OperationExecutor } from '../ports/operation-executor.port';
import { PayloadCipher } from '../ports/payload-cipher.port';
import { LaneRecord } from './lane-record';
import { ScriptedProvider } from './scripted-provider';
import { TestCipher } from './test-cipher';

export interface LedgerUrls {
  readonly appUrl: string;
  readonly dispatchUrl: string;
  readonly superuserUrl: string;
}

export interface Row {
  readonly id: string;
  readonly state: OperationState;
  readonly mode: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly repeats: number;
  readonly asks: number;
  readonly maybe_sent: boolean;
  readonly blocked: boolean;
  readonly fence: string;
  readonly failure: string | null;
  readonly failure_message: string | null;
  readonly first_sent_at: Date | null;
  readonly sent_at: Date | null;
  readonly next_attempt_at: Date;
  readonly lease_until: Date | null;
  readonly lease_owner: string | null;
  readonly delivered_at: Date | null;
  readonly order_key: string | null;
}

@Global()
@Module({})
class TestPlatform {
  static with(databases: TestDatabases): DynamicModule {
    const tokens = [DispatchDatabase, TenantDatabase, Metrics];
    return {
      module: TestPlatform,
      providers: [
        { provide: DispatchDatabase, useValue: databases.dispatch },
        { provide: TenantDatabase, useValue: databases.tenants },
        { provide: Metrics, useValue: new Metrics() },
      ],
      exports: tokens,
    };
  }
}

@Module({})
class TestRoot {}

/** The pools of one process under test. */
class TestDatabases {
  private constructor(
    readonly source: DataSource,
    readonly dispatch: DispatchDatabase,
    readonly tenants: TenantDatabase,
  ) {}

  static async open(urls: LedgerUrls): Promise<TestDatabases> {
    const source = new DataSource({
      ...{ type: 'postgres', url: urls.appUrl, installExtensions: false, poolSize: 10 },
      poolErrorHandler: () => undefined,
    });
    await source.initialize();
    const dispatch = new DispatchDatabase({ url: urls.dispatchUrl, max: 10, applicationName: 'test' });
    return new TestDatabases(source, dispatch, new TenantDatabase(source));
  }

  async close(): Promise<void> {
    await this.dispatch.close();
    await this.source.destroy();
  }
}

/** One process with a ledger, as the api or, with a dispatcher, as a worker. Wired by the real modules. */
export class TestProcess {
  private constructor(
    private readonly app: INestApplicationContext,
    private readonly databases: TestDatabases,
    readonly provider: ScriptedProvider,
  ) {}

  static async start(
    urls: LedgerUrls,
    options: {
      readonly settings?: Partial<LedgerSettingsValues>;
      readonly provider?: ScriptedProvider;
      readonly dispatch?: boolean;
      readonly cipher?: PayloadCipher;
      readonly reports?: LaneReports;
      /** Mode `sqs`, through this queue. */
      readonly queue?: DispatchQueue | undefined;
    } = {},
  ): Promise<TestProcess> {
    const databases = await TestDatabases.open(urls);
    const provider = options.provider ?? new ScriptedProvider();
    const settings = new LedgerSettings({
      pollMs: 50,
      sweepMs: 50,
      drainMs: 5_000,
      leaseMs: 30_000,
      concurrency: 10,
      ...options.settings,
    });
    const cipher = { provide: PayloadCipher, useValue: options.cipher ?? new TestCipher() };
    const reports = { provide: LaneReports, useValue: options.reports ?? new LaneRecord() };
    const executor = { provide: OperationExecutor, useValue: provider };
    const app = await NestFactory.createApplicationContext(
      {
        module: TestRoot,
        imports: [
          TestPlatform.with(databases),
          LedgerModule.forRoot({ providers: [cipher, reports] }, { settings, mode: new DispatchMode(options.queue) }),
          DispatchModule.forRoot({ providers: [executor] }, options.dispatch ?? false),
        ],
      },
      { logger: process.env['LEDGER_LOG'] ? ['warn', 'error'] : false, abortOnError: false },
    );
    return new TestProcess(app, databases, provider);
  }

  get ledger(): OperationLedger {
    return this.app.get(OperationLedger);
  }

  get dispatcher(): Dispatcher {
    return this.app.get(Dispatcher, { strict: false });
  }

  get sweeper(): Sweeper {
    return this.app.get(Sweeper, { strict: false });
  }

  get dispatch(): DispatchDatabase {
    return this.databases.dispatch;
  }

  part<T>(type: Type<T>): T {
    return this.app.get(type, { strict: false });
  }

  run<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.databases.tenants.run(tenantId, work);
  }

  /** Ends like a process that was asked to: drains, then closes. */
  async close(): Promise<void> {
    await this.app.close();
    await this.databases.close();
  }
}

/** Looks at what really is there, and moves the database's clock. */
export class LedgerWitness {
  readonly pool: Pool;

  constructor(urls: LedgerUrls) {
    this.pool = new Pool({ connectionString: urls.superuserUrl, max: 4 });
    this.pool.on('error', () => undefined);
  }

  async tenant(): Promise<string> {
    const id = uuidv7();
    await this.pool.query(`INSERT INTO tenants (id, name, data_key, external_id) VALUES ($1, 'test', '{}', 'x')`, [id]);
    return id;
  }

  async row(id: string): Promise<Row> {
    const { rows } = await this.pool.query<Row>(`SELECT * FROM operations WHERE id = $1`, [id]);
    return rows[0]!;
  }

  async count(where = 'true'): Promise<number> {
    const { rows } = await this.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM operations WHERE ${where}`);
    return rows[0]!.n;
  }

  async attempts(
    id: string,
  ): Promise<{ outcome: string; applied: boolean; fence: string; number: number; repeat: boolean; mode: string }[]> {
    const { rows } = await this.pool.query(`SELECT * FROM attempts WHERE operation_id = $1 ORDER BY fence, number`, [
      id,
    ]);
    return rows as never;
  }

  async sql(text: string, params: unknown[] = []): Promise<unknown[]> {
    return (await this.pool.query(text, params)).rows as unknown[];
  }

  /** Moves the database's clock; leases, due times and windows follow it. */
  async advance(ms: number): Promise<void> {
    await this.pool.query(`UPDATE clock_skew SET skew = skew + $1 * interval '1 ms'`, [ms]);
  }

  async settled(id: string, withinMs = 10_000): Promise<Row> {
    return this.until(id, ({ state }) => !['queued', 'running', 'unknown'].includes(state), withinMs);
  }

  async until(id: string, holds: (row: Row) => boolean, withinMs = 10_000): Promise<Row> {
    let row: Row | undefined;
    await eventually(async () => {
      row = await this.row(id);
      return holds(row);
    }, withinMs).catch(() => {
      throw new Error(`Operation ${id} did not get there: ${JSON.stringify(row)}`);
    });
    return row!;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Polls until it holds; a bounded wait, never a sleep for luck. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const until = Date.now() + withinMs;
  for (;;) {
    if (await holds()) return;
    if (Date.now() > until) throw new Error(`It did not become true within ${String(withinMs)} ms: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function newOperation(tenantId: string, given: Partial<NewOperation> = {}): NewOperation {
  return {
    id: uuidv7(),
    tenantId,
    provider: 'test',
    operation: 'do',
    integration: 'default',
    laneKey: 'default',
    effect: 'idempotent',
    onUnknown: 'review',
    policy: 'payment',
    priority: 100,
    input: { text: 'hello' },
    settleMs: 0,
    ...given,
  };
}
