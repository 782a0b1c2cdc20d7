import 'reflect-metadata';
import { loadConfig } from '@puente/config';
import { AppError } from '@puente/kernel';
import { startApi } from './start-api';

/** The public API as a process. Ends with 1 and a sentence when it cannot start; a supervisor starts it again. */
async function main(): Promise<void> {
  const app = await startApi(loadConfig(process.env));
  const stop = (): void => {
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, stop); // disconnect: our supervisor is gone
  process.send?.({ ready: true });
}

main().catch((error: unknown) => {
  const said = error instanceof AppError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
});
