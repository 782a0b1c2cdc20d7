import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { guardedSocket, type SocketGuard } from '@puente/egress';
import { type AnswerHead, isOverdue } from '@puente/kernel';
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
  /** It was too late for it when its connection was there, so it was not written. */
  late: boolean;
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
  const trace: CallTrace = { socket: 'none', aborted: false, late: false };
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
  /** For an address that a tenant gave; those of AWS itself are not a tenant's to choose. */
  readonly egress?: SocketGuard | undefined;
}

export interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
}

/**
 * Connections of one client. Their number is not limited here (that is the bulkhead's work): a queue inside the agent
 * would open one call's socket in the context of another.
 */
export function tracingAgents({ idleMs, egress }: AgentOptions): Agents {
  const options = { keepAlive: true, maxSockets: Infinity, timeout: idleMs };
  return { httpAgent: new TracingHttpAgent(options, egress), httpsAgent: new TracingHttpsAgent(options, egress) };
}

type Connect = http.Agent['createConnection'];

class TracingHttpAgent extends http.Agent {
  constructor(
    options: http.AgentOptions,
    private readonly egress: SocketGuard | undefined,
  ) {
    super(options);
  }

  override createConnection(...[options, callback]: Parameters<Connect>): ReturnType<Connect> {
    return guarded(this.egress, 'http:', options, callback, (allowed) =>
      watch(super.createConnection(allowed, callback), false),
    );
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    reused(request);
    super.reuseSocket(socket, request);
  }
}

class TracingHttpsAgent extends https.Agent {
  constructor(
    options: https.AgentOptions,
    private readonly egress: SocketGuard | undefined,
  ) {
    super(options);
  }

  override createConnection(...[options, callback]: Parameters<Connect>): ReturnType<Connect> {
    return guarded(this.egress, 'https:', options, callback, (allowed) =>
      watch(super.createConnection(allowed, callback), true),
    );
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    reused(request);
    super.reuseSocket(socket, request);
  }
}

function guarded(
  egress: SocketGuard | undefined,
  protocol: 'http:' | 'https:',
  options: Parameters<Connect>[0],
  callback: Parameters<Connect>[1],
  connect: (options: Parameters<Connect>[0]) => ReturnType<Connect>,
): ReturnType<Connect> {
  if (!egress) return connect(options);
  try {
    return connect(guardedSocket(egress, protocol, options));
  } catch (error) {
    if (!callback) throw error;
    process.nextTick(callback, error);
    return undefined;
  }
}

/**
 * Node writes a request in the turn in which it has its connection: the last moment to find out that it is too late for
 * it. A process that was frozen hears of its sockets before its timers, so nobody may have aborted yet.
 *
 * @param stop keeps it from being written
 */
function opened({ trace, signal }: Watched, stop: (error: Error) => void): void {
  if (isOverdue(signal)) {
    trace.late = true;
    stop(new Error('It was too late to send the request'));
  } else trace.socket = 'open';
}

function reused(request: http.ClientRequest): void {
  const watched = current.getStore();
  if (watched) opened(watched, (error) => request.destroy(error));
}

function watch(stream: Duplex | null | undefined, tls: boolean): Duplex | null | undefined {
  const watched = current.getStore();
  if (!(stream instanceof Socket) || !watched) return stream;
  const { trace } = watched;
  trace.socket = 'connecting';
  if (tls) stream.once('connect', () => (trace.socket = 'handshake'));
  // Before what waits for the connection to be written: this listener was there first.
  stream.once(tls ? 'secureConnect' : 'connect', () => {
    opened(watched, (error) => stream.destroy(error));
  });
  return stream;
}
