interface Question {
  readonly id: number;
  readonly command: string;
  readonly input: unknown;
}

export type Commands = Readonly<Record<string, (input: never) => unknown>>;

/** The side of a {@link BenchProcess} that does the work: says that it is ready, answers what it is asked, ends with its parent. */
export function answer(commands: Commands, facts: object = {}): void {
  process.once('disconnect', () => process.exit(0));
  process.on('message', (message: Question) => {
    const { id, command, input } = message;
    Promise.resolve()
      .then(() => {
        const run = commands[command];
        if (!run) throw new Error(`There is no command ${command}`);
        return run(input as never);
      })
      .then(
        (result: unknown) => process.send?.({ id, result }),
        (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
      );
  });
  process.send?.({ ready: true, ...facts });
}
