import { AppError } from '@puente/kernel';
import { type ChildProcess, fork } from 'node:child_process';

export interface ProcessPlan {
  readonly name: string;
  /** Compiled entry file. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readyWithinMs: number;
  /** One line of the child's output. */
  readonly log: (line: string) => void;
  /** Called when it was started again: its process id is another one now. */
  readonly onRestart: () => void;
}

/** A child ended or stayed silent before it was ready; the message carries its last words. */
export class ChildStartError extends AppError {
  readonly code = 'SANDBOX_CHILD_FAILED';
}

const FIRST_RESTART_MS = 200;
const SLOWEST_RESTART_MS = 5_000;
const HEALTHY_AFTER_MS = 10_000;
const KEPT_LINES = 20;

/**
 * A process of the sandbox that is started again whenever it ends without being asked to. Children run in a process
 * group of their own, so that Ctrl-C reaches only the supervisor, which then stops them in order; and they hold an IPC
 * channel, by which they notice that the supervisor itself was killed.
 */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private restartMs = FIRST_RESTART_MS;
  private restart: NodeJS.Timeout | undefined;
  private lastLines: string[] = [];

  constructor(private readonly plan: ProcessPlan) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves with the child's ready message. @throws {ChildStartError} with the child's last words */
  async start(): Promise<Readonly<Record<string, unknown>>> {
    const child = this.spawn();
    const message = await this.firstMessage(child);
    child.once('exit', () => {
      this.again();
    });
    return message;
  }

  /** SIGTERM, then SIGKILL after `withinMs`. Resolves when the process is gone. */
  async stop(withinMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) =>
      child.once('exit', () => {
        resolve();
      }),
    );
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    await gone;
    clearTimeout(timer);
  }

  private spawn(): ChildProcess {
    const { entry, env } = this.plan;
    this.lastLines = [];
    const child = fork(entry, [], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output(text);
      });
    }
    this.child = child;
    return child;
  }

  private output(text: string): void {
    for (const line of text.split('\n').filter((part) => part.trim() !== '')) {
      this.lastLines = [...this.lastLines.slice(1 - KEPT_LINES), line];
      this.plan.log(line);
    }
  }

  private firstMessage(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      const failed = (what: string): void => {
        child.kill('SIGKILL');
        reject(new ChildStartError(`${this.plan.name} ${what}. Its last words:\n  ${this.lastLines.join('\n  ')}`));
      };
      const timer = setTimeout(() => {
        failed(`was not ready within ${String(this.plan.readyWithinMs / 1000)} s`);
      }, this.plan.readyWithinMs);
      const exited = (code: number | null, signal: string | null): void => {
        clearTimeout(timer);
        failed(`ended with ${String(code ?? signal)} before it was ready`);
      };
      child.once('exit', exited);
      child.once('message', (message) => {
        clearTimeout(timer);
        child.off('exit', exited);
        resolve(message as Readonly<Record<string, unknown>>);
      });
    });
  }

  /** Waits a little longer each time, and starts again from the shortest wait once the process has lived for a while. */
  private again(): void {
    if (this.stopping) return;
    this.plan.log(`${this.plan.name} has ended; starting it again in ${String(this.restartMs)} ms`);
    this.restart = setTimeout(() => {
      const bornAt = Date.now();
      const child = this.spawn();
      this.plan.onRestart();
      child.once('exit', () => {
        this.restartMs =
          Date.now() - bornAt > HEALTHY_AFTER_MS ? FIRST_RESTART_MS : Math.min(this.restartMs * 2, SLOWEST_RESTART_MS);
        this.again();
      });
    }, this.restartMs);
  }
}
