import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '@puente/config';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { ApiKeys } from '@puente/tenancy';
import { SeedModule } from '../../../apps/sandbox/src/seed/seed.module';
import { bodyOf, JsonClient } from '../../support/sandbox-client';
import { until } from '../../support/sandbox-until';
import type { Mood } from '../provider/stand-in';
import { quietPort } from './quiet-port';
import type { DispatchMode } from './ledger-plan';
import { WorldPostgres } from './world-postgres';
import { type Life, WorldProcess } from './world-process';
import { WorldQueue } from './world-queue';

/** Longer than a poll, shorter than a freeze; a marked call's lease is stretched over the call. */
export const LEASE_MS = 2_000;
export const CONCURRENCY = 16;
export const INSTALLATION = 'faults';
const SHIFTS_MS = [0, 3_600_000, -3_600_000];

export interface WorldTenant {
  readonly id: string;
  readonly token: string;
  readonly key: string;
  readonly admin: string;
}

export interface WorldPlan {
  readonly seed: number;
  readonly tenants: number;
  readonly workers: number;
  readonly mode: DispatchMode;
  /** Build to run instead of dist. */
  readonly build?: string | undefined;
  /** Further variables of api and worker. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** PostgreSQL, two apis, workers with clocks that disagree, and the stand-in that keeps its own account. */
export class World {
  readonly apis: WorldProcess[] = [];
  readonly workers: WorldProcess[] = [];
  readonly tenants: WorldTenant[] = [];
  /** Of whoever makes tenants. */
  platformKey = '';
  private apiUrls: string[] = [];
  private standInUrl = '';
  private asked = 0;
  private standIn: WorldProcess | undefined;
  /** In mode `sqs` only. */
  queue: WorldQueue | undefined;

  private constructor(
    readonly dir: string,
    private readonly plan: WorldPlan,
    readonly postgres: WorldPostgres,
  ) {}

