import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Cancellation, type Failure } from '@puente/kernel';
import { loopbackEgress, selfSignedCertificate } from '../testing/contract-suite';
import { classifyHttpError } from './classify-http-error';
import { HttpConnection } from './http-connection';

/** A receiver that speaks bytes, and whose sockets can be watched. */
let receiver: Server;
let port: string;
let onConnect: (socket: Socket) => void;
let onRequest: (socket: Socket, request: string) => void;
const sockets = new Set<Socket>();
const open: HttpConnection[] = [];

beforeAll(async () => {
  receiver = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    onConnect(socket);
    socket.on('data', (bytes) => onRequest(socket, bytes.toString('latin1')));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  port = String((receiver.address() as AddressInfo).port);
});

beforeEach(() => {
  onConnect = () => undefined;
  onRequest = () => undefined;
});

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
  for (const socket of sockets) socket.destroy();
});

afterAll(() => {
  receiver.close();
});

function connection(scheme = 'http'): HttpConnection {
  const made = new HttpConnection(`${scheme}://127.0.0.1:${port}`, undefined, { egress: loopbackEgress() });
  open.push(made);
  return made;
}

const post = (by: HttpConnection, signal = new Cancellation()) =>
  by.json({ method: 'POST', path: '/', json: { effect: true }, signal });

const failure = (by = connection(), signal?: Cancellation): Promise<Failure | 'answered'> =>
  post(by, signal).then(
    () => 'answered',
    (error: unknown) => classifyHttpError(error),
  );

describe('a connection that breaks', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n';
  const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

  it.each<[string, (socket: Socket) => void]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.end()],
    ['answered with something else', (socket) => socket.end('220 smtp.example ESMTP\r\n')],
  ])('before TLS, %s, has certainly sent nothing', async (_how, act) => {
    onConnect = act;
    expect(await failure(connection('https'))).toMatchObject({ kind: 'not_sent' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.end()],
  ])('after the TLS hello, %s, has certainly sent nothing', async (_how, act) => {
    onRequest = act;
    expect(await failure(connection('https'))).toMatchObject({ kind: 'not_sent' });
  });

  it.each<[string, string]>([
    ['before an answer', ''],
    ['in the head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['after the head', HEAD],
    ['in the body', `${HEAD}{"half":`],
    ['after a chunk', `${CHUNKED}2\r\n{}\r\n`],
    ['in a chunk', `${CHUNKED}ffff\r\n{}`],
  ])('%s leaves unknown what was done', async (_stage, bytes) => {
    onRequest = (socket) => void socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy()));
    expect(await failure()).toMatchObject({ kind: 'unknown', cause: 'reset' });

    onRequest = (socket) => void socket.end(bytes);
    expect(await failure()).toMatchObject({ kind: 'unknown' });
  });
});

