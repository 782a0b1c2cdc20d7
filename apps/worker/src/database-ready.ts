import { setTimeout as sleep } from 'node:timers/promises';
import type { AppConfig } from '@puente/config';
import { DatabaseUnavailableError, DispatchDatabase } from '@puente/database';

const STEP_MS = 250;

/**
 * Waits until PostgreSQL takes connections. What the connection itself refuses (a wrong password, no such database) is
 * not waited for: that needs a person.
 *
 * @returns false when `stopped` said so first
 * @throws {DatabaseUnavailableError} after `patienceMs`
 */
export async function databaseReady(config: AppConfig, patienceMs: number, stopped: () => boolean): Promise<boolean> {
  const url = config.DATABASE_DISPATCH_URL;
  const database = new DispatchDatabase({ url, max: 1, applicationName: 'puente_worker_start' });
  const until = performance.now() + patienceMs;
  try {
    while (!stopped()) {
      try {
        await database.query('SELECT 1');
        return true;
      } catch (error) {
        const worthWaiting = error instanceof DatabaseUnavailableError && !isRefusal(error.cause);
        if (!worthWaiting || performance.now() > until) throw error;
        await sleep(STEP_MS);
      }
    }
    return false;
  } finally {
    await database.close();
  }
}

/** SQLSTATE class 28 (who we are) and 3D (which database): an answer, and the same one next time. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(28|3D)/.test(code);
}
