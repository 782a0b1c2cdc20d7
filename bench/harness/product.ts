import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from '@swc/core';
import { freePort } from '../../apps/sandbox/src/embedded-postgres';
import { bodyOf, JsonClient } from '../../test/support/sandbox-client';
import type { RoleUrls } from './bench-postgres';
import { BenchProcess } from './bench-process';

const root = path.resolve(__dirname, '../..');
/** Below node_modules, so that the copy finds the packages that the product uses. */
const home = path.join(root, 'node_modules/.cache/puente-bench');
const main = (app: string): string => path.join(home, 'dist/apps', app, 'src/main.js');

/** What one installation of the product runs with. */
export interface Installation {
  readonly urls: RoleUrls;
  readonly sinkUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A tenant that may call the provider `bench`. */
export interface BenchTenant {
  readonly id: string;
  readonly clientKey: string;
}

/**
 * The built product with one provider more, added as a user of Puente would: its folder and a line of the catalogue. What
 * is measured are the real processes; nothing in them knows of the benchmark.
 */
export class Product {
  private readonly running: BenchProcess[] = [];
  private api: JsonClient | undefined;
  private workerUrl = '';

  private constructor(
    private readonly installation: Installation,
    private readonly keyRing = `bench-1:${randomBytes(32).toString('base64')}`,
  ) {}

  /** Copies what `npm run build` has built. Once per run. */
  static async prepare(): Promise<void> {
    await rm(home, { recursive: true, force: true });
    await mkdir(path.join(home, 'docs'), { recursive: true });
    await cp(path.join(root, 'dist'), path.join(home, 'dist'), { recursive: true });
    await cp(path.join(root, 'docs/02-integraciones'), path.join(home, 'docs/02-integraciones'), { recursive: true });
    await cp(
      path.resolve(__dirname, '../provider/INT-999-bench.md'),
      path.join(home, 'docs/02-integraciones/INT-999-bench.md'),
    );
    await addProvider(path.join(home, 'dist/libs/providers/src'));
  }

  static on(installation: Installation): Product {
    return new Product(installation);
  }

  /** The same installation with its keys, on a copy of its database. */
  onCopy(urls: RoleUrls): Product {
    return new Product({ ...this.installation, urls }, this.keyRing);
  }

  /** @param execArgv options of Node itself, such as `--cpu-prof` */
  async startApi(execArgv: readonly string[] = []): Promise<BenchProcess> {
    const port = String(await freePort());
    const api = await this.start('api', { ...this.settings(), PORT: port }, [
      ...(await productionOptions('start:api')),
      ...execArgv,
    ]);
    this.api = new JsonClient(`http://127.0.0.1:${port}`);
    return api;
  }

  async startWorker(
    env: Readonly<Record<string, string>> = {},
    execArgv: readonly string[] = [],
  ): Promise<BenchProcess> {
    const port = String(await freePort());
    this.workerUrl = `http://127.0.0.1:${port}`;
    return this.start('worker', { ...this.settings(), WORKER_PORT: port, ...env }, [
      ...(await productionOptions('start:worker')),
      ...execArgv,
    ]);
  }

  /** Of the worker started last; undefined while it has not counted such a thing. */
  async workerMetric(name: string): Promise<number | undefined> {
    const { text } = await new JsonClient(this.workerUrl).get('/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return lines.length === 0 ? undefined : lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  get apiUrl(): string {
    return this.client.baseUrl;
  }

  /** How often the workers of this run have logged an event. */
  async workerLogged(event: string): Promise<number> {
    const text = await readFile(path.join(home, 'worker.log'), 'utf8');
    return text.split(`"event":"${event}"`).length - 1;
  }

  /** As an operator does it: the platform's key makes the tenant, the tenant's key registers its credentials. */
  async tenants(count: number): Promise<BenchTenant[]> {
    const platform = this.client.as(await this.platformKey());
    const made: BenchTenant[] = [];
    for (let at = 0; at < count; at++) {
      const { id } = bodyOf<{ id: string }>(await platform.post('/v1/tenants', { name: `Bench ${String(at)}` }), 201);
      const scopes = ['client', 'admin'];
      const { key } = bodyOf<{ key: string }>(
        await platform.post(`/v1/tenants/${id}/api-keys`, { name: 'bench', scopes }),
        201,
      );
      const credentials = { secrets: { apiKey: 'bench-api-key' }, config: { endpoint: this.installation.sinkUrl } };
      bodyOf(await this.client.as(key).put('/v1/integrations/bench', credentials), 200);
      made.push({ id, clientKey: key });
    }
    return made;
  }

  /** The REST API as this tenant's client and administrator. */
  clientOf({ clientKey }: BenchTenant): JsonClient {
    return this.client.as(clientKey);
  }

  /** Ends everything that still runs. */
  async stop(): Promise<void> {
    await Promise.all(this.running.splice(0).map((each) => each.stop()));
  }

  private get client(): JsonClient {
    if (!this.api) throw new Error('Start the API first');
    return this.api;
  }

  private async start(
    name: 'api' | 'worker',
    env: Readonly<Record<string, string>>,
    execArgv: readonly string[],
  ): Promise<BenchProcess> {
    // To a file, as under any supervisor: a reader of ours would compete for the machine.
    const outputTo = path.join(home, `${name}.log`);
    const started = await BenchProcess.launch({ name, entry: main(name), env, execArgv, outputTo });
    this.running.push(started);
    return started;
  }

  private async platformKey(): Promise<string> {
    const args = [main('cli'), 'api-keys', 'create', '--platform', '--name', 'bench'];
    const env = { PATH: process.env['PATH'], ...this.settings() };
    return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim();
  }

  /** As in production, save for what has to be chosen; log lines of single requests included. */
  private settings(): Readonly<Record<string, string>> {
    const { urls, env } = this.installation;
    return {
      ENV: 'bench',
      DATABASE_APP_URL: urls.app,
      DATABASE_DISPATCH_URL: urls.dispatch,
      DATABASE_AUTH_URL: urls.auth,
      KEY_RING: this.keyRing,
      EGRESS_ALLOWED_CIDRS: '127.0.0.1/32',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...env,
    };
  }
}

/** Options of Node that `npm run start:api` or `start:worker` starts the process with. */
async function productionOptions(script: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as PackageJson;
  return (scripts[script] ?? '').split(' ').filter((word) => word.startsWith('--'));
}

interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
}

async function addProvider(providers: string): Promise<void> {
  const options = JSON.parse(await readFile(path.join(root, '.swcrc'), 'utf8')) as object;
  const source = await readFile(path.resolve(__dirname, '../provider/bench.provider.ts'), 'utf8');
  const { code } = transformSync(source, {
    ...options,
    sourceMaps: false,
    swcrc: false,
    filename: 'bench.provider.ts',
  });
  // From dist/libs/providers/src/bench to the door of the library.
  const rewired = code.replace(/"@puente\/([a-z]+)"/g, '"../../../$1/src"');
  await mkdir(path.join(providers, 'bench'));
  await writeFile(path.join(providers, 'bench/bench.provider.js'), rewired);
  await appendFile(path.join(providers, 'catalog.js'), `\nexports.bench = require('./bench/bench.provider').bench;\n`);
}
