import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { EgressGuard, HostResolver } from '@puente/egress';
import { type AnswerHead, Cancellation, type Failure } from '@puente/kernel';
import { loopbackEgress, selfSignedCertificate } from '../testing/contract-suite';
import { listenForAnswers, stopListening } from './answer-heads';
import { classifyHttpError } from './classify-http-error';
import { HttpConnection, type HttpRequest } from './http-connection';

let answer: (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let seen: IncomingMessage[];
let api: HttpConnection;

const listen: RequestListener = (request, response) => {
  seen.push(request);
  request.resume().on('end', () => answer(request, response));
};

beforeEach(async () => {
  seen = [];
  server = await listening(createServer(listen));
  api = connection(`http://127.0.0.1:${portOf(server)}/v2/`);
});

afterEach(() => {
  api.close();
  server.closeAllConnections();
  server.close();
});

async function listening<S extends TcpServer>(starting: S): Promise<S> {
  await new Promise<void>((resolve) => starting.listen(0, '127.0.0.1', resolve));
  return starting;
}

function portOf(of: TcpServer): string {
  return String((of.address() as AddressInfo).port);
}

function connection(base: string): HttpConnection {
  return new HttpConnection(base, (body) => body ?? {}, { egress: loopbackEgress() });
}

const get: HttpRequest = { method: 'GET', path: '/things?n=1', signal: AbortSignal.timeout(5_000) };

async function failure(of: Promise<unknown>, codes = {}): Promise<Failure> {
  const error: unknown = await of.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return classifyHttpError(error, codes);
}

const respond = (status: number, body: unknown = {}, headers: Record<string, string> = {}) => {
  answer = (_request, response) => void response.writeHead(status, headers).end(JSON.stringify(body));
};

describe('one request', () => {
  it('goes below the base address, with its headers and its JSON', async () => {
    answer = (request, response) => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, type: headers['content-type'], key: headers['idempotency-key'] }));
    };

    const sent = api.json({ ...get, method: 'POST', json: { a: 1 }, headers: { 'idempotency-key': 'k' } });

    expect(await sent).toEqual({ method: 'POST', url: '/v2/things?n=1', type: 'application/json', key: 'k' });
  });

  it('may be answered with nothing', async () => {
    answer = (_request, response) => void response.writeHead(204).end();
    expect(await api.json(get)).toBeUndefined();
  });
});

describe('the head of an answer', () => {
  it.each([200, 429])('of status %i is told to whoever listens to the call', async (code) => {
    const heads: AnswerHead[] = [];
    const call = new Cancellation();
    listenForAnswers(call, (head) => heads.push(head));
    respond(code, {}, { 'X-RateLimit-Remaining': '3' });

    await api.json({ ...get, signal: call }).catch(() => undefined);
    stopListening(call);
    await api.json({ ...get, signal: call }).catch(() => undefined);

    expect(heads).toMatchObject([{ status: code, headers: { 'x-ratelimit-remaining': '3' } }]);
  });

  it('may be listened to by something broken', async () => {
    const call = new Cancellation();
    listenForAnswers(call, () => {
      throw new Error('a bug');
    });
    respond(200, { a: 1 });

    expect(await api.json({ ...get, signal: call })).toEqual({ a: 1 });
  });
});

describe('an answer without success', () => {
  it.each([
    [302, { kind: 'unknown', cause: 'bad_body' }],
    [400, { kind: 'rejected' }],
    [401, { kind: 'unauthorized' }],
    [403, { kind: 'unauthorized' }],
    [408, { kind: 'unknown', cause: 'timeout' }],
    [429, { kind: 'throttled', retryAfterMs: 7_000 }],
    [500, { kind: 'unknown', cause: 'server_error' }],
    [503, { kind: 'unknown', cause: 'server_error' }],
  ])('of status %i is %j, and is not asked for again', async (status, expected) => {
    respond(status, { code: 'SOME_CODE' }, { 'retry-after': '7', location: '/elsewhere' });

    expect(await failure(api.json(get))).toMatchObject({ ...expected, status, code: 'SOME_CODE' });
    expect(seen).toHaveLength(1);
  });

  it('means what the provider’s own code means, before its status', async () => {
    respond(503, { code: 'MAINTENANCE', message: 'Back at noon\n' });
    expect(await failure(api.json(get), { MAINTENANCE: 'refused' })).toEqual({
      kind: 'not_sent',
      cause: 'refused',
      code: 'MAINTENANCE',
      status: 503,
      message: 'Back at noon',
    });

    respond(402, { code: 'constructor' });
    expect(await failure(api.json(get))).toMatchObject({ kind: 'rejected', code: 'constructor' });
  });

  it('without a code keeps its status as one', async () => {
    answer = (_request, response) => void response.writeHead(404).end('<html>Not here</html>');
    expect(await failure(api.json(get))).toMatchObject({
      kind: 'rejected',
      code: '404',
    });
  });
});

