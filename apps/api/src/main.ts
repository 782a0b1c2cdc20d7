import 'reflect-metadata';
import { environment, loadConfig } from '@puente/config';
import { AppError } from '@puente/kernel';
import { startApi, stopApi } from './start-api';

/** Longer than any drain: whoever hangs beyond that is ended, and the ledger's sweeper takes over what it held. */
const GRACE_MS = 10_000;

/** The public API as a process. Ends with 1 and a sentence when it cannot start; a supervisor starts it again. */
async function main(): Promise<void> {
  endWithSupervisor();
  const config = loadConfig(environment());
  let stopped = false;
  const starting = startApi(config);
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    setTimeout(() => process.exit(1), config.DRAIN_MS + GRACE_MS).unref();
    starting
      .then((app) => stopApi(app, config.DRAIN_MS))
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  for (const event of ['SIGTERM', 'SIGINT'] as const) process.on(event, stop);
  await starting;
  process.send?.({ ready: true });
}

/**
 * A supervisor that went away was killed, and the sandbox's database goes with it: there is nothing to drain into, and the
 * next start wants our port. What was in hand is in the ledger. Listened for from the first moment, or it would be missed.
 */
function endWithSupervisor(): void {
  process.once('disconnect', () => process.exit(1));
}

main().catch((error: unknown) => {
  const said =
    error instanceof AppError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
});
