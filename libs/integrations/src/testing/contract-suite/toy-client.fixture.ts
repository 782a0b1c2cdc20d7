import { type CancelSignal, type Failure, isOverdue, notSent, type Secret, unknown } from '@puente/kernel';
import { ConnectingSockets, egressConnector } from '@puente/egress';
import { type Dispatcher, Pool } from 'undici';
import { z } from 'zod';
import type { OperationCall } from '../../provider';
import { loopbackEgress } from './loopback-egress';

const LARGEST_ANSWER = 1024 * 1024;

export class ToyError extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Readonly<Record<string, string | string[] | undefined>>,
  ) {
    super(`HTTP ${String(status)}`);
  }
}

class TooLateError extends Error {}

const begun = new WeakSet<CancelSignal>();

/** Asks in the turn in which a request is written whether it is too late for it. */
function lastLook(dispatch: Dispatcher['dispatch'], isBlind: boolean): Dispatcher['dispatch'] {
  return (options, handler) =>
    dispatch(options, {
      onRequestStart: (controller, context) => {
        const signal = signalOf(options);
        if (!isBlind && signal && isOverdue(signal)) {
          controller.abort(new TooLateError());
          return;
        }
        if (signal) begun.add(signal);
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart: (...answer) => handler.onResponseStart?.(...answer),
      onResponseData: (...data) => handler.onResponseData?.(...data),
      onResponseEnd: (...end) => handler.onResponseEnd?.(...end),
      onResponseError: (...error) => handler.onResponseError?.(...error),
    });
}

/** undici itself goes on connecting for a request that was given up. */
function givenUpUnbegun(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const giveUp = (): void => {
      if (!begun.has(signal)) reject(new TooLateError());
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
}

function signalOf(options: object): CancelSignal | undefined {
  return (options as { readonly signal?: CancelSignal }).signal;
}

export interface ToyRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
}

export class ToyClient {
  private readonly connecting = new ConnectingSockets();
  private readonly pool: Pool;
  private readonly wire: Dispatcher;

  constructor(
    private readonly secrets: Secret<{ readonly apiKey: string }>,
    url: string,
    { endless = false, blind = false } = {},
  ) {
    const connect = egressConnector(loopbackEgress(), { timeoutMs: 3_000, connecting: this.connecting });
    this.pool = new Pool(url, { connect, maxResponseSize: endless ? -1 : LARGEST_ANSWER });
    this.wire = this.pool.compose((dispatch) => lastLook(dispatch, blind));
  }

  get apiKey(): string {
    return this.secrets.reveal().apiKey;
  }

  async send({ method, path, body, key }: ToyRequest, { signal }: OperationCall): Promise<unknown> {
    const asked = this.wire.request({
      method,
      path,
      signal,
      headers: { authorization: `Bearer ${this.apiKey}`, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = await Promise.race([asked, givenUpUnbegun(signal)]);
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new ToyError(answer.statusCode, text, answer.headers);
    return JSON.parse(text) as unknown;
  }

  close(): void {
    void this.pool.destroy();
    this.connecting.destroy();
  }
}

export function classifyToy(error: unknown): Failure {
  if (error instanceof ToyError) {
    const { status } = error;
    const parsed = z.object({ code: z.string() }).safeParse(tryJson(error.body));
    const evidence = { status, code: parsed.success ? parsed.data.code : undefined };
    if (status === 429)
      return { kind: 'throttled', retryAfterMs: Number(error.headers['retry-after'] ?? 0) * 1_000, ...evidence };
    if (status === 401 || status === 403) return { kind: 'unauthorized', ...evidence };
    if (status >= 500) return unknown('server_error', evidence);
    return status < 400 ? unknown('bad_body', evidence) : { kind: 'rejected', ...evidence };
  }
  if (error instanceof TooLateError) return notSent('deadline');
  const { name, code } = error as { name?: string; code?: string };
  if (code === 'ECONNREFUSED') return notSent('connect');
  if (name === 'TimeoutError' || name === 'AbortError') return unknown('timeout');
  return error instanceof SyntaxError ? unknown('bad_body') : unknown('reset');
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
