import { AppError } from '@puente/kernel';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './embedded-postgres';

/** Another program holds the port; the message names the option that moves ours. */
export class PortInUseError extends AppError {
  readonly code = 'PORT_IN_USE';

  constructor(port: number, option: string) {
    super(`Port ${String(port)} is taken by another program. Choose another one: npm start -- ${option} N`);
  }
}

const PATIENCE_MS = 3_000;
const RETRY_MS = 100;

/**
 * The port, once it is known to be free; 0 takes any. A process of a sandbox that was killed a moment ago may still
 * hold it while it notices, so it is asked for a few times.
 */
export async function claimPort(port: number, option: string): Promise<number> {
  if (port === 0) return freePort();
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!(await isFree(port))) {
    if (performance.now() > giveUpAt) throw new PortInUseError(port, option);
    await sleep(RETRY_MS);
  }
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
