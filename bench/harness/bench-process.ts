import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Plan {
  readonly name: string;
  readonly entry: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  /** Where its output goes; otherwise its last lines are kept for when it fails. */
  readonly outputTo?: string | undefined;
}

const READY_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 40_000;
const register = path.resolve(__dirname, '../../scripts/register.cjs');

/** Everything that is measured, or measures, is a process of its own; this is our end of one. */
export class BenchProcess {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(reason: unknown): void }>();
  private readonly lastWords: string[] = [];
  private asked = 0;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly outputTo: string | undefined,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.lastWords.push(text);
        if (this.lastWords.length > 20) this.lastWords.shift();
      });
    }
    child.on('message', (message) => this.hear(message as Answer));
    child.once('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error(this.obituary('ended')));
    });
  }

  /** A file of `bench/processes`, by its name without `.main.ts`. */
  static async start(name: string, env: Readonly<Record<string, string>> = {}): Promise<BenchProcess> {
    const entry = path.resolve(__dirname, '../processes', `${name}.main.ts`);
    return BenchProcess.launch({ name, entry, env, execArgv: ['--require', register] });
  }

  /** Any program that says `{ ready: true }` over IPC, as the product's processes do. */
  static async launch({ name, entry, env = {}, execArgv = [], outputTo }: Plan): Promise<BenchProcess> {
    const output = outputTo === undefined ? 'pipe' : openSync(outputTo, 'a');
    const child = fork(entry, [], {
      env: { PATH: process.env['PATH'], ...env },
      execArgv: [...execArgv],
      stdio: ['ignore', output, output, 'ipc'],
    });
    if (typeof output === 'number') closeSync(output);
    const started = new BenchProcess(name, child, outputTo);
    await started.ready();
    return started;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  facts: Readonly<Record<string, unknown>> = {};

  ask<T>(command: string, input?: unknown): Promise<T> {
    const id = ++this.asked;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve, reject });
      this.child.send({ id, command, input });
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves when the process is gone; with its exit code. */
  async gone(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null)
      await new Promise((resolve) => this.child.once('exit', resolve));
    return this.child.exitCode;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), ENDS_WITHIN_MS);
    await this.gone();
    clearTimeout(timer);
  }

  private ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (what: string): void => {
        this.child.kill('SIGKILL');
        reject(new Error(this.obituary(what)));
      };
      const timer = setTimeout(() => failed('was not ready in time'), READY_WITHIN_MS);
      const exited = (): void => failed('ended before it was ready');
      this.child.once('exit', exited);
      this.child.once('message', (message) => {
        clearTimeout(timer);
        this.child.off('exit', exited);
        this.facts = message as Readonly<Record<string, unknown>>;
        resolve();
      });
    });
  }

  private hear({ id, result, error }: Answer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(`${this.name}: ${error}`));
  }

  private said(): string {
    return this.outputTo === undefined ? this.lastWords.join('') : readFileSync(this.outputTo, 'utf8').slice(-4_000);
  }

  private obituary(what: string): string {
    return `${this.name} ${what}. Its last words:\n${this.said()}`;
  }
}
