import { AppError } from '@puente/kernel';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A living sandbox has this data directory: two would write the same files. */
export class SandboxRunningError extends AppError {
  readonly code = 'SANDBOX_RUNNING';

  constructor(pid: number, dataDir: string) {
    super(`A sandbox (process ${String(pid)}) already runs on ${dataDir}. Stop it first, or use another --data-dir.`);
  }
}

/**
 * One sandbox per data directory. The lock is a file with the process id and start time; one left by a killed run, or
 * whose id now belongs to another program, does not count.
 */
export function lockDataDirectory(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const file = path.join(dataDir, 'sandbox.pid');
  const holder = readHolder(file);
  if (holder !== undefined && holder.pid !== process.pid && startTimeOf(holder.pid) === holder.started) {
    throw new SandboxRunningError(holder.pid, dataDir);
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: startTimeOf(process.pid) }), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

interface Holder {
  readonly pid: number;
  readonly started: string;
}

function readHolder(file: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined; // none, or cut off while it was written: nobody holds it
  }
}

/** What tells a process from a later one with the same id: its start time, or on systems without /proc that it lives. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return alive(pid) ? 'alive' : 'gone';
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
