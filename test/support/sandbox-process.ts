import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeDataDirectory } from '../../apps/sandbox/src/embedded-postgres/data-directory';
import { freePort } from '../../apps/sandbox/src/embedded-postgres/free-port';
import { until } from './sandbox-until';

const MAIN = path.resolve(__dirname, '../../dist/apps/sandbox/src/main.js');

export const PROCESS_NAMES = ['postgres', 'standIns', 'api', 'worker', 'sandbox'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

/** `sandbox.json`, as scripts read it. */
export interface SandboxFacts {
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  readonly workerUrl?: string;
  readonly tenantId: string;
  readonly keys: Readonly<Record<'client' | 'admin' | 'audit' | 'platform', string>>;
  readonly notifications: {
    readonly queueUrl: string;
    readonly deadLetterQueueUrl?: string;
    readonly topicArn: string;
    readonly fifoTopicArn?: string;
  };
  readonly accounting?: { readonly queueUrl: string };
  readonly webhooks?: { readonly queueUrl: string; readonly receiversUrl: string };
  readonly mqtt?: { readonly url: string; readonly username: string; readonly password: string };
  readonly smtp?: { readonly host: string; readonly port: number; readonly mailboxUrl: string };
  readonly functions?: Readonly<Record<string, string>>;
  readonly processes: Readonly<Partial<Record<ProcessName, number>>>;
}

export interface SandboxPlan {
  /** Further options of the command line: `['--lease-ms', '3000']`. */
  readonly options?: readonly string[];
  /** Further variables of its processes. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly readyWithinMs?: number;
}

/**
 * The real sandbox, compiled, as a child process on ports and data of its own: what a user gets from `npm start`.
 * It can be killed, whole or in part, and started again where it was.
 */
export class SandboxProcess {
  private child: ChildProcess | undefined;
  private starts = 0;

  private constructor(
    readonly dataDir: string,
    private readonly plan: SandboxPlan,
    private readonly ports: readonly string[],
  ) {}

  static async start(plan: SandboxPlan = {}): Promise<SandboxProcess> {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'puente-sandbox-'));
    const ports: string[] = [];
    for (const option of [
      '--port',
      '--worker-port',
      '--stand-in-port',
      '--mqtt-port',
      '--smtp-port',
      '--postgres-port',
    ]) {
      ports.push(option, String(await freePort()));
    }
    const sandbox = new SandboxProcess(dataDir, plan, ports);
    await sandbox.startAgain();
    return sandbox;
  }

  /** On the same data and the same ports. Resolves when a first request would be answered. */
  async startAgain(): Promise<void> {
    this.keepLogs();
    const output = openSync(path.join(this.dataDir, 'sandbox.out'), 'a', 0o600);
    const args = [MAIN, '--data-dir', this.dataDir, ...this.ports, ...(this.plan.options ?? [])];
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, args, {
      env: { PATH, HOME, ...this.plan.environment },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.child = child;
    const readyWithin = { withinMs: this.plan.readyWithinMs ?? 60_000, what: 'the sandbox is ready' };
    try {
      await until(() => hasEnded(child) || this.facts().processes.sandbox === child.pid, readyWithin);
      if (hasEnded(child)) throw new Error(`It ended with ${String(child.exitCode ?? child.signalCode)}`);
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`The sandbox did not start:\n${this.output()}`, { cause: error });
    }
  }

  /** Read anew each time: process ids change whenever one is restarted. */
  facts(): SandboxFacts {
    return JSON.parse(readFileSync(path.join(this.dataDir, 'sandbox.json'), 'utf8')) as SandboxFacts;
  }

  /** What the supervisor said. */
  output(): string {
    return readFileSync(path.join(this.dataDir, 'sandbox.out'), 'utf8').slice(-4_000);
  }

  /** kill -9 of one process. Resolves at once with its id; false when it was not running just now. */
  kill(name: ProcessName): number | false {
    const pid = this.facts().processes[name];
    return this.killNow(pid) && pid !== undefined && pid;
  }

  /** kill -9 of the supervisor and of everything it started, as a power failure would. */
  async killAll(): Promise<void> {
    const gone = this.exited();
    const { processes } = this.facts();
    this.child?.kill('SIGKILL'); // first, or it would start the others again
    for (const name of PROCESS_NAMES) this.killNow(processes[name]);
    await gone;
  }

  /** kill -9 of the supervisor alone: its children notice and end by themselves. */
  async killSupervisor(): Promise<void> {
    const gone = this.exited();
    this.child?.kill('SIGKILL');
    await gone;
  }

  /** As Ctrl-C does it. @returns the exit code */
  async stop(withinMs = 20_000): Promise<number | null> {
    const { child } = this;
    if (!child || hasEnded(child)) return child?.exitCode ?? null;
    const gone = this.exited();
    child.kill('SIGINT');
    const timer = setTimeout(() => {
      this.killEverything();
    }, withinMs);
    await gone;
    clearTimeout(timer);
    return child.exitCode;
  }

  /** Ends whatever is left and deletes the data. */
  async remove(): Promise<void> {
    await this.stop();
    await removeDataDirectory(path.join(this.dataDir, 'postgres'));
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Each start begins its logs anew; those of the start before stay for whoever looks for a cause. */
  private keepLogs(): void {
    this.starts += 1;
    const logs = path.join(this.dataDir, 'logs');
    if (existsSync(logs)) renameSync(logs, `${logs}-${String(this.starts)}`);
  }

  private killEverything(): void {
    const { processes } = this.facts();
    for (const name of PROCESS_NAMES) this.killNow(processes[name]);
  }

  /** Only what is still ours: the number of a process that has ended may be somebody else's by now. */
  private killNow(pid: number | undefined): boolean {
    if (pid === undefined || !isOurs(pid, this.dataDir)) return false;
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false; // gone in between
    }
  }

  private exited(): Promise<void> {
    const { child } = this;
    if (!child || hasEnded(child)) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
    });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function isOurs(pid: number, dataDir: string): boolean {
  try {
    const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
    return (
      command.includes(path.dirname(path.dirname(path.dirname(MAIN)))) ||
      command.includes(dataDir) ||
      command.includes('postgres')
    );
  } catch {
    return process.platform !== 'linux';
  }
}
