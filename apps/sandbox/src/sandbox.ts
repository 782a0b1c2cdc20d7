import { runMigrations } from '@puente/database';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { claimPort } from './claim-port';
import { type DatabaseUrls, removeDataDirectory } from './embedded-postgres';
import { ensureKeyRing } from './key-ring-file';
import { lockDataDirectory } from './sandbox-lock';
import { SandboxLog } from './sandbox-log';
import type { SandboxOptions } from './sandbox-options';
import {
  createDemoResources,
  createDispatchQueue,
  DEMO_QUEUE,
  ACCOUNTING_QUEUE_NAME,
  CUSTOMER_QUEUE_NAME,
  DEMO_TENANT_ID,
  demoQueueUrl,
  SANDBOX_ENV,
  seedDemo,
  type SandboxFacts,
  writeSandboxFile,
} from './seed';
import { openShop } from './shop/open-shop';
import { SupervisedPostgres } from './supervised-postgres';
import { SupervisedProcess } from './supervised-process';

const READY_WITHIN_MS = 30_000;
const DRAIN_MS = 8_000;

interface Ports {
  readonly api: number;
  readonly worker: number;
  readonly standIns: number;
  readonly mqtt: number;
  readonly smtp: number;
}

/** Everything of DESIGN §8 on one machine: starts it in order, keeps it running, stops it in the opposite order. */
export class Sandbox {
  private readonly log: SandboxLog;
  private readonly release: () => void;
  private readonly postgres: SupervisedPostgres;
  private readonly processes: SupervisedProcess[] = [];
  private facts: SandboxFacts | undefined;

