import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { EgressGuard, HostResolver } from '@puente/egress';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { Cancellation, ok, type Outcome, type ProviderCall, Secret } from '@puente/kernel';
import { TimeoutInterceptor } from '@puente/resilience';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { ManualClock } from '../../../../test/support/manual-clock';
import { until } from '../../../../test/support/sandbox-until';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { newSigningSecret } from './signing-secret';
import { WebhooksClient } from './webhooks.client';
import { classifyWebhookError } from './webhooks.errors';
import { WebhookConfig, WebhookSecrets } from './webhooks.schemas';

/** One request as it lay on the wire. */
interface Wire {
  readonly line: string;
  /** As they were written, upper case and all. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** A receiver that speaks bytes: it writes down what comes and answers what it is told to. */
let receiver: Server;
let url: string;
let answer: (socket: Socket) => void;
const seen: Wire[] = [];
const sockets = new Set<Socket>();
let connections = 0;
const clients: WebhooksClient[] = [];

beforeAll(async () => {
  receiver = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      const wire = whole(bytes);
      if (!wire) return;
      bytes = Buffer.alloc(0);
      seen.push(wire);
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/hooks/in?tenant=a%20b`;
});

beforeEach(() => {
  seen.length = 0;
  connections = 0;
  answer = says('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(() => {
  for (const socket of sockets) socket.destroy();
  receiver.close();
});

function whole(bytes: Buffer): Wire | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = fields.map(
    (field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2)] as const,
  );
  const body = bytes.subarray(end + 4);
  const length = Number(headers.find(([name]) => name === 'content-length')?.[1]);
  return body.length < length ? undefined : { line, headers, body };
}

const says = (...parts: (string | Buffer)[]) => {
  return (socket: Socket): void => {
    for (const part of parts) socket.write(part);
  };
};

const signing = [{ secret: newSigningSecret('v1') }, { secret: newSigningSecret('v1a') }];

function client(secrets: object = {}, config: object = {}, egress = loopbackEgress()): WebhooksClient {
  const made = new WebhooksClient(
    new Secret(WebhookSecrets.parse({ signing, ...secrets })),
    WebhookConfig.parse({ url, ...config }),
    egress,
  );
  clients.push(made);
  return made;
}

const message = {
  messageId: 'msg_019aa1b2-7c00',
  body: '{"type":"abono","data":"Núñez 🎉\\u0000"}',
  eventType: 'abono',
};
const deliver = (by = client(), cancel = new Cancellation()) => by.deliver(message, { cancel });
const failure = async (by?: WebhooksClient, cancel?: Cancellation) =>
  deliver(by, cancel).then(() => undefined, classifyWebhookError);

describe('a delivery', () => {
  it('can be verified from its bytes on the wire by the reference libraries', async () => {
    await deliver();

    const [{ line, headers, body }] = seen as [Wire];
    const fields = Object.fromEntries(headers);
    expect(line).toBe('POST /hooks/in?tenant=a%20b HTTP/1.1');
    expect(body.equals(Buffer.from(message.body))).toBe(true);
    expect(fields).toMatchObject({ 'webhook-id': message.messageId, 'content-type': 'application/json' });
    expect(fields['user-agent']).toMatch(/^Puente-Webhooks\/1 /);
    expect(fields['webhook-timestamp']).toMatch(/^\d{10}$/);
    expect(fields['webhook-signature']).toMatch(/^v1,\S{44} v1a,\S{88}$/);
    const [secret = ''] = signing.map((key) => key.secret);
    expect(new Webhook(secret).verify(body, fields)).toEqual(JSON.parse(message.body));
    expect(new SvixWebhook(secret).verify(body, fields)).toEqual(JSON.parse(message.body));
    const changed = Buffer.from(body.toString().replace('abono', 'cargo'));
    expect(() => new Webhook(secret).verify(changed, fields)).toThrow();
  });

  it('keeps a connection for the next one, and signs that anew', async () => {
    const by = client();
    await deliver(by);
    await new Promise(setImmediate); // undici leaves a socket alone for one turn of the loop
    await deliver(by);

    expect(seen).toHaveLength(2);
    expect(connections).toBe(1);
  });

  it('carries the receiver’s own headers, and ours once', async () => {
    const headers = { Authorization: 'Bearer token-of-the-receiver', 'X-Tenant': 'a b' };
    await deliver(client({ headers }, { headerNames: ['authorization', 'x-tenant'] }));

    const [{ headers: sent }] = seen as [Wire];
    expect(sent).toContainEqual(['Authorization', 'Bearer token-of-the-receiver']);
    expect(sent).toContainEqual(['X-Tenant', 'a b']);
    const names = sent.map(([name]) => name.toLowerCase());
    expect(names).toEqual([...new Set(names)]);
  });

  it('is not begun when names and values of headers are not the same', () => {
    expect(() => client({ headers: { 'x-one': '1' } }, { headerNames: ['x-two'] })).toThrow(/x-two, x-one/);
  });
});

describe('what the receiver answers', () => {
  const status = (line: string, body = ''): void => {
    answer = says(`HTTP/1.1 ${line}\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}`);
  };

  it.each(['200 OK', '201 Created', '202 Accepted', '204 No Content', '299 Odd'])('%s is a success', async (line) => {
    answer = says(`HTTP/1.1 ${line}\r\n${line.startsWith('204') ? '' : 'content-length: 0\r\n'}\r\n`);
    expect(await deliver()).toEqual({ status: Number(line.slice(0, 3)) });
  });

  it.each([
    ['300 Choices', { kind: 'unknown', cause: 'bad_body' }],
    ['400 Bad', { kind: 'unknown', cause: 'server_error', code: '400' }],
    ['401 Who', { kind: 'unknown', cause: 'server_error', code: '401' }],
    ['403 No', { kind: 'unknown', cause: 'server_error' }],
    ['404 Where', { kind: 'unknown', cause: 'server_error', status: 404 }],
    ['408 Late', { kind: 'unknown', cause: 'timeout' }],
    ['410 Gone', { kind: 'rejected', code: 'GONE', status: 410 }],
    ['500 Broken', { kind: 'unknown', cause: 'server_error' }],
    ['503 Away', { kind: 'unknown', cause: 'server_error' }],
    ['599 Odd', { kind: 'unknown', cause: 'server_error' }],
  ])('%s is no success', async (line, expected) => {
    status(line, 'why');
    expect(await failure()).toMatchObject({ message: 'why', ...expected });
  });

  it.each(['302 Found', '307 Temporary', '308 Permanent'])('%s is not followed', async (line) => {
    answer = says(`HTTP/1.1 ${line}\r\nlocation: ${url}\r\ncontent-length: 0\r\n\r\n`);
    expect(await failure()).toMatchObject({ kind: 'unknown', cause: 'bad_body', code: line.slice(0, 3) });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['429 Slow', 'retry-after: 7200', { kind: 'throttled', retryAfterMs: 7_200_000 }],
    ['429 Slow', 'x-other: 1', { kind: 'throttled', retryAfterMs: undefined }],
    ['429 Slow', 'retry-after: soon', { kind: 'throttled', retryAfterMs: undefined }],
    ['503 Away', 'retry-after: 90', { kind: 'throttled', retryAfterMs: 90_000 }],
    ['503 Away', 'retry-after: 99999999', { kind: 'throttled', retryAfterMs: 86_400_000 }],
    ['500 Broken', 'retry-after: 90', { kind: 'unknown', cause: 'server_error' }],
  ])('%s with %s', async (line, header, expected) => {
    answer = says(`HTTP/1.1 ${line}\r\n${header}\r\ncontent-length: 0\r\n\r\n`);
    expect(await failure()).toMatchObject(expected);
  });

  it('is kept up to 4 KiB and read up to 64 KiB, also when it has no end', async () => {
    status('200 OK', 'x'.repeat(5_000));
    expect((await deliver()).excerpt).toBe('x'.repeat(4_096));

    let given = 0;
    answer = (socket) => {
      const more = (): void => {
        given += 16_384;
        if (!socket.destroyed) socket.write('y'.repeat(16_384), more);
      };
      socket.write('HTTP/1.1 200 OK\r\n\r\n', more);
    };
    expect((await deliver()).excerpt).toBe('y'.repeat(4_096));
    expect(given).toBeLessThan(16 * 1024 * 1024);
  });

  it('shows no half of a secret where it is cut', async () => {
    status('200 OK', `${'x'.repeat(4_090)}token-of-the-receiver${'y'.repeat(100)}`);
    const by = client({ headers: { 'x-own': 'token-of-the-receiver' } }, { headerNames: ['x-own'] });
    expect((await deliver(by)).excerpt).toBe(`${'x'.repeat(4_090)}[secre`);
  });

  it('is neither unpacked nor kept when it is compressed', async () => {
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${String(bomb.length)}\r\n\r\n`;
    answer = says(head, bomb);
    expect(await deliver()).toEqual({ status: 200 });
  });

