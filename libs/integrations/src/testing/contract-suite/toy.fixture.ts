import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Failure, Reconciliation, Secret } from '@puente/kernel';
import { notSent, unknown } from '@puente/kernel';
import { Pool } from 'undici';
import { z } from 'zod';
import { defineProvider } from '../../provider';
import type { OperationCall } from '../../provider';
import type { ContractSample, ContractSubject, ContractWorld, WireFault } from './contract-subject';

const LARGEST_ANSWER = 1024 * 1024;

export const TOY_KEY = 'toy-key-0123456789abcdef';

/** The smallest service that has all four effects: parcels with a reference, letters without, and a register of both. */
export class ToyService implements ContractWorld {
  private readonly server: Server;
  private readonly sent: { readonly kind: string; readonly reference: string }[] = [];
  private readonly seen = new Set<string>();
  private readonly faults: WireFault[] = [];
  private revoked = false;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  async effects(): Promise<number> {
    return this.sent.length;
  }

  async fault(fault: WireFault): Promise<void> {
    this.faults.push(fault);
  }

  async clearFaults(): Promise<void> {
    this.faults.length = 0;
  }

  async revoke(): Promise<void> {
    this.revoked = true;
  }

  async restore(): Promise<void> {
    this.revoked = false;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const reply = (status: number, body: object, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
    const fault = this.faults.shift();
    if (fault) {
      const { status = 400, code = 'FAULT', message = 'by order', retryAfter } = fault;
      reply(status, { code, message }, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) });
    } else if (this.revoked || request.headers.authorization !== `Bearer ${TOY_KEY}`) {
      reply(401, { code: 'BAD_KEY', message: 'unknown key' });
    } else {
      this.act(request, Buffer.concat(chunks).toString(), reply);
    }
  }

  private act(request: IncomingMessage, body: string, reply: (status: number, body: object) => void): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const { reference = '' } = body === '' ? {} : (JSON.parse(body) as { reference?: string });
    const key = request.headers['idempotency-key'];
    if (pathname === '/me' || pathname === '/status') reply(200, { name: 'toy' });
    else if (request.method === 'GET') {
      const wanted = searchParams.get('reference');
      reply(200, { found: this.sent.some((one) => one.kind === '/parcels' && one.reference === wanted) });
    } else {
      if (typeof key !== 'string' || !this.seen.has(key)) this.sent.push({ kind: pathname, reference });
      if (typeof key === 'string') this.seen.add(key);
      reply(200, { id: `id-${reference}` });
    }
  }
}

export class ToyError extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Readonly<Record<string, string | string[] | undefined>>,
  ) {
    super(`HTTP ${String(status)}`);
  }
}

/** What a careless author might do. Each is one small change of the good provider. */
export interface Carelessness {
  readonly send?: (client: ToyClient, request: ToyRequest, call: OperationCall) => Promise<unknown>;
  readonly classify?: (error: unknown) => Failure;
  readonly probe?: (client: ToyClient, call: OperationCall) => Promise<unknown>;
  readonly reconcile?: () => Promise<Reconciliation>;
  readonly loose?: boolean;
  readonly letterEffect?: 'once' | 'idempotent';
  readonly endless?: boolean;
}

export interface ToyRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
}

export class ToyClient {
  private readonly pool: Pool;

  constructor(
    private readonly secrets: Secret<{ readonly apiKey: string }>,
    url: string,
    largestAnswer = LARGEST_ANSWER,
  ) {
    this.pool = new Pool(url, { maxResponseSize: largestAnswer });
  }

  get apiKey(): string {
    return this.secrets.reveal().apiKey;
  }