  private constructor(private readonly options: SandboxOptions) {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o711 });
    this.release = lockDataDirectory(options.dataDir);
    this.log = new SandboxLog(path.join(options.dataDir, 'logs'));
    this.postgres = new SupervisedPostgres({
      dataDir: options.dataDir,
      port: options.postgresPort,
      log: this.log.of('postgres'),
      onRestart: this.record,
    });
  }

  /** Takes the data directory; nothing runs yet. @throws {SandboxRunningError} when another sandbox has it */
  static async open(options: SandboxOptions): Promise<Sandbox> {
    if (options.reset) {
      lockDataDirectory(options.dataDir)();
      await removeDataDirectory(path.join(options.dataDir, 'postgres'));
      rmSync(options.dataDir, { recursive: true, force: true });
    }
    return new Sandbox(options);
  }

  async stop(): Promise<void> {
    const [standIns, ...ours] = this.processes;
    await Promise.all(ours.map((child) => child.stop(DRAIN_MS)));
    await standIns?.stop(DRAIN_MS);
    await this.postgres.stop();
    this.release();
    this.log.close();
  }

  /**
   * Starts everything and resolves when a first request would be answered.
   *
   * @param environment what the children inherit; their own variables are added to it
   * @throws the errors of the embedded PostgreSQL, of {@link SupervisedProcess} and {@link PortInUseError}
   */
  async start(environment: NodeJS.ProcessEnv): Promise<SandboxFacts> {
    const { dataDir } = this.options;
    const ports = await this.choosePorts();
    const urls = await this.postgres.start();
    const keyRing = ensureKeyRing(dataDir);
    const standIns = this.child('stand-ins', 'stand-ins/stand-ins.main.js', {
      ...environment,
      SANDBOX_DATABASE_URL: urls.sandbox,
      STAND_IN_PORT: String(ports.standIns),
      SANDBOX_FILE: path.resolve(dataDir, 'sandbox.json'),
      MQTT_PORT: String(ports.mqtt),
      SMTP_PORT: String(ports.smtp),
    });
    await Promise.all([runMigrations(urls.owner), standIns.start()]);

    const sandboxUrl = `http://127.0.0.1:${String(ports.standIns)}`;
    await createDemoResources(sandboxUrl);
    const dispatch = await this.dispatchSettings(sandboxUrl);
    const settings = { ...this.settings(urls, keyRing, ports), ...dispatch };
    const api = this.child('api', '../../api/src/main.js', { ...environment, ...settings });
    const worker = this.child('worker', '../../worker/src/main.js', { ...environment, ...settings });
    const started = Promise.all([api.start(), worker.start()]);
    const [apiUrl, workerUrl] = [ports.api, ports.worker].map((port) => `http://127.0.0.1:${String(port)}`) as [
      string,
      string,
    ];
    const [facts] = await Promise.all([
      seedDemo(settings, { dataDir, apiUrl, sandboxUrl, workerUrl, mqttPort: ports.mqtt, smtpPort: ports.smtp }),
      started,
    ]);
    this.facts = facts;
    this.record();
    void openShop(sandboxUrl); // nobody has to wait for it, and it fails for nobody
    return facts;
  }

  /** Writes `sandbox.json`, again whenever a process id has changed. */
  private readonly record = (): void => {
    if (this.facts) writeSandboxFile(this.options.dataDir, { ...this.facts, processes: this.pids() });
  };

  private child(name: string, entry: string, env: NodeJS.ProcessEnv): SupervisedProcess {
    const child = new SupervisedProcess({
      name,
      entry: path.join(__dirname, entry),
      env,
      readyWithinMs: READY_WITHIN_MS,
      log: this.log.of(name),
      onRestart: this.record,
    });
    this.processes.push(child);
    return child;
  }

  /** Fixed before anything starts, so that a process that is started again comes back to the same address. */
  private async choosePorts(): Promise<Ports> {
    return {
      api: await claimPort(this.options.apiPort, '--port'),
      worker: await claimPort(this.options.workerPort, '--worker-port'),
      standIns: await claimPort(this.options.standInPort, '--stand-in-port'),
      mqtt: await claimPort(this.options.mqttPort, '--mqtt-port'),
      smtp: await claimPort(this.options.smtpPort, '--smtp-port'),
    };
  }

  private settings(urls: DatabaseUrls, keyRing: string, ports: Ports): Readonly<Record<string, string>> {
    const sandboxUrl = `http://127.0.0.1:${String(ports.standIns)}`;
    return {
      ENV: SANDBOX_ENV,
      HOST: '127.0.0.1',
      PORT: String(ports.api),
      WORKER_PORT: String(ports.worker),
      API_URL: `http://127.0.0.1:${String(ports.api)}`,
      LOG_LEVEL: this.options.logLevel,
      LEASE_MS: String(this.options.leaseMs),
      DRAIN_MS: String(DRAIN_MS - 1_000),
      DATABASE_APP_URL: urls.app,
      DATABASE_DISPATCH_URL: urls.dispatch,
      DATABASE_AUTH_URL: urls.auth,
      KEY_RING: '',
      KEY_RING_FILE: keyRing,
      NOTIFICATIONS_QUEUE_URLS: demoQueueUrl(sandboxUrl, DEMO_QUEUE),
      CUSTOMER_NOTIFICATION_SQS_URL: demoQueueUrl(sandboxUrl, CUSTOMER_QUEUE_NAME),
      CUSTOMER_NOTIFICATION_TENANT_ID: DEMO_TENANT_ID,
      ACC_MOVE_SQS_URL: demoQueueUrl(sandboxUrl, ACCOUNTING_QUEUE_NAME),
      ACC_MOVE_TENANT_ID: DEMO_TENANT_ID,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: sandboxUrl,
      EGRESS_ALLOWED_CIDRS: '127.0.0.1/32,::1/128', // the stand-ins, and receivers of webhooks on this machine
      AWS_ACCESS_KEY_ID: 'AKIDSANDBOXPLATFORM', // any key opens the stand-ins
      AWS_SECRET_ACCESS_KEY: 'sandbox',
    };
  }

  /** The queue is in the platform's account, which is the stand-in's as well. */
  private async dispatchSettings(sandboxUrl: string): Promise<Readonly<Record<string, string>>> {
    if (this.options.dispatch === 'postgres') return { DISPATCH_MODE: 'postgres', DISPATCH_QUEUE_URL: '' };
    return { DISPATCH_MODE: 'sqs', DISPATCH_QUEUE_URL: await createDispatchQueue(sandboxUrl) };
  }

  private pids(): Readonly<Record<string, number | undefined>> {
    const [standIns, api, worker] = this.processes;
    return {
      sandbox: process.pid,
      postgres: this.postgres.pid,
      standIns: standIns?.pid,
      api: api?.pid,
      worker: worker?.pid,
    };
  }
}
