import { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '@puente/config';
import { type Clock, SystemClock } from '@puente/kernel';
import { Dispatcher } from '@puente/ledger';
import { useStructuredLogs } from '@puente/observability';
import { databaseReady } from './database-ready';
import { WorkerModule } from './worker.module';

/** How long a starting worker waits for PostgreSQL, which may be starting too. */
const DATABASE_PATIENCE_MS = 60_000;

/**
 * Builds the worker and lets it work. Separate from `main.ts` so that tests run the same application in their own process.
 *
 * @param stopped asked while waiting for PostgreSQL; then undefined is the answer
 * @param clock by which queues, re-sender and redrives wait between two looks
 * @throws {DatabaseUnavailableError} PostgreSQL did not answer in a minute
 */
export async function startWorker(
  config: AppConfig,
  stopped: () => boolean = () => false,
  clock: Type<Clock> = SystemClock,
): Promise<NestFastifyApplication | undefined> {
  if (!(await databaseReady(config, DATABASE_PATIENCE_MS, stopped))) return undefined;
  const options = Object.assign(new NestApplicationContextOptions(), { bufferLogs: true, abortOnError: false });
  const app = await NestFactory.create<NestFastifyApplication>(
    WorkerModule.with(config, clock),
    new FastifyAdapter(),
    options,
  );
  useStructuredLogs(app);
  try {
    await app.listen(config.WORKER_PORT, config.HOST);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

/**
 * Lets the worker end: what it has not begun is given back at once, before anything else is waited for; then calls in
 * flight, queues and deliveries end side by side, and the connections last.
 */
export async function stopWorker(app: NestFastifyApplication): Promise<void> {
  const drained = app.get(Dispatcher, { strict: false }).stop();
  await app.close();
  await drained;
}
