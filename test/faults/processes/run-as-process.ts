interface Closable {
  close(): Promise<void>;
}

/** What main.ts of api and worker do: say when ready, drain at SIGTERM, go when the run that started us is gone. */
export function runAsProcess(start: (stopped: () => boolean) => Promise<Closable | undefined>): void {
  process.once('disconnect', () => process.exit(1));
  let stopped = false;
  const starting = start(() => stopped);
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    setTimeout(() => process.exit(1), 20_000).unref();
    starting
      .then((app) => app?.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on('SIGTERM', stop);
  starting.then(
    () => process.send?.({ ready: true }),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
}
