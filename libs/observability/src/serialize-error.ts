import { printable } from './printable';

/** Longer than an excerpt: our own messages may list what is wrong with a configuration. */
const MAX_MESSAGE = 2_000;
const MAX_CAUSES = 3;

export interface SerializedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: readonly string[];
  readonly cause?: SerializedError;
}

/**
 * An error as a log line shows it: an allow-list. SDK and HTTP errors carry the whole request in `request`, `config`
 * or `$response`, database errors the row in `detail` and `parameters`; none of that is ever looked at.
 */
export function serializeError(error: unknown, causes = MAX_CAUSES): SerializedError {
  if (!(error instanceof Error)) return { name: 'NotAnError', message: printable(typeof error, MAX_MESSAGE) };
  const code = (error as { code?: unknown }).code;
  const stack = frames(error.stack);
  return {
    name: printable(error.name, 100),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: printable(String(code), 100) } : {}),
    message: printable(error.message, MAX_MESSAGE),
    ...(stack.length > 0 ? { stack } : {}),
    ...(error.cause instanceof Error && causes > 0 ? { cause: serializeError(error.cause, causes - 1) } : {}),
  };
}

/** The frames alone: V8 puts the message in front of them, and the message is cleaned on its own. */
function frames(stack: string | undefined): string[] {
  return (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 20)
    .map((line) => printable(line.trim()));
}
