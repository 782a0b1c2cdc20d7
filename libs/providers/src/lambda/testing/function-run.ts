import { setTimeout as sleep } from 'node:timers/promises';
import type { HandlerContext, RegisteredFunction } from './lambda-functions';

/** How a run ended: body and, for an error, what `X-Amz-Function-Error` says. */
export interface RunResult {
  readonly body: string;
  readonly functionError?: 'Unhandled';
}

/** Runs a function within its time, as the Node.js runtime does. Never throws. */
export async function runFunction(
  { handler, timeoutMs }: RegisteredFunction,
  event: unknown,
  context: HandlerContext,
): Promise<RunResult> {
  const over = new AbortController();
  const timeout = sleep(timeoutMs, timedOut(context.awsRequestId, timeoutMs), { ref: false, signal: over.signal });
  try {
    return await Promise.race([answerOf(handler, event, context), timeout]);
  } finally {
    over.abort();
    timeout.catch(() => undefined);
  }
}

async function answerOf(
  handler: RegisteredFunction['handler'],
  event: unknown,
  context: HandlerContext,
): Promise<RunResult> {
  try {
    return { body: JSON.stringify((await handler(event, context)) ?? null) };
  } catch (error) {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    return unhandled({ errorType: name, errorMessage: message, trace: stack.split('\n') });
  }
}

function timedOut(requestId: string, timeoutMs: number): RunResult {
  const seconds = (timeoutMs / 1_000).toFixed(2);
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
  return unhandled({ errorType: 'Sandbox.Timedout', errorMessage });
}

function unhandled(body: object): RunResult {
  return { body: JSON.stringify(body), functionError: 'Unhandled' };
}