  async send({ method, path, body, key }: ToyRequest, { signal }: OperationCall): Promise<unknown> {
    const answer = await this.pool.request({
      method,
      path,
      signal,
      headers: { authorization: `Bearer ${this.apiKey}`, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new ToyError(answer.statusCode, text, answer.headers);
    return JSON.parse(text) as unknown;
  }

  close(): void {
    void this.pool.destroy();
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

const text = {
  summary: 'Does it.',
  descripcion: 'Lo hace',
  endpoint: 'POST /',
  documentation: 'https://toy.example/docs',
};

/** A provider that keeps the contract, or, with some carelessness, does not. */
export function toyProvider(careless: Carelessness = {}) {
  const send = careless.send ?? ((client, request, call) => client.send(request, call));
  const Input =
    careless.loose === true ? z.object({ reference: z.string() }) : z.strictObject({ reference: z.string() });
  const Receipt = z.object({ id: z.string() });
  const Name = z.object({ name: z.string() });
  const example = { input: { reference: 'r' }, output: { id: 'id-r' } };
  const post = (path: string, reference: string, key?: string): ToyRequest => ({
    method: 'POST',
    path,
    body: { reference },
    ...(key === undefined ? {} : { key }),
  });
  return defineProvider({
    meta: {
      id: 'toy',
      code: 'INT-999',
      title: 'Juguete',
      vendor: 'Nadie',
      category: 'Mensajeria',
      inventoryType: 'mensajeria',
      integratedOn: '2026-01-01',
      reviewedOn: '2026-01-01',
      references: [{ title: 'Nada', url: 'https://toy.example' }],
    },
    credentials: {
      model: 'tenant',
      secrets: z.strictObject({ apiKey: z.string() }),
      config: z.strictObject({ url: z.url() }),
      env: {
        apiKey: { variable: 'TOY_API_KEY', descripcion: 'Clave', required: true },
        url: { variable: 'TOY_URL', descripcion: 'Dirección', required: true },
      },
      rotateEveryDays: 90,
      rebindOn: ['url'],
    },
    connect: (secrets, { url }) => new ToyClient(secrets, url, careless.endless === true ? -1 : LARGEST_ANSWER),
    disconnect: (client: ToyClient) => {
      client.close();
    },
    operations: (operation) => ({
      letter: operation({
        ...text,
        effect: careless.letterEffect ?? 'once',
        policy: 'messaging',
        input: Input,
        output: Receipt,
        example,
        run: (client: ToyClient, { reference }, call) => send(client, post('/letters', reference), call),
      }),
      keyed: operation({
        ...text,
        effect: 'idempotent',
        policy: 'messaging',
        input: Input,
        output: Receipt,
        example,
        run: (client, { reference }, call) => send(client, post('/letters', reference, call.dedupeKey), call),
      }),
      parcel: operation({
        ...text,
        effect: 'reconcilable',
        settleMs: 1_000,
        policy: 'messaging',
        input: Input,
        output: Receipt,
        example,
        run: (client, { reference }, call) => send(client, post('/parcels', reference), call),
        reconcile: async (client, { reference }, call) => {
          if (careless.reconcile) return careless.reconcile();
          const path = `/parcels?reference=${encodeURIComponent(reference)}`;
          const { found } = (await client.send({ method: 'GET', path }, call)) as { found: boolean };
          return found ? { kind: 'applied', output: { id: `id-${reference}` } } : { kind: 'absent' };
        },
      }),
      me: operation({
        ...text,
        effect: 'read',
        policy: 'interactive',
        input: z.strictObject({}),
        output: Name,
        example: { input: {}, output: { name: 'toy' } },
        run: (client, _input, call) =>
          careless.probe ? careless.probe(client, call) : send(client, { method: 'GET', path: '/me' }, call),
      }),
    }),
    probe: { operation: 'me', input: () => ({}) },
    classify: careless.classify ?? classifyToy,
    limits: [{ limite: 'Por segundo', quota: 10, windowMs: 1_000, per: 'credential', accion: 'Esperar' }],
    errors: [
      { code: 'BAD_KEY', failure: 'unauthorized', descripcion: 'Clave', accion: 'Rotar' },
      { code: 'BAD_REFERENCE', failure: 'rejected', descripcion: 'Referencia', accion: 'Log + retry NO' },
      { code: '500', failure: 'unknown', descripcion: 'Error', accion: 'Revisión' },
    ],
    fallbacks: ['Ninguna otra vía.'],
  });
}

/** @param operations those that are tried; all when absent */
export function toySubject(
  world: () => ContractWorld,
  careless: Carelessness = {},
  operations?: readonly string[],
): ContractSubject {
  const input = (reference: string): object => ({ reference });
  const samples: ContractSample[] = [
    { operation: 'letter', effect: careless.letterEffect ?? 'once', input },
    { operation: 'keyed', effect: 'idempotent', input },
    { operation: 'parcel', effect: 'reconcilable', input },
    { operation: 'me', effect: 'read', input: () => ({}) },
  ];
  return {
    definition: toyProvider(careless),
    world,
    secrets: { apiKey: TOY_KEY },
    config: (url) => ({ url }),
    samples: samples.filter(({ operation }) => operations?.includes(operation) ?? true),
    rejection: { status: 422, code: 'BAD_REFERENCE' },
    errorStatus: { BAD_REFERENCE: 422 },
  };
}
