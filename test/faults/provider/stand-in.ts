import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect, EffectLog } from './effect-log';
import type { Door } from './fault.client';
import { LATEST_MS, TIMEOUT_MS } from './fault.provider';
import { type Asked, type Misbehaviour, misbehaviourOf, PATIENT_AFTER, randomOf } from './misbehaviour';

/** What the run orders between its phases. */
export interface Mood {
  /** No misbehaviour at all: peace. */
  readonly calm: boolean;
  /** Effects that come after we gave up; not while clocks jump, since no wait is long enough then. */
  readonly late: boolean;
  /** Tokens that are refused for the time being. */
  readonly refusedTokens: readonly string[];
  /** Nothing but these, at first requests and at later ones, for runs that are after one thing. */
  readonly script?: Script | undefined;
}

export interface Script {
  readonly first: readonly Misbehaviour[];
  readonly later: readonly Misbehaviour[];
}

export interface StandInRequest {
  readonly door: Door | 'ask' | 'look';
  readonly ref: string;
  readonly headers: Readonly<Record<'operation' | 'key' | 'repeat' | 'attempt' | 'token', string>>;
}

type Behave = (request: StandInRequest, response: ServerResponse, act: () => Effect) => Promise<void> | void;

/** Speaks HTTP, acts, and misbehaves by seed. Its log of effects is what every invariant is checked against. */
export class FaultStandIn {
  readonly misbehaved: Partial<Record<Misbehaviour, number>> = {};
  requests = 0;
  private mood: Mood = { calm: true, late: true, refusedTokens: [] };
  private readonly counts = new Map<string, number>();
  private readonly server: Server;

  constructor(
    private readonly log: EffectLog,
    private readonly seed: number,
    private readonly note: (line: object) => void,
  ) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
  }

  async start(port: number): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
    const url = new URL(incoming.url ?? '/', 'http://stand-in');
    if (url.pathname === '/_mood') {
      this.mood = { ...this.mood, ...body };
      answer(response, 200, {});
      return;
    }
    if (url.pathname === '/_account') {
      answer(response, 200, { requests: this.requests, effects: this.log.all.length, misbehaved: this.misbehaved });
      return;
    }
    const ref = typeof body['ref'] === 'string' ? body['ref'] : (url.searchParams.get('ref') ?? '');
    await this.provide({ door: url.pathname.slice(1) as Door, ref, headers: headersOf(incoming) }, response);
  }

  private async provide(request: StandInRequest, response: ServerResponse): Promise<void> {
    const { door, ref, headers } = request;
    if (this.mood.refusedTokens.includes(headers.token)) {
      answer(response, 401, { code: 'bad_token' });
      return;
    }
    if (door === 'look') {
      answer(response, 200, receipt('0', ref));
      return;
    }
    this.requests += 1;
    const misbehaviour = this.misbehaviour(request);
    this.note({ at: Date.now(), ...request, misbehaviour: misbehaviour ?? 'none' });
    if (misbehaviour) this.misbehaved[misbehaviour] = (this.misbehaved[misbehaviour] ?? 0) + 1;
    if (door === 'ask') await this.asked(request, response, misbehaviour);
    else await BEHAVIOURS[misbehaviour ?? 'none'](request, response, () => this.act(door, request, misbehaviour));
  }

  private misbehaviour({ door, ref, headers: { key } }: StandInRequest): Misbehaviour | undefined {
    const question = door === 'ask';
    const name = `${String(question)} ${ref}`;
    const nth = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, nth);
    const { calm, late, script } = this.mood;
    if (calm || key === '') return undefined;
    const asked = { seed: this.seed, ref, nth, question };
    const drawn = script ? scripted(script, asked) : misbehaviourOf(asked);
    return drawn === 'late' && !late ? undefined : drawn;
  }

  /** `put` deduplicates by the caller's key; the others act on every request. */
  private act(door: Door, { ref, headers }: StandInRequest, how: Misbehaviour | undefined): Effect {
    const { operation: operationId, key, repeat, token } = headers;
    const done = door === 'put' ? this.log.ofKey(key) : undefined;
    return done ?? this.log.add({ door, ref, operationId, key, repeat: Number(repeat), token, how: how ?? 'none' });
  }

  private async asked(
    request: StandInRequest,
    response: ServerResponse,
    misbehaviour: Misbehaviour | undefined,
  ): Promise<void> {
    if (misbehaviour !== undefined) {
      await BEHAVIOURS[misbehaviour](request, response, () => {
        throw new Error('A question has no effect');
      });
      return;
    }
    const done = this.log.ofRef(request.ref);
    answer(response, 200, done ? { kind: 'applied', output: receipt(String(done.n), done.ref) } : { kind: 'absent' });
  }
}

/** When what happens: before the effect, after it, or without one. */
const BEHAVIOURS: Readonly<Record<Misbehaviour | 'none', Behave>> = {
  none: (_request, response, act) => done(response, act()),
  reset_before: (_request, response) => void response.socket?.destroy(),
  reset_after: (_request, response, act) => {
    act();
    response.socket?.destroy();
  },
  cut_body: (_request, response, act) => {
    const text = JSON.stringify(receipt(String(act().n), 'cut'));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    response.write(text.slice(0, 9), () => response.socket?.destroy());
  },
  slow: async (request, response, act) => {
    await sleep(50 + (request.ref.length % 7) * 50);
    done(response, act());
  },
  drip: async (_request, response, act) => {
    const { n, ref } = act();
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const char of JSON.stringify(receipt(String(n), ref))) {
      response.write(char);
      await sleep(8);
    }
    response.end();
  },
  hang: () => undefined,
  hang_after: (_request, _response, act) => void act(),
  late: async ({ ref }, _response, act) => {
    const from = performance.now();
    const laterMs = TIMEOUT_MS + ((ref.length * 131) % LATEST_MS);
    await sleep(laterMs);
    // A machine that slept through it keeps its promise all the same: so late nothing is done any more.
    if (performance.now() - from < TIMEOUT_MS + LATEST_MS + 500) act();
  },
  throttled: (_request, response) => answer(response, 429, { code: 'slow_down' }),
  throttled_with_wait: (_request, response) => answer(response, 429, { code: 'slow_down' }, { 'retry-after': '1' }),
  error_before: (_request, response) => answer(response, 500, { code: 'oops' }),
  error_after: (_request, response, act) => {
    act();
    answer(response, 500, { code: 'oops' });
  },
  unavailable: (_request, response) => answer(response, 503, { code: 'unavailable' }),
  refused: (_request, response) => answer(response, 400, { code: 'no' }),
  garbage: (_request, response, act) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"receipt":"${String(act().n)}`);
  },
  html: (_request, response, act) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${String(act().n)}</html>`);
  },
  misfit: (_request, response, act) => answer(response, 200, { ok: act().n > 0 }),
};

function scripted({ first, later }: Script, asked: Asked): Misbehaviour | undefined {
  if (asked.question || asked.nth > PATIENT_AFTER) return undefined;
  return randomOf(asked).shuffled(asked.nth === 1 ? first : later)[0];
}

function done(response: ServerResponse, { n, ref }: Effect): void {
  answer(response, 200, receipt(String(n), ref));
}

function receipt(number: string, ref: string) {
  return { receipt: number, ref };
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function headersOf({ headers }: IncomingMessage): StandInRequest['headers'] {
  const text = (name: string): string => String(headers[name] ?? '');
  return {
    ...{ operation: text('x-operation'), key: text('x-key'), repeat: text('x-repeat'), attempt: text('x-attempt') },
    token: text('authorization').replace('Bearer ', ''),
  };
}
