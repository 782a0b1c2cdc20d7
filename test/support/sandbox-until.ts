import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** After this long it is a failure. */
  readonly withinMs: number;
  readonly everyMs?: number;
  /** What is waited for, for the message of a failure. */
  readonly what: string;
}

/**
 * Asks again until the answer is neither undefined nor false. An error is an answer of that kind too, as long as there
 * is time: a process that is being restarted refuses connections for a moment.
 *
 * @throws when the time is over, with the last error or answer
 */
export async function until<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  patience: Patience,
): Promise<T> {
  const { withinMs, everyMs = 50, what } = patience;
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    let last = '';
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error instanceof Error ? error.message : 'something that is no error was thrown';
      cause = error;
    }
    if (performance.now() > giveUpAt) {
      throw new Error(`Not within ${String(withinMs)} ms: ${what}${last === '' ? '' : ` (${last})`}`, { cause });
    }
    await sleep(everyMs);
  }
}
