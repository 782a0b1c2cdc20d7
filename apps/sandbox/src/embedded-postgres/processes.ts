import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** Program and arguments in one string, separated by blanks. */
  readonly command: string;
  /** The working directory, where the system tells it (Linux). */
  readonly directory?: string;
}

/** Whether a process with this number exists, whoever owns it. */
export function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What the system tells about a process; undefined when it is gone, a zombie, or not ours to look at. */
export function inspectProcess(pid: number): ProcessFacts | undefined {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

function fromProc(pid: number): ProcessFacts | undefined {
  const proc = `/proc/${String(pid)}`;
  // "pid (name) state parent …"; the name may contain anything, also a closing parenthesis.
  const stat = readFileSync(`${proc}/stat`, 'utf8');
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  const command = readFileSync(`${proc}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  return { pid, parent: Number(parent), command, directory: readlinkSync(`${proc}/cwd`) };
}

function fromPs(pid: number): ProcessFacts | undefined {
  const line = execFileSync('ps', ['-ww', '-o', 'ppid=,args=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  const [, parent, command] = /^(\d+) +(\S.*)$/.exec(line.trim()) ?? [];
  return parent === undefined || command === undefined ? undefined : { pid, parent: Number(parent), command };
}

/**
 * PostgreSQL's processes that work in a data directory: the postmaster and its children all make it their working
 * directory. Linux only; elsewhere nobody can be found this way, and the answer is empty.
 */
export function postgresProcessesIn(directory: string): ProcessFacts[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => inspectProcess(Number(name)))
    .filter((facts) => facts !== undefined)
    .filter((facts) => facts.directory === directory && isPostgres(facts));
}

/** By its name: `/path/to/postgres -D …` for the postmaster, `postgres: walwriter` for its children. */
export function isPostgres({ command }: ProcessFacts): boolean {
  return command.startsWith('postgres:') || /^postgres(\.exe)?$/.test(path.basename(command.split(' -')[0] ?? ''));
}

/** Waits until something is the case; false when it did not become so in time. */
export async function until(condition: () => boolean, timeoutMs: number, everyMs = 10): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() >= deadline) return false;
    await sleep(everyMs);
  }
  return true;
}

/** Sends a signal; a process that has just ended is as good as one that obeyed. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
