import { execFile } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import path from 'node:path';
import type { Owner } from './file-tree';

/** How to start PostgreSQL's programs: the words before the program, and the account the kernel shall switch to. */
export interface Launcher {
  /** For log lines: "as user nobody". */
  readonly description: string;
  readonly prefix: readonly string[];
  /** Switch to this account when spawning; possible for root only. */
  readonly runAs?: Owner;
  /** Whom the data files have to belong to on disk. */
  readonly owner?: Owner;
}

export interface LauncherCommand {
  readonly file: string;
  readonly args: string[];
  readonly options: SpawnOptions;
}

/**
 * A fixed environment, so that the PGPORT, PGDATA or LC_ALL of somebody's shell change nothing, and so that the
 * messages are in English (see failure-reasons). Windows programs do not load without their own environment.
 */
const environment: SpawnOptions =
  process.platform === 'win32'
    ? {}
    : { env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' } };

/** The program and its arguments as `spawn` wants them. The process that results is the program itself, not a wrapper. */
export function commandOf(launcher: Launcher, program: string, args: readonly string[]): LauncherCommand {
  const [file = program, ...rest] = [...launcher.prefix, program, ...args];
  // The root directory: the caller's own may be one that the account cannot enter.
  return { file, args: rest, options: { cwd: path.parse(program).root, ...environment, ...launcher.runAs } };
}

export interface Finished {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a short program to its end. A program that cannot be started counts as failed, with the reason as its stderr. */
export function run(
  launcher: Launcher,
  program: string,
  args: readonly string[],
  timeoutMs = 10_000,
): Promise<Finished> {
  const command = commandOf(launcher, program, args);
  return new Promise((resolve) => {
    try {
      execFile(
        command.file,
        command.args,
        { ...(command.options as object), encoding: 'utf8', timeout: timeoutMs },
        (error, stdout, stderr) => {
          resolve({ ok: error === null, stdout, stderr: stderr.trim() || (error?.message ?? '') });
        },
      );
    } catch (error) {
      // Node throws at once when it may not switch to the account.
      resolve({ ok: false, stdout: '', stderr: String(error) });
    }
  });
}
