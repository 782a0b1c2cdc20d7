import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { StartFailedError } from './embedded-postgres.errors';
import type { LogTail } from './embedded-postgres.errors';
import type { FailureContext } from './failure-reasons';
import { reasonInLog } from './failure-reasons';
import { commandOf } from './launcher';
import type { Launcher } from './launcher';
import { inTime } from './in-time';

export interface PostgresExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How to end: `fast` rolls back, disconnects and checkpoints; `immediate` leaves the rest to the next recovery. */
export type StopMode = 'fast' | 'immediate';

const keptLines = 20;

/** The postmaster as our child: its log, its readiness, its end. */
export class PostgresProcess {
  /** Resolves when the process has ended, for whatever reason; never rejects. */
  readonly exited: Promise<PostgresExit>;
  private readonly child: ChildProcessByStdio<null, null, Readable>;
  private readonly lines: string[] = [];
  private readonly ready: Promise<void>;
  private readonly logEnded: Promise<unknown>;

  constructor(launcher: Launcher, program: string, args: readonly string[], log: (line: string) => void) {
    const command = commandOf(launcher, program, args);
    // A session of its own: Ctrl-C in the terminal is for the supervisor, which stops PostgreSQL last.
    this.child = spawn(command.file, command.args, {
      ...command.options,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
      this.child.once('error', (error) => {
        this.lines.push(error.message);
        if (this.child.pid === undefined) resolve({ code: null, signal: null });
      });
    });
    const reader = createInterface({ input: this.child.stderr });
    this.ready = new Promise((resolve) => {
      reader.on('line', (line) => {
        this.keep(line);
        log(line);
        if (line.includes('database system is ready to accept connections')) resolve();
      });
    });
    this.logEnded = once(reader, 'close');
  }

  /** The postmaster's own process number: the launcher's words are replaced by it, they do not stay in between. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  logTail(): LogTail {
    return [...this.lines];
  }

  /** Waits until it accepts connections. A process that ends instead, or takes too long, is an error with its reason. */
  async untilReady(context: FailureContext, timeoutMs: number): Promise<void> {
    const outcome = await inTime(Promise.race([this.ready.then(() => 'ready' as const), this.exited]), timeoutMs);
    if (outcome === 'ready') return;
    if (outcome === undefined) {
      await this.stop('immediate');
      const sentence = `PostgreSQL on ${context.dataDir} was not ready within ${String(timeoutMs / 1_000)} s.`;
      throw new StartFailedError(sentence, this.logTail());
    }
    // The last lines may still be in the pipe; a child of the server that lives on may keep it open.
    await inTime(this.logEnded, 500);
    const how = outcome.signal ?? `code ${String(outcome.code)}`;
    const unnamed = new StartFailedError(`PostgreSQL on ${context.dataDir} ended at start (${how}).`, this.logTail());
    throw reasonInLog(this.logTail(), context) ?? unnamed;
  }

  /** Ends it within about 20 seconds in the worst case. Safe to repeat, also with a stronger mode. */
  async stop(mode: StopMode): Promise<PostgresExit> {
    const steps: readonly [NodeJS.Signals, number][] = [
      ['SIGINT', 10_000],
      ['SIGQUIT', 5_000],
      ['SIGKILL', 5_000],
    ];
    for (const [name, patienceMs] of mode === 'fast' ? steps : steps.slice(1)) {
      this.child.kill(name);
      const exit = await inTime(this.exited, patienceMs);
      if (exit !== undefined) return exit;
    }
    throw new StartFailedError(
      `PostgreSQL (process ${String(this.pid)}) does not end, even by SIGKILL.`,
      this.logTail(),
    );
  }

  private keep(line: string): void {
    this.lines.push(line);
    if (this.lines.length > keptLines) this.lines.shift();
  }
}
