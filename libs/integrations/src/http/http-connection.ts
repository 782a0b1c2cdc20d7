import { ConnectingSockets, egressConnector, type EgressGuard } from '@puente/egress';
import type { CancelSignal, Failure, NotSentCause } from '@puente/kernel';
import { isOverdue, notSent, unknown } from '@puente/kernel';
import { type Dispatcher, errors, Pool } from 'undici';
import { egressFailure } from './egress-failure';
import type { HttpAnswer, ProviderFault } from './http-answer';
import { jsonOf } from './http-answer';
import { HttpExchange, type Unanswered } from './http-exchange';
import { HttpAnswerError, HttpUnansweredError } from './http.errors';
import { unsentCause } from './unsent-cause';

/** A connection that is not there after this long is proof that nothing was sent. */
const CONNECT_MS = 3_000;
/** A net below the chain's own timeout per try, which is always shorter and the one that decides. */
const SILENCE_MS = 25_000;
/** Shorter than what servers keep idle connections for: they must not close one under a request. */
const IDLE_MS = 4_000;
/**
 * More than a worker makes calls at once: a connection may be used again only a whole round of the event loop after its
 * answer (undici waits for a server that closes it), and the next call should not wait for that.
 */
const MAX_CONNECTIONS = 64;
const UNREADABLE = new Set<string | undefined>(['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_HEADERS_OVERFLOW']);
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const WITHOUT_BODY = { accept: 'application/json' };
const WITH_JSON = { ...WITHOUT_BODY, 'content-type': 'application/json' };

export interface HttpConnectionOptions {
  /** The guard of `connect`'s context: it decides where connections may go, whoever gave the address. */
  readonly egress: EgressGuard;
  /** At most; one is opened when all others are busy, and closed when it has been idle. */
  readonly connections?: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base address, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** An operation's `call.cancel`, or any `AbortSignal`. */
  readonly signal: CancelSignal;
}

/** For who reads answers itself, and not as JSON: any status is an answer. */
export interface RawHttpRequest extends Pick<HttpRequest, 'method' | 'path' | 'signal'> {
  /** Value after name. */
  readonly headers: string[];
  /** Sent as it is. */
  readonly body: Buffer;
  /** What is read of the answer's body; the rest is left, and the connection with it. */
  readonly maxAnswerBytes: number;
}

/**
 * A provider's HTTP API for one tenant: every call is one request. It never follows a redirect, never tries again and
 * never reads more than it should; and because it sees whether a request was begun, it can tell what was not sent from
 * what was lost. Build one in `connect`, close it in `disconnect`.
 */
export class HttpConnection {
  private readonly pool: Pool;
  private readonly connecting = new ConnectingSockets();
  private readonly prefix: string;

  /**
   * @param base address of the API, which may have a path of its own
   * @param faultOf reads the provider's error out of the body of an answer without success; undefined is not JSON
   */
  constructor(
    base: string,
    private readonly faultOf: (body: unknown) => ProviderFault = () => ({}),
    { egress, connections = MAX_CONNECTIONS }: HttpConnectionOptions,
  ) {
    const { origin, pathname } = new URL(base);
    this.prefix = pathname.replace(/\/$/, '');
    this.pool = new Pool(origin, {
      connections,
      connect: egressConnector(egress, { timeoutMs: CONNECT_MS, connecting: this.connecting }),
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
      keepAliveTimeout: IDLE_MS,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
  }

  /**
   * Asks once, for JSON.
   *
   * @returns the parsed body; undefined when a success has none
   * @throws {HttpAnswerError} {@link HttpUnansweredError}
   */
  async json(request: HttpRequest): Promise<unknown> {
    const answer = await this.answer(request);
    if (answer.status < 200 || answer.status > 299) throw new HttpAnswerError(answer, this.faultOf(jsonOf(answer)));
    if (answer.text === '') return undefined;
    const body = jsonOf(answer);
    if (body === undefined) throw new HttpUnansweredError(unknown('bad_body', { status: answer.status }));
    return body;
  }

  /**
   * Sends these bytes and headers, once, and answers with whatever comes back.
   *
   * @throws {HttpUnansweredError}
   */
  raw({ signal, maxAnswerBytes, path, ...request }: RawHttpRequest): Promise<HttpAnswer> {
    return this.exchange({ ...request, path: this.prefix + path }, signal, maxAnswerBytes);
  }

  close(): void {
    void this.pool.destroy();
    this.connecting.destroy();
  }

  private answer({ method, path, headers, json, signal }: HttpRequest): Promise<HttpAnswer> {
    const isJson = json !== undefined;
    const body = isJson ? JSON.stringify(json) : null;
    const own = isJson ? WITH_JSON : WITHOUT_BODY;
    return this.exchange({ method, path: this.prefix + path, headers: { ...own, ...headers }, body }, signal);
  }

  private exchange(
    request: Dispatcher.DispatchOptions,
    signal: CancelSignal,
    maxAnswerBytes?: number,
  ): Promise<HttpAnswer> {
    if (signal.aborted) return Promise.reject(new HttpUnansweredError(notSent('deadline')));
    return new Promise((resolve, reject) => {
      const unanswered = ({ begun, error }: Unanswered): void => {
        const failure = begun ? lost(error, signal) : unsent(error, signal);
        reject(failure ? new HttpUnansweredError(failure) : (error as Error));
      };
      const exchange = new HttpExchange(signal, resolve, unanswered, maxAnswerBytes);
      try {
        this.pool.dispatch(request, exchange);
      } catch (error) {
        exchange.fail(error);
      }
    });
  }
}

/** @returns undefined for what neither the network nor time explains: a bug, which is shown as one */
function unsent(error: unknown, signal: CancelSignal): Failure | undefined {
  const refused = egressFailure(error);
  if (refused) return refused;
  const code = codeOf(error);
  const cause: NotSentCause | undefined = isOverdue(signal) ? 'deadline' : unsentCause(error);
  return cause && notSent(cause, { code });
}

function lost(error: unknown, signal: CancelSignal): Failure {
  const code = codeOf(error);
  if (signal.aborted || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return unknown('timeout');
  const isUnreadable = error instanceof errors.HTTPParserError || UNREADABLE.has(code);
  return unknown(isUnreadable ? 'bad_body' : 'reset', { code });
}

function codeOf(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