  it.each([
    ['lies about its length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort', ['reset']],
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', ['bad_body']],
    ['has header bytes that are none', 'HTTP/1.1 200 OK\r\nx: \u0000\r\n\r\n', ['bad_body']],
    ['is chunked wrongly', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', ['bad_body']],
    ['has a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`, ['bad_body']],
    ['ends before it begins', '', ['reset']],
  ])('is no success when it %s', async (_what, text, causes) => {
    answer = (socket) => socket.end(text);
    const lost = await failure();
    expect(lost).toMatchObject({ kind: 'unknown', cause: expect.any(String) as string });
    expect(causes).toContain((lost as { cause: string }).cause);
  });

  it('is no success when it drips: whoever gives up ends it', async () => {
    const patience = new Cancellation();
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n', () => patience.abort('20 s'));
    };
    expect(await failure(client(), patience)).toMatchObject({ kind: 'unknown', cause: 'timeout' });
  });

  /** 200 at once, and then one byte after the other as long as anybody listens. */
  const drips = (): { bytes: number; left: Promise<void> } => {
    let gone = (): void => undefined;
    const drip = { bytes: 0, left: new Promise<void>((resolve) => (gone = resolve)) };
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write('x', () => (drip.bytes += 1)), 20);
      socket.on('close', () => {
        clearInterval(timer);
        gone();
      });
    };
    return drip;
  };

  it('is no success when it drips for longer than the endpoint has, however steadily', async () => {
    const drip = drips();
    const startedMs = performance.now();
    const by = client({}, { timeoutSeconds: 1 });

    expect(await failure(by)).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(drip.bytes).toBeGreaterThan(10);
    await drip.left;
  });

  it('is no success when it drips for hours: after 20 s a call is ended, whatever has come', async () => {
    const drip = drips();
    const clock = new ManualClock();
    const link = new TimeoutInterceptor(clock, new ToldDecisions());
    const by = client();
    const call = { policy: 'webhook', signal: new Cancellation(), tries: [] } as unknown as ProviderCall;
    let outcome: Outcome | undefined;
    const called = link.intercept(call, ({ signal }) =>
      deliver(by, signal as Cancellation).then(ok, classifyWebhookError),
    );
    void called.then((came) => (outcome = came));

    await until(() => drip.bytes > 5, { withinMs: 5_000, what: 'it drips' });
    await clock.advance(19_999);
    const before = drip.bytes;
    await until(() => drip.bytes > before + 2, { withinMs: 5_000, what: 'it goes on' });
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    expect(await called).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    await drip.left;
  });
});

