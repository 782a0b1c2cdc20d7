import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AnswerHead } from '@puente/kernel';
import { answered } from '../http/answer-heads';

/**
 * How far a call got. Node writes a request only to an `open` socket, so in every earlier state nothing of it has left
 * this machine: a proof, where the error alone would not do. A refused TLS handshake, for one, reads `write EPROTO`,
 * and an aborted call says nothing at all.
 */
export type SocketState = 'none' | 'connecting' | 'handshake' | 'open';

export interface CallTrace {
  socket: SocketState;
  /** The caller stopped waiting before the failure came. */
  aborted: boolean;
}

/** The trace of the SDK call that is being made, and whose it is. */
interface Watched {
  readonly trace: CallTrace;
  readonly signal: AbortSignal;
}

const current = new AsyncLocalStorage<Watched>();
const traces = new WeakMap<object, CallTrace>();

/** Runs one SDK call and remembers, should it fail, how far its request got: {@link traceOf} the error. */
export async function traced<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  const trace: CallTrace = { socket: 'none', aborted: false };
  try {
    return await current.run({ trace, signal }, send);
  } catch (error) {
    trace.aborted = signal.aborted;
    if (typeof error === 'object' && error !== null) traces.set(error, trace);
    throw error;
  }
}

export function traceOf(error: unknown): CallTrace | undefined {
  return typeof error === 'object' && error !== null ? traces.get(error) : undefined;
}

/** The head of an answer, for whoever listens to the call that is being made. */
export function traceAnswer(head: AnswerHead): void {
  const watched = current.getStore();
  if (watched) answered(watched.signal, head);
}

export interface AgentOptions {
  /**
   * How long an idle connection is kept. Shorter than any server or middlebox keeps it: a request written to a
   * connection that is being closed is lost without a trace, and a lost `once` call ends with a person.
   */
  readonly idleMs: number;
}

export interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
}

/**
 * Connections of one client. Their number is not limited here (that is the bulkhead's work): a queue inside the agent
 * would open one call's socket in the context of another.
 */
export function tracingAgents({ idleMs }: AgentOptions): Agents {
  const options = { keepAlive: true, maxSockets: Infinity, timeout: idleMs };
  return { httpAgent: new TracingHttpAgent(options), httpsAgent: new TracingHttpsAgent(options) };
}

class TracingHttpAgent extends http.Agent {
  override createConnection(...args: Parameters<http.Agent['createConnection']>): Duplex | null | undefined {
    return watch(super.createConnection(...args), false);
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    reached('open');
    super.reuseSocket(socket, request);
  }
}

class TracingHttpsAgent extends https.Agent {
  override createConnection(...args: Parameters<https.Agent['createConnection']>): Duplex | null | undefined {
    return watch(super.createConnection(...args), true);
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    reached('open');
    super.reuseSocket(socket, request);
  }
}

function reached(state: SocketState): void {
  const watched = current.getStore();
  if (watched) watched.trace.socket = state;
}

function watch(stream: Duplex | null | undefined, tls: boolean): Duplex | null | undefined {
  const trace = current.getStore()?.trace;
  if (!(stream instanceof Socket) || !trace) return stream;
  trace.socket = 'connecting';
  stream.once('connect', () => {
    trace.socket = tls ? 'handshake' : 'open';
  });
  if (tls) {
    stream.once('secureConnect', () => {
      trace.socket = 'open';
    });
  }
  return stream;
}
