import { z } from 'zod';
import { startStandIns } from './stand-ins';

/** How long a database that is just coming back may take; afterwards whoever supervises tries again. */
const DATABASE_WITHIN_MS = 20_000;
const PAUSE_MS = 200;

const port = z.coerce.number().int().min(0).max(65_535);
const Settings = z.object({
  SANDBOX_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  SANDBOX_FILE: z.string().optional(),
  STAND_IN_PORT: port.default(4566),
  MQTT_PORT: port.default(1883),
  SMTP_PORT: port.default(1025),
});

/**
 * The stand-ins as a process of their own. Started by the sandbox, which hands it the settings and is told
 * `{ready: true, port}`; it ends when the sandbox goes away, however that went.
 */
async function main(): Promise<void> {
  // Our supervisor was killed, and the database goes with it. Listened for from the first moment, or it would be missed.
  process.once('disconnect', () => process.exit(1));
  const settings = Settings.parse(process.env);
  const host = await patiently(() =>
    startStandIns({
      databaseUrl: settings.SANDBOX_DATABASE_URL,
      port: settings.STAND_IN_PORT,
      sandboxFile: settings.SANDBOX_FILE,
      ports: { mqtt: settings.MQTT_PORT, smtp: settings.SMTP_PORT },
    }),
  );

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void host.stop().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  // Ctrl-C reaches every process of a terminal. Under a supervisor the others must still be able to finish here.
  process.on('SIGINT', () => {
    if (!process.send) stop();
  });

  if (process.send) process.send({ ready: true, port: host.port });
  else console.log(`Stand-ins at ${host.url}, control plane at ${host.url}/_sandbox`);
}

/** A server that is starting up refuses connections for a moment; anything else is said at once. */
async function patiently<T>(start: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + DATABASE_WITHIN_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!isComingBack(error) || performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** 57P03: the database system is starting up. */
function isComingBack(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === '57P03';
}

main().catch((error: unknown) => {
  console.error(error instanceof z.ZodError ? z.prettifyError(error) : error);
  process.exit(1);
});
