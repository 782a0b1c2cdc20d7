import type { IncomingMessage } from 'node:http';
import { type Trace, traceFrom } from './trace';

const TRACE = Symbol('puente.request');

/**
 * The trace of a request hangs on the request itself: hooks that run outside of its asynchronous context find it there,
 * and so does a route that does without one.
 */
interface TracedMessage extends IncomingMessage {
  [TRACE]?: Trace;
}

export function beginRequestTrace(message: TracedMessage): Trace {
  return (message[TRACE] = traceFrom(message.headers));
}

/** Undefined before the server's first hook has run. */
export function requestTrace(message: TracedMessage): Trace | undefined {
  return message[TRACE];
}

/** Called once the caller is known, so that the remaining log lines of the request name the tenant and the key. */
export function identifyCaller(
  message: TracedMessage,
  { tenantId, keyId }: { readonly tenantId: string; readonly keyId: string },
): void {
  const trace = message[TRACE];
  if (!trace) return;
  trace.tenantId = tenantId;
  trace.keyId = keyId;
}

/**
 * In a route's configuration: it gives the trace id to what it calls, or calls it by `runInTrace`. For routes where the
 * asynchronous context, which Node 20 is told of every promise for, costs too much.
 */
export const OWN_TRACE = { ownTrace: true } as const;

export function tracesItself(config: unknown): boolean {
  return (config as Partial<typeof OWN_TRACE> | undefined)?.ownTrace === true;
}