describe('what was never sent', () => {
  it('is that for which nobody listens', async () => {
    const port = portOf(server);
    server.close();
    server.closeAllConnections();

    expect(await failure(connection(`http://127.0.0.1:${port}`).json(get))).toMatchObject({
      kind: 'not_sent',
      cause: 'connect',
    });
  });

  it('is that whose server cannot prove who it is', async () => {
    const impostor = await listening(createTlsServer(selfSignedCertificate(), listen));
    const lost = await failure(connection(`https://127.0.0.1:${portOf(impostor)}`).json(get));
    impostor.close();

    expect(lost).toMatchObject({ kind: 'not_sent', cause: 'tls' });
    expect(seen).toEqual([]);
  });

  it('is that which was given up beforehand', async () => {
    expect(await failure(api.json({ ...get, signal: AbortSignal.abort() }))).toMatchObject({
      kind: 'not_sent',
      cause: 'deadline',
    });
    expect(seen).toEqual([]);
  });

  it('is that for which it was too late when its connection was there, although no timer has said so yet', async () => {
    let isLate = false;
    answer = (_request, response) => void response.end('{}');
    const signal = new Cancellation(undefined, () => isLate);
    const asked = failure(api.json({ ...get, signal }));
    isLate = true;

    expect(await asked).toMatchObject({ kind: 'not_sent', cause: 'deadline' });
    isLate = false;
    expect(await api.json({ ...get, path: '/next', signal })).toEqual({});
    expect(seen.map(({ url }) => url)).toEqual(['/v2/next']);
  });

  it('is that which was given up while it connected, and nobody waits for the connection', async () => {
    const patience = new AbortController();
    const saysNothing = createTcpServer((socket) => {
      patience.abort();
      socket.once('error', () => undefined).setTimeout(100, () => socket.destroy());
    });
    const silent = await listening(saysNothing);
    const secure = connection(`https://127.0.0.1:${portOf(silent)}`);

    const lost = failure(secure.json({ ...get, signal: patience.signal }));

    expect(await lost).toMatchObject({ kind: 'not_sent', cause: 'deadline' });
    secure.close();
    silent.close();
  });
});

describe('a raw request', () => {
  const raw = (maxAnswerBytes: number) =>
    api.raw({
      ...{ method: 'POST', path: '/in', body: Buffer.from([0x22, 0xff]), signal: get.signal },
      maxAnswerBytes,
      headers: ['x-Own', 'a'],
    });

  it('answers with any status, and sends nothing of its own', async () => {
    respond(404, 'no');

    expect(await raw(100)).toMatchObject({ status: 404, text: '"no"' });
    expect(seen).toMatchObject([{ method: 'POST', url: '/v2/in', headers: { 'x-own': 'a', 'content-length': '2' } }]);
    expect(seen[0]?.headers).not.toHaveProperty('content-type');
  });

  it('reads no more than it was told to, and that is its answer', async () => {
    answer = (_request, response) => void response.writeHead(200).write('x'.repeat(1_000));
    expect(await raw(100)).toMatchObject({ status: 200, text: 'x'.repeat(100) });
  });
});

describe('what may have been sent', () => {
  it('is that whose connection broke', async () => {
    answer = (request) => void request.socket.resetAndDestroy();
    expect(await failure(api.json(get))).toMatchObject({ kind: 'unknown', cause: 'reset' });
  });

  it('is that which was given up while waiting', async () => {
    const patience = new AbortController();
    answer = () => patience.abort();
    expect(await failure(api.json({ ...get, signal: patience.signal }))).toMatchObject({
      kind: 'unknown',
      cause: 'timeout',
    });
  });

  it('is that whose answer is not JSON, or has no end', async () => {
    answer = (_request, response) => void response.end('<html>');
    expect(await failure(api.json(get))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });

    answer = (_request, response) => void response.end(`"${'x'.repeat(5 * 1024 * 1024)}"`);
    expect(await failure(api.json(get))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });

  it('is that for which nothing else is known', () => {
    expect(classifyHttpError(new TypeError('a bug'))).toEqual({ kind: 'unknown', cause: 'internal' });
  });
});

describe('an address that the egress guard refuses', () => {
  const guard = (answer: readonly string[] = []): EgressGuard =>
    new EgressGuard({ allowedCidrs: [], ports: [Number(portOf(server))] }, new Names(answer));

  it.each(['http://127.0.0.1', 'https://127.0.0.1', 'https://[::ffff:127.0.0.1]', 'https://loopback.example'])(
    'is never connected to, and that is about the credentials: %s',
    async (origin) => {
      const own = new HttpConnection(`${origin}:${portOf(server)}`, undefined, { egress: guard(['127.0.0.1']) });
      let connections = 0;
      server.on('connection', () => (connections += 1));

      expect(await failure(own.json(get))).toMatchObject({
        kind: 'unauthorized',
        code: expect.stringMatching(/^EGRESS_(URL|ADDRESS)_REFUSED$/) as string,
      });
      expect(connections).toBe(0);
      own.close();
    },
  );

  it('may be known later when its name could not be resolved', async () => {
    const own = new HttpConnection(`https://nobody.example:${portOf(server)}`, undefined, { egress: guard() });
    expect(await failure(own.json(get))).toMatchObject({
      kind: 'not_sent',
      cause: 'dns',
      code: 'EGRESS_HOST_UNRESOLVED',
    });
    own.close();
  });
});

class Names extends HostResolver {
  constructor(private readonly answer: readonly string[]) {
    super();
  }

  async resolve(): Promise<readonly string[]> {
    return this.answer;
  }
}
