import { AsyncLocalStorage } from 'node:async_hooks';
import { type ProviderCall, randomHex, uuidv7 } from '@puente/kernel';

/** Who is asking, and under which ids it is written down. Lives as long as the request, or as a worker's operation. */
export interface Trace {
  /** One inbound request, or one run of an operation. Answered as `x-request-id`. */
  readonly requestId: string;
  /** W3C trace id: 32 hex digits, the same in the caller's system, in our log lines and in the ledger. */
  readonly traceId: string;
  tenantId?: string | undefined;
  keyId?: string | undefined;
}

/**
 * Node's own, and not the one of nestjs-cls: that follows every promise of a process from the moment it is loaded, this
 * one while a trace is open. In a worker none ever is.
 */
const traces = new AsyncLocalStorage<Trace>();
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/;
const ALL_ZERO = /^0+$/;

/** The trace of the work this code runs for; undefined outside of any (start-up, timers). */
export function currentTrace(): Trace | undefined {
  return traces.getStore();
}

/** The ids of a log line about a call, for where no trace is current: in a worker. Elsewhere the line has them anyway. */
export function callTrace(
  call: Pick<ProviderCall, 'tenantId' | 'traceId' | 'operationId' | 'dedupeKey'>,
): Partial<Trace> {
  if (currentTrace()) return {};
  const { tenantId, traceId, operationId, dedupeKey } = call;
  return { requestId: operationId ?? dedupeKey, tenantId, ...(traceId === undefined ? {} : { traceId }) };
}

/** How many traces are open. */
let open = 0;

/**
 * Runs `work`, and everything that follows from it, in the trace. Whoever opens one closes it when its request or call
 * has ended: while none is open, Node is not told of the process's promises, which is a fifth of the work of an accept.
 */
export function openTrace(trace: Trace, work: () => void): void {
  open += 1;
  traces.run(trace, work);
}

/** What still runs of the request loses its trace at the earliest now. */
export function closeTrace(): void {
  open -= 1;
  if (open === 0) traces.disable();
}

/** Runs `work` so that everything it logs carries the trace: a call, or a route that opens its trace itself. */
export async function runInTrace<T>(trace: Trace, work: () => Promise<T>): Promise<T> {
  open += 1;
  try {
    return await traces.run(trace, work);
  } finally {
    closeTrace();
  }
}

/** Takes over the caller's ids when they are well formed, and makes new ones otherwise. */
export function traceFrom(headers: Readonly<Record<string, string | string[] | undefined>>): Trace {
  const given = headers['x-request-id'];
  return {
    requestId: typeof given === 'string' && REQUEST_ID.test(given) ? given : uuidv7(),
    traceId: traceIdOf(headers.traceparent) ?? newTraceId(),
  };
}

export function newTraceId(): string {
  return randomHex(16);
}

/** @returns undefined for anything but a valid version of https://www.w3.org/TR/trace-context/#traceparent-header */
export function traceIdOf(traceparent: unknown): string | undefined {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  const [, traceId, parentId] = match ?? [];
  if (!traceId || !parentId || ALL_ZERO.test(traceId) || ALL_ZERO.test(parentId)) return undefined;
  return traceId;
}

/** The header for a call of our own: the same trace, a new span. */
export function traceparent(traceId: string): string {
  return `00-${traceId}-${randomHex(8)}-01`;
}