describe('an endpoint whose name leads inside since it was saved (T17)', () => {
  /** Public when it is asked for the first time, loopback ever after. */
  class Flipping extends HostResolver {
    private asked = 0;

    async resolve(): Promise<readonly string[]> {
      this.asked += 1;
      return this.asked === 1 ? ['93.184.216.34'] : ['127.0.0.1'];
    }
  }

  it('is not connected to, neither for a delivery nor for a test, and the schedule goes on', async () => {
    const { port } = new URL(url);
    const guard = new EgressGuard({ allowedCidrs: [], ports: [Number(port)] }, new Flipping());
    const moved = `https://flips.example:${port}/hooks`;
    await guard.check(moved);
    const by = client({}, { url: moved }, guard);

    const refused = { kind: 'not_sent', cause: 'connect', code: 'EGRESS_ADDRESS_REFUSED' };
    expect(await failure(by)).toMatchObject(refused);
    const tested = by.ping({ cancel: new Cancellation() });
    expect(await tested.then(() => undefined, classifyWebhookError)).toMatchObject(refused);
    expect([seen, connections]).toEqual([[], 0]);
  });
});

describe('what an endpoint is saved with', () => {
  const config = (over: object) => WebhookConfig.safeParse({ url: 'https://good.example/in', ...over }).success;
  const secrets = (over: object) => WebhookSecrets.safeParse({ signing, ...over }).success;

  it.each(['ftp://good.example', 'good.example', 'https://user@good.example', 'https://good.example/#part'])(
    'is not the URL %s',
    (address) => {
      expect(config({ url: address })).toBe(false);
    },
  );

  it.each([0, 0.5, 21, -1])('is no timeout of %d s', (timeoutSeconds) => {
    expect(config({ timeoutSeconds })).toBe(false);
  });

  it.each([0, 1.5, 1_001, -1])('is no rate of %d a second', (ratePerSecond) => {
    expect(config({ ratePerSecond })).toBe(false);
  });

  it.each([
    ...['Host', 'content-length', 'Content-Type', 'transfer-encoding', 'User-Agent', 'connection', 'expect'],
    ...['webhook-id', 'WEBHOOK-Signature', 'proxy-authorization', '', 'a b', 'a:b', 'ñ', 'a\r\nb', 'x'.repeat(101)],
  ])('is no header named %j', (name) => {
    expect(secrets({ headers: { [name]: 'v' } })).toBe(false);
  });

  it.each(['a\r\nb: c', 'a\nb', '\u0000', 'ñ', ' a', 'a ', '\u007f', 'x'.repeat(4_097)])(
    'is no header with the value %j',
    (value) => {
      expect(secrets({ headers: { 'x-own': value } })).toBe(false);
    },
  );

  it('names each header once, whatever its case', () => {
    expect(secrets({ headers: { 'x-own': 'a', 'X-Other': 'a, b c' } })).toBe(true);
    expect(secrets({ headers: { 'x-own': 'a', 'X-Own': 'b' } })).toBe(false);
  });

  it('has a signing secret that does not expire', () => {
    const secret = newSigningSecret('v1');
    const expiresAt = '2026-01-01T00:00:00Z';
    expect(secrets({ signing: [] })).toBe(false);
    expect(secrets({ signing: [{ secret, expiresAt }] })).toBe(false);
    expect(secrets({ signing: [{ secret, expiresAt }, { secret }] })).toBe(true);
    expect(secrets({ signing: [{ secret, expiresAt: 'tomorrow' }, { secret }] })).toBe(false);
  });
});