describe('an answer that is none', () => {
  it.each<[string, string | Buffer]>([
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x'],
    ['has a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}'],
    ['has a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}'],
    ['changes the protocol', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['is HTTP/2', 'HTTP/2 200\r\n\r\n{}'],
    [
      'is compressed, though nobody asked for that',
      Buffer.concat([
        Buffer.from('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n'),
        gzipSync(Buffer.alloc(50 * 1024 * 1024, '[')),
      ]),
    ],
  ])('is unknown when it %s', async (_what, bytes) => {
    onRequest = (socket) => socket.end(bytes);
    expect(await failure()).toMatchObject({ kind: 'unknown' });
  });

  it('never asks for compression', async () => {
    const requests: string[] = [];
    onRequest = (socket, request) => {
      requests.push(request);
      socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}');
    };
    await post(connection());
    expect(requests.join('')).not.toMatch(/accept-encoding/i);
  });

  it('followed by a second one is not taken for the next call’s', async () => {
    const answers = ['{"of":"the first"}', '{"of":"the second"}'];
    const smuggled = 'HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"of":"nobody"}';
    onRequest = (socket) => {
      const body = answers.shift() ?? '{}';
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}${smuggled}`);
    };
    const by = connection();
    const told = async (): Promise<unknown> => post(by).catch(() => 'lost');
    const first = await told();
    await new Promise(setImmediate); // undici leaves a socket alone for one turn of the loop
    const second = await told();
    expect([first, second]).toEqual([expect.objectContaining({ of: 'the first' }), expect.anything()]);
    expect(second).not.toEqual({ of: 'nobody' });
  });
});

describe('whoever gives up', () => {
  it.each<[string, (socket: Socket, done: () => void) => void]>([
    ['before an answer', (_socket, done) => done()],
    ['in a head that drips', (socket, done) => void socket.write('HTTP/1.1 200 OK\r\nx-slow: ', done)],
    ['in a body that drips', (socket, done) => void socket.write('HTTP/1.1 200 OK\r\n\r\n{', done)],
    ['during hints without end', (socket, done) => void socket.write('HTTP/1.1 103 Early\r\n\r\n'.repeat(50), done)],
  ])('%s closes the connection, and the outcome is unknown', async (_stage, act) => {
    const patience = new Cancellation();
    // undici may connect once more for the next call; that one is closed when it stays idle.
    const closed = new Promise((resolve) => {
      onRequest = (socket) => {
        socket.once('close', resolve);
        act(socket, () => setImmediate(() => patience.abort('enough')));
      };
    });

    expect(await failure(connection(), patience)).toEqual({ kind: 'unknown', cause: 'timeout' });
    await closed;
  });

  it('leaves the calls of others on their connections', async () => {
    const patience = new Cancellation();
    let first: Socket | undefined;
    onRequest = (socket) => {
      if (first) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}', () => patience.abort('enough'));
      first ??= socket;
    };
    const by = connection();
    const [left, answered] = await Promise.all([failure(by, patience), post(by)]);
    expect([left, answered]).toEqual([{ kind: 'unknown', cause: 'timeout' }, {}]);
  });
});

describe('a certificate', () => {
  it('is checked against the name of the URL, not against the address that was dialled', async () => {
    const kinds = {
      good: { name: 'good.example' },
      other: { name: 'other.example' },
      expired: { name: 'expired.example', validForDays: -1 },
    };
    const folder = mkdtempSync(path.join(tmpdir(), 'puente-tls-'));
    const servers = Object.values(kinds).map((options) => {
      const own = selfSignedCertificate(options);
      return { ...own, server: createTlsServer(own, (_request, response) => response.end('{"secure":true}')) };
    });
    try {
      const ports = await Promise.all(
        servers.map(async ({ server }) => {
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
          return String((server.address() as AddressInfo).port);
        }),
      );
      const trusted = path.join(folder, 'trusted.pem');
      writeFileSync(trusted, servers.map(({ cert }) => cert).join(''));
      const names = ['good.example', 'good.example', 'expired.example'];
      const origins = names.map((name, at) => `https://${name}:${ports[at] ?? ''}`);

      expect(await callsOf(origins, trusted)).toMatchObject([
        { secure: true },
        { kind: 'not_sent', cause: 'tls', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
        { kind: 'not_sent', cause: 'tls', code: 'CERT_HAS_EXPIRED' },
      ]);
    } finally {
      for (const { server } of servers) server.close();
      rmSync(folder, { recursive: true });
    }
  });
});

/** What a process that trusts these certificates is told at each address. */
async function callsOf(origins: readonly string[], trusted: string): Promise<unknown> {
  const root = path.resolve(__dirname, '../../../..');
  const args = ['--require', path.join(root, 'scripts/register.cjs'), path.join(__dirname, 'tls-caller.fixture.ts')];
  const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: trusted };
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...origins], {
    cwd: root,
    env,
    timeout: 20_000,
  });
  return JSON.parse(stdout);
}
