import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Failure, notSent, type Reconciliation, type Secret, unknown } from '@puente/kernel';
import { Pool } from 'undici';
import { z } from 'zod';
import { answered } from './http/answer-heads';
import { defineProvider, type OperationCall } from './provider';

/** A provider for the specs of this library: a real definition whose client speaks HTTP to {@link EchoServer}. */

const EchoSecrets = z.strictObject({ apiKey: z.string().min(1) });
const EchoConfig = z.strictObject({ url: z.url() });
const Message = z.strictObject({ text: z.string().max(100) });
const Receipt = z.object({ id: z.string(), echo: z.string().optional() });

class EchoHttpError extends Error {
  constructor(
    readonly status: number,
    readonly body: { readonly code?: string; readonly message?: string },
    readonly headers: Readonly<Record<string, string | string[] | undefined>>,
  ) {
    super(body.message ?? `HTTP ${String(status)}`);
  }
}

export class EchoClient {
  static open = 0;
  private readonly pool: Pool;

  constructor(
    private readonly secrets: Secret<z.output<typeof EchoSecrets>>,
    config: z.output<typeof EchoConfig>,
  ) {
    if (config.url.includes('forbidden')) throw new Error(`${secrets.reveal().apiKey} may not go to ${config.url}`);
    this.pool = new Pool(config.url);
    EchoClient.open += 1;
  }

  async post(path: string, message: unknown, call: OperationCall): Promise<unknown> {
    const { statusCode, headers, body } = await this.pool.request({
      method: 'POST',
      path,
      headers: {
        authorization: `Bearer ${this.secrets.reveal().apiKey}`,
        'x-dedupe': call.dedupeKey,
        'x-repeat': String(call.repeat),
      },
      body: JSON.stringify(message),
      signal: call.signal,
    });
    answered(call.signal, { status: statusCode, headers });
    const text = await body.text();
    if (statusCode >= 300) throw new EchoHttpError(statusCode, JSON.parse(text) as object, headers);
    return JSON.parse(text) as unknown;
  }

  close(): void {
    EchoClient.open -= 1;
    void this.pool.destroy();
  }
}

function classifyEchoError(error: unknown): Failure {
  if (error instanceof EchoHttpError) return classifyStatus(error);
  if (error instanceof SyntaxError) return unknown('bad_body', { message: error.message });
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (code === 'ECONNREFUSED') return notSent('connect', { code, message });
  if (name === 'AbortError' || name === 'TimeoutError') return unknown('timeout', { code });
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return unknown('reset', { code, message });
  return unknown('internal');
}

function classifyStatus({ status, body, headers }: EchoHttpError): Failure {
  const evidence = { status, code: body.code, message: `${body.message ?? ''} ${JSON.stringify(headers)}` };
  if (status === 418) throw new Error('nobody expected a teapot');
  if (status === 429) return { kind: 'throttled', retryAfterMs: Number(headers['retry-after']) * 1000, ...evidence };
  if (status === 401) return { kind: 'unauthorized', ...evidence };
  if (status === 503) return notSent('refused', evidence);
  if (status >= 500) return unknown('server_error', evidence);
  return { kind: 'rejected', ...evidence };
}

const common = {
  summary: 'Sends a text.',
  descripcion: 'Envia un texto.',
  documentation: 'https://example.org/echo',
  policy: 'interactive',
  input: Message,
  output: Receipt,
  example: { input: { text: 'hola' }, output: { id: '1' } },
} as const;

export const echo = defineProvider({
  meta: {
    id: 'echo',
    code: 'INT-900',
    title: 'Echo',
    vendor: 'Puente',
    category: 'Computo',
    inventoryType: 'computo',
    integratedOn: '2026-01-01',
    reviewedOn: '2026-01-01',
    references: [],
  },
  credentials: {
    model: 'tenant',
    secrets: EchoSecrets,
    config: EchoConfig,
    env: { apiKey: { variable: 'ECHO_API_KEY', descripcion: 'Clave', required: true } },
    rotateEveryDays: 90,
    rebindOn: ['url'],
  },
  connect: (secrets, config) => new EchoClient(secrets, config),
  disconnect: (client) => client.close(),
  operations: (operation) => ({
    look: operation({
      ...common,
      endpoint: 'POST /look',
      effect: 'read',
      run: (client, input, call) => client.post('/look', input, call),
    }),
    send: operation({
      ...common,
      endpoint: 'POST /send',
      effect: ({ text }) => (text.startsWith('fifo ') ? 'idempotent' : 'once'),
      idempotentForMs: 300_000,
      run: (client, input, call) => client.post('/send', input, call),
    }),
    pay: operation({
      ...common,
      endpoint: 'POST /pay',
      effect: 'reconcilable',
      settleMs: 1_000,
      run: (client, input, call) => client.post('/pay', input, call),
      reconcile: async (client, input, call) => (await client.post('/paid', input, call)) as Reconciliation,
    }),
  }),
  probe: { operation: 'look', input: ({ url }) => ({ text: new URL(url).pathname }) },
  limits: [],
  errors: [],
  fallbacks: [],
  classify: classifyEchoError,
});

export interface EchoRequest {
  readonly path: string;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

export type EchoAnswer = (request: EchoRequest, response: ServerResponse) => void | Promise<void>;

/** Answers 200 with an id unless told otherwise, and keeps what it received. */
export class EchoServer {
  readonly received: EchoRequest[] = [];
  answer: EchoAnswer = succeed;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  reset(): void {
    this.received.length = 0;
    this.answer = succeed;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null');
    const received = { path: request.url ?? '', body, headers: request.headers };
    this.received.push(received);
    await this.answer(received, response);
  }
}

const succeed: EchoAnswer = (_request, response) => void response.end(JSON.stringify({ id: 'r-1' }));

/** One answer after another, the last one for all that follow. */
export function answers(...each: EchoAnswer[]): EchoAnswer {
  let count = 0;
  return (request, response) => each[Math.min(count++, each.length - 1)]?.(request, response);
}

export function status(code: number, body: object = {}, headers: Record<string, string> = {}): EchoAnswer {
  return (_request, response) => void response.writeHead(code, headers).end(JSON.stringify(body));
}

/** Takes the request and never answers. */
export const hang: EchoAnswer = () => undefined;

/** Takes the request and drops the connection: the answer is lost. */
export const drop: EchoAnswer = (_request, response) => void response.socket?.destroy();
