import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../support/sandbox-until';

const BUILT = path.resolve(__dirname, '../processes/built.cjs');
const RESTART_MS = 250;
const READY_WITHIN_MS = 90_000;

/** Why a life ended: ordered by us, or by itself (a poisoned operation, a database it could not start with). */
export type Ending = 'kill' | 'term' | 'itself' | 'lives';

/** One process from its start to its end. */
export interface Life {
  readonly name: string;
  readonly pid: number;
  ending: Ending;
  exitCode: number | null;
}

export interface WorldProcessPlan {
  readonly name: string;
  /** Under test/faults/processes, without `.ts`. */
  readonly entry: string;
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A process of the world: started again whenever it ends, whoever ended it. */
export class WorldProcess {
  readonly lives: Life[] = [];
  private child: ChildProcess | undefined;
  private ready: Readonly<Record<string, unknown>> | undefined;
  private stopping = false;

  constructor(private readonly plan: WorldProcessPlan) {}

  get name(): string {
    return this.plan.name;
  }

  get pid(): number {
    return this.child?.pid ?? -1;
  }

  get isReady(): boolean {
    return this.ready !== undefined;
  }

  /** Resolves with what the process said when it was ready. */
  async start(): Promise<Readonly<Record<string, unknown>>> {
    this.spawn();
    return this.whenReady();
  }

  async whenReady(): Promise<Readonly<Record<string, unknown>>> {
    return until(() => this.ready, { withinMs: READY_WITHIN_MS, everyMs: 20, what: `${this.name} is ready` });
  }

  /** kill -9; it comes back by itself. */
  kill(): void {
    this.end('kill', 'SIGKILL');
  }

  /** SIGTERM. Resolves with the life that ended, when it has. */
  async terminate(): Promise<Life | undefined> {
    const life = this.lives.at(-1);
    const { child } = this;
    if (!life || !child || life.ending !== 'lives') return undefined;
    this.end('term', 'SIGTERM');
    await exited(child);
    return life;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal);
  }

  async stop(withinMs = 15_000): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    await exited(child);
    clearTimeout(timer);
  }

  private end(ending: Ending, signal: NodeJS.Signals): void {
    const life = this.lives.at(-1);
    if (life?.ending !== 'lives') return;
    life.ending = ending;
    this.child?.kill(signal);
  }

  private spawn(): void {
    const { entry, env, dir } = this.plan;
    this.ready = undefined;
    const output = openSync(path.join(dir, `${this.name}.log`), 'a', 0o600);
    const child = fork(path.resolve(__dirname, `../processes/${entry}.ts`), [], {
      execArgv: ['--require', BUILT],
      env,
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
    });
    closeSync(output);
    this.child = child;
    const life: Life = { name: this.name, pid: child.pid ?? -1, ending: 'lives', exitCode: null };
    this.lives.push(life);
    child.once('message', (message) => (this.ready = message as Readonly<Record<string, unknown>>));
    child.once('exit', (code) => {
      life.exitCode = code;
      if (life.ending === 'lives') life.ending = 'itself';
      this.ready = undefined;
      if (!this.stopping) setTimeout(() => this.again(), RESTART_MS);
    });
  }

  private again(): void {
    if (!this.stopping) this.spawn();
  }
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
