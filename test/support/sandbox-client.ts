import { Agent, request } from 'undici';

/** An answer, read to its end. `body` is the parsed JSON, or undefined when it is none. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: unknown;
}

/** RFC 9457, with our members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly operationId?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export type Headers = Readonly<Record<string, string>>;

// Idle connections are given up before a server that drains would close them under a request.
const agent = new Agent({ connections: 256, keepAliveTimeout: 1_000, headersTimeout: 90_000, bodyTimeout: 90_000 });
const listeners: ((answer: Answer) => void)[] = [];

/** Calls for every answer any client here has read from now on: for a test that looks for what must never be said. */
export function onAnswer(listener: (answer: Answer) => void): void {
  listeners.push(listener);
}

/** A client of a JSON API: the real one over HTTP, or the stand-ins' control plane. */
export class JsonClient {
  constructor(
    readonly baseUrl: string,
    readonly key?: string,
  ) {}

  /** The same address with another key, or with none. */
  as(key: string | undefined): JsonClient {
    return new JsonClient(this.baseUrl, key);
  }

  get(path: string, headers: Headers = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  put(path: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('PUT', path, body, headers);
  }

  patch(path: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return this.send('PATCH', path, body, headers);
  }

  delete(path: string, headers: Headers = {}): Promise<Answer> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** @param body text and bytes are sent as they are, everything else as JSON */
  async send(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    const response = await request(this.baseUrl + path, {
      method: method as 'GET',
      dispatcher: agent,
      headers: {
        ...(this.key === undefined ? {} : { authorization: `Bearer ${this.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    const answer: Answer = { status: response.statusCode, headers: response.headers, text, body: parsed(text) };
    for (const listener of listeners) listener(answer);
    return answer;
  }
}

/** Lets the process end: connections that are kept alive hold it. */
export function closeClients(): Promise<void> {
  return agent.close();
}

/**
 * The body of a success as the type the caller expects. Tests compare fields afterwards; this only spares them a guard
 * in front of each.
 *
 * @throws when the status is another one, with what was said
 */
export function bodyOf<T>(answer: Answer, ...statuses: readonly number[]): T {
  const expected = statuses.length === 0 ? [200, 201, 202] : statuses;
  if (expected.includes(answer.status)) return answer.body as T;
  throw new Error(`Expected ${expected.join(' or ')}, got ${String(answer.status)}: ${answer.text.slice(0, 1_000)}`);
}

/** An answer as what a test compares: status and code; a success has no code. */
export function statusAndCode(answer: Answer): readonly [number, string | undefined] {
  return [answer.status, (answer.body as Partial<Problem> | undefined)?.code];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
