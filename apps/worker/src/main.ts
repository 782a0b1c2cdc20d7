import 'reflect-metadata';
import { environment, loadConfig } from '@puente/config';
import { AppError } from '@puente/kernel';
import { startWorker, stopWorker } from './start-worker';

/** Longer than any drain: whoever hangs beyond that is ended, and the ledger's sweeper takes over what it held. */
const GRACE_MS = 10_000;

/** The worker as a process. Ends with 1 and a sentence when it cannot start; a supervisor starts it again. */
async function main(): Promise<void> {
  endWithSupervisor();
  const config = loadConfig(environment());
  let stopped = false;
  const starting = startWorker(config, () => stopped);
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    setTimeout(() => process.exit(1), config.DRAIN_MS + GRACE_MS).unref();
    starting
      .then((app) => app && stopWorker(app))
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  for (const event of ['SIGTERM', 'SIGINT'] as const) process.on(event, stop);
  if (await starting) process.send?.({ ready: true });
}

/**
 * A supervisor that went away was killed, and the sandbox's database goes with it: there is nothing to drain into, and the
 * next start wants our port. What was in hand is in the ledger. Listened for from the first moment, or it would be missed.
 */
function endWithSupervisor(): void {
  process.once('disconnect', () => process.exit(1));
}

main().catch((error: unknown) => {
  const said = error instanceof AppError ? error.message : error instanceof Error ? (error.stack ?? '') : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
});
