// First of all: Jest does not apply its aliases to what a globalSetup imports.
import '../../scripts/register.cjs';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
// Its files and not its index, which would load all of the database library for nothing.
import type { RunningPostgres } from '../../apps/sandbox/src/embedded-postgres/embedded-postgres';
import { startEmbeddedPostgres } from '../../apps/sandbox/src/embedded-postgres/embedded-postgres';
import { PortTakenError } from '../../apps/sandbox/src/embedded-postgres/embedded-postgres.errors';
import { freePort } from '../../apps/sandbox/src/embedded-postgres/free-port';
import type { TestServer } from './test-server';
import { keepTestServer, superuserUrlVariable } from './test-server';

/**
 * One PostgreSQL for a whole run of Jest: an embedded one in a temporary folder, or, with PUENTE_TEST_DATABASE_URL (of a
 * superuser), the developer's own. The workers find its URL in their environment; see test-database.
 */
export default async function startTestServer(): Promise<void> {
  const own = process.env.PUENTE_TEST_DATABASE_URL;
  if (own) {
    process.env[superuserUrlVariable] = own;
    return;
  }
  const home = await mkdtemp(path.join(await fastPlace(), 'puente-test-'));
  const server = await start(path.join(home, 'postgres'), randomBytes(16).toString('hex'));
  process.env[superuserUrlVariable] = server.superuserUrl();
  keepTestServer({ stop: () => stopAndRemove(server, home) } satisfies TestServer);
}

/** Memory where there is plenty: copying a template costs 30 ms there and up to 300 ms on a slow disk. */
async function fastPlace(): Promise<string> {
  const memory = '/dev/shm';
  const room = await statfs(memory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return room > 4 * 1024 ** 3 ? memory : tmpdir();
}

async function start(dataDir: string, superuserPassword: string, attempts = 5): Promise<RunningPostgres> {
  try {
    return await startEmbeddedPostgres({
      dataDir,
      port: await freePort(),
      superuserPassword,
      log: () => undefined,
      // Its data die with the run. Commits still survive a killed server, only not a power failure.
      settings: { fsync: false, full_page_writes: false, max_connections: 300, max_wal_size: '256MB' },
    });
  } catch (error) {
    if (error instanceof PortTakenError && attempts > 1) return start(dataDir, superuserPassword, attempts - 1);
    throw error;
  }
}

async function stopAndRemove(server: RunningPostgres, home: string): Promise<void> {
  await server.stop('immediate');
  await rm(home, { recursive: true, force: true, maxRetries: 10 });
}
