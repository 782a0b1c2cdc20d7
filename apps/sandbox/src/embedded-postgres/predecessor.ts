import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { unlessMissing } from './data-directory';
import { AlreadyRunningError, PredecessorStillAliveError } from './embedded-postgres.errors';
import type { ProcessFacts } from './processes';
import { alive, inspectProcess, isPostgres, postgresProcessesIn, signal, until } from './processes';

/** Setting under which every server carries the number of the process that started it; see postgres-settings. */
export const startedBySetting = 'puente.started_by';

/**
 * Clears the way for a new server on a data directory on which an earlier run was killed.
 *
 * A server that outlived its parent is stopped, not adopted: it is nobody's child any more, so nobody would learn of
 * its death, its log is lost, and it may have other settings. Stopping costs a checkpoint. A server whose parent lives
 * belongs to a second sandbox on the same data, and that is the caller's mistake.
 *
 * @throws {AlreadyRunningError} when the server's parent is alive
 * @throws {PredecessorStillAliveError} when it survives even SIGKILL for some seconds (a hanging disk)
 */
export async function settlePredecessor(directory: string, log: (line: string) => void): Promise<void> {
  const lock = path.join(directory, 'postmaster.pid');
  const pid = await readLockedPid(lock);
  if (pid === 'unreadable') await rm(lock, { force: true });
  else if (pid !== undefined && alive(pid)) await settleLock(lock, pid, directory, log);
  await endLeftOvers(directory, log);
}

/** The postmaster's number is the first line. A file cut short by a crash would stop the server: it counts as no lock. */
async function readLockedPid(lock: string): Promise<number | 'unreadable' | undefined> {
  const text = await readFile(lock, 'utf8').catch(unlessMissing);
  if (text === undefined) return undefined;
  // A standalone backend (`postgres --single`) writes its number negated.
  const pid = Math.abs(Number.parseInt(text, 10));
  return pid > 0 ? pid : 'unreadable';
}

async function settleLock(lock: string, pid: number, directory: string, log: (line: string) => void): Promise<void> {
  // Windows tells too little about processes; there the server's own check of the lock has to do.
  if (process.platform === 'win32') return;
  const facts = inspectProcess(pid);
  if (facts === undefined || !isServerOf(facts, directory)) {
    // The number was given to another program since, or to a zombie that nobody collects. PostgreSQL would take it for
    // a running server and refuse to start.
    log(`Removing the stale lock ${lock}: process ${String(pid)} is not this server.`);
    await rm(lock, { force: true });
    return;
  }
  await refuseIfStarterLives(facts, directory);
  log(`Stopping PostgreSQL (process ${String(pid)}) that an earlier run left on ${directory}.`);
  await end([facts], directory);
}

/** An orphan's parent is not the one that started it; one whose parent is being killed gets a moment to become one. */
async function refuseIfStarterLives({ pid, parent, command }: ProcessFacts, directory: string): Promise<void> {
  if (!command.includes(`${startedBySetting}=${String(parent)} `)) return;
  if (await until(() => inspectProcess(pid)?.parent !== parent, 300)) return;
  throw new AlreadyRunningError(
    `Process ${String(parent)} already runs PostgreSQL (process ${String(pid)}) on ${directory}. ` +
      'Stop it, or use another directory.',
  );
}

function isServerOf(facts: ProcessFacts, directory: string): boolean {
  const works =
    facts.directory === undefined ? facts.command.includes(`-D ${directory} `) : facts.directory === directory;
  return works && isPostgres(facts);
}

/**
 * Children of a postmaster that was killed end by themselves, but one in the middle of long work notices late, and until
 * then it may write: PostgreSQL refuses to start beside it. They get a moment, then they are ended.
 */
async function endLeftOvers(directory: string, log: (line: string) => void): Promise<void> {
  if (await until(() => postgresProcessesIn(directory).length === 0, graceMs)) return;
  const left = postgresProcessesIn(directory);
  for (const facts of left) await refuseIfStarterLives(facts, directory);
  log(`Ending ${String(left.length)} processes of an earlier PostgreSQL on ${directory}.`);
  await end(left, directory, ['SIGQUIT', 'SIGKILL']);
}

const graceMs = 2_000;

async function end(
  processes: readonly ProcessFacts[],
  directory: string,
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGKILL'],
): Promise<void> {
  // Not `alive`: a number that is reused, or a zombie nobody collects, must not keep us waiting.
  const gone = (): boolean => processes.every(({ pid }) => !sameProcess(pid, directory));
  for (const name of signals) {
    for (const { pid } of processes) if (sameProcess(pid, directory)) signal(pid, name);
    if (await until(gone, name === 'SIGINT' ? 10_000 : 4_000)) return;
  }
  const numbers = processes.map(({ pid }) => String(pid)).join(', ');
  throw new PredecessorStillAliveError(
    `PostgreSQL of an earlier run (process ${numbers}) on ${directory} does not end.`,
  );
}

function sameProcess(pid: number, directory: string): boolean {
  const facts = inspectProcess(pid);
  return facts !== undefined && isPostgres(facts) && (facts.directory ?? directory) === directory;
}
