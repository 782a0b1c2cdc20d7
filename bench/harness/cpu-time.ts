import { readdirSync, readFileSync } from 'node:fs';
import { round } from './figures';

/** Clock ticks a second; the kernel's answer has been 100 on every Linux for decades. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly seconds: number;
}

/**
 * CPU seconds that a process and its descendants have used so far. Unlike a rate, it hardly depends on what else the
 * machine does. Zero where there is no /proc.
 */
export function cpuSeconds(pid: number): number {
  const stats = new Map(
    pids().flatMap((each) => {
      const stat = statOf(each);
      return stat ? [[each, stat] as const] : [];
    }),
  );
  let seconds = 0;
  for (const [each, stat] of stats) if (descends(each, pid, stats)) seconds += stat.seconds;
  return seconds;
}

export type WithCpu<T> = T & {
  /** CPU microseconds per answer, by who used them. */
  readonly cpuMicros: Readonly<Record<string, number>>;
};

/** Runs `work` and says what each of these processes used for each answer. */
export async function withCpu<T extends { readonly answers: number }>(
  pids: Readonly<Record<string, number>>,
  work: () => Promise<T>,
): Promise<WithCpu<T>> {
  const before = Object.entries(pids).map(([name, pid]) => [name, pid, cpuSeconds(pid)] as const);
  const result = await work();
  const used = before.map(([name, pid, then]) => [name, ((cpuSeconds(pid) - then) * 1e6) / result.answers] as const);
  return { ...result, cpuMicros: Object.fromEntries(used.map(([name, micros]) => [name, round(micros, 1)])) };
}

/** Resident memory in megabytes; 0 where there is no /proc. */
export function residentMb(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${String(pid)}/statm`, 'utf8').split(' ')[1]);
    return Math.round((pages * 4_096) / 1e6);
  } catch {
    return 0;
  }
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Fields 4 and 14 to 17 of /proc/pid/stat (proc(5)); children that have ended count as their parent's. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

function descends(pid: number, from: number, stats: ReadonlyMap<number, Stat>): boolean {
  for (let each: number | undefined = pid; each !== undefined && each > 1; each = stats.get(each)?.parent) {
    if (each === from) return true;
  }
  return false;
}