  static async create(plan: WorldPlan): Promise<World> {
    const dir = mkdtempSync(path.join(tmpdir(), 'puente-faults-'));
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    const lines: string[] = [];
    const postgres = await WorldPostgres.create(dir, (line) => lines.push(line));
    const world = new World(dir, plan, postgres);
    try {
      await world.start();
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  get processes(): readonly WorldProcess[] {
    return [...this.apis, ...this.workers];
  }

  get lives(): readonly Life[] {
    return this.processes.flatMap(({ lives }) => lives);
  }

  apiUrl(number: number): string {
    return this.apiUrls[number % this.apiUrls.length] ?? '';
  }

  get effectsFile(): string {
    return path.join(this.dir, 'effects.jsonl');
  }

  async mood(mood: Partial<Mood>): Promise<void> {
    await new JsonClient(this.standInUrl).post('/_mood', mood);
  }

  async account(): Promise<{ readonly requests: number; readonly misbehaved: Readonly<Record<string, number>> }> {
    return bodyOf(await new JsonClient(this.standInUrl).get('/_account'));
  }

  async allReady(withinMs = 90_000): Promise<void> {
    const ready = (): boolean => this.processes.every(({ isReady }) => isReady);
    await until(ready, { withinMs, everyMs: 50, what: 'every process is ready' });
  }

  /** Tells the ledger that a tenant's credentials are good, as an administrator would after mending them. */
  async verify({ admin }: WorldTenant): Promise<boolean> {
    this.asked += 1;
    const answer = await new JsonClient(this.apiUrl(this.asked), admin).post('/v1/integrations/fault/verify');
    return answer.status === 200;
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.stop()));
    await this.standIn?.stop();
    await this.queue?.stop();
    await this.postgres.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.postgres.remove();
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  private async start(): Promise<void> {
    if (this.plan.mode === 'sqs') this.queue = await WorldQueue.start(this.dir, await this.postgres.queueDatabase());
    const settings = { ...this.settings(), ...this.queue?.settings };
    const platformKey = await this.newPlatformKey(settings);
    this.platformKey = platformKey;
    this.standIn = this.process('stand-in', 'stand-in.main', {
      FAULT_DIR: this.dir,
      FAULT_SEED: String(this.plan.seed),
      FAULT_PORT: String(await quietPort()),
    });
    const apiPorts = [await quietPort(), await quietPort()];
    this.apiUrls = apiPorts.map((port) => `http://127.0.0.1:${String(port)}`);
    this.apis.push(
      ...apiPorts.map((port, n) => this.process(`api-${String(n)}`, 'api.main', { ...settings, PORT: String(port) })),
    );
    for (let n = 0; n < this.plan.workers; n++) {
      const env = { ...settings, WORKER_PORT: '0', FAULT_CLOCK_OFFSET_MS: shift(n) };
      this.workers.push(this.process(`worker-${String(n)}`, 'worker.main', env));
    }
    const [said] = await Promise.all([this.standIn.start(), ...this.processes.map((each) => each.start())]);
    this.standInUrl = String(said['url']);
    for (let n = 0; n < this.plan.tenants; n++) this.tenants.push(await this.tenant(n, platformKey));
  }

  private process(name: string, entry: string, env: Readonly<Record<string, string>>): WorldProcess {
    const { PATH, HOME } = process.env;
    return new WorldProcess({ name, entry, dir: this.dir, env: { PATH, HOME, ...this.build(), ...env } });
  }

  private build(): Readonly<Record<string, string>> {
    return this.plan.build === undefined ? {} : { FAULT_BUILD: this.plan.build };
  }

  private settings(): Readonly<Record<string, string>> {
    const ring = path.join(this.dir, 'key-ring');
    writeFileSync(ring, `faults-1:${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    return {
      ...{ ENV: INSTALLATION, HOST: '127.0.0.1', LOG_LEVEL: 'warn', KEY_RING_FILE: ring },
      ...{ LEASE_MS: String(LEASE_MS), POLL_MS: '200', SWEEP_MS: '250', DRAIN_MS: '8000' },
      ...{ WORKER_CONCURRENCY: String(CONCURRENCY), DATABASE_POOL_MAX: '5' },
      EGRESS_ALLOWED_CIDRS: '127.0.0.1/32',
      DATABASE_APP_URL: this.postgres.urlOf('app'),
      DATABASE_DISPATCH_URL: this.postgres.urlOf('dispatch'),
      DATABASE_AUTH_URL: this.postgres.urlOf('auth'),
      ...this.plan.environment,
    };
  }

  private async newPlatformKey(settings: Readonly<Record<string, string>>): Promise<string> {
    const options = { logger: false, abortOnError: false } as const;
    const app = await NestFactory.createApplicationContext(SeedModule.with(loadConfig(settings)), options);
    try {
      const order = { name: 'faults', scopes: ['platform' as const] };
      const { key } = await app.get(ApiKeys).create({ actor: 'system:faults' }, SYSTEM_TENANT_ID, order);
      return key.reveal();
    } finally {
      await app.close();
    }
  }

  /** The way an operator makes one. */
  private async tenant(number: number, platformKey: string): Promise<WorldTenant> {
    const platform = new JsonClient(this.apiUrl(0), platformKey);
    const { id } = bodyOf<{ id: string }>(await platform.post('/v1/tenants', { name: `faults-${String(number)}` }));
    const keyFor = async (scope: string): Promise<string> => {
      const made = await platform.post(`/v1/tenants/${id}/api-keys`, { name: scope, scopes: [scope] });
      return bodyOf<{ key: string }>(made).key;
    };
    const [key, admin, token] = [await keyFor('client'), await keyFor('admin'), `token-of-tenant-${String(number)}`];
    const credentials = { secrets: { token }, config: { url: this.standInUrl } };
    bodyOf(await new JsonClient(this.apiUrl(0), admin).put('/v1/integrations/fault', credentials));
    return { id, token, key, admin };
  }
}

function shift(number: number): string {
  return String(SHIFTS_MS[number % SHIFTS_MS.length] ?? 0);
}
