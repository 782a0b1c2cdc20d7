import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, get } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Failure } from '@puente/kernel';
import { Cancellation, Secret } from '@puente/kernel';
import { selfSignedCertificate } from '../testing/contract-suite/self-signed-certificate';
import { traceOf, traced, tracingAgents } from './aws-call-trace';
import { loopbackEgress } from '../testing/contract-suite';
import { AwsConnection } from './aws-connection';
import { classifyAwsError } from './classify-aws-error';

const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const never = new AbortController().signal;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let endpoint: string;
let handle: Handler;
let requests = 0;
const open: AwsConnection[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      requests += 1;
      handle(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

beforeEach(() => {
  requests = 0;
});

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function connect(to: string): AwsConnection {
  const context = { tenantId: 't', externalId: 'x', installation: 'test', egress: loopbackEgress() };
  const connection = AwsConnection.open(new Secret(keys), { region: 'us-east-1', endpoint: to }, context);
  open.push(connection);
  return connection;
}

/** Sends one SQS message (JSON protocol) and answers with the failure. */
async function send(to = endpoint, signal: AbortSignal = never): Promise<Failure> {
  const aws = connect(to);
  const client = new SQSClient(aws.clientConfig);
  const command = new SendMessageCommand({ QueueUrl: `${to}/000000000000/q`, MessageBody: 'x' });
  return failureOf(aws.call(signal, () => client.send(command, { abortSignal: signal })));
}

/** Publishes one SNS message (Query protocol) and answers with the failure. */
async function publish(to = endpoint): Promise<Failure> {
  const aws = connect(to);
  const client = new SNSClient(aws.clientConfig);
  const command = new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:t', Message: 'x' });
  return failureOf(aws.call(never, () => client.send(command)));
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  try {
    return { kind: 'rejected', code: `SUCCEEDED ${inspect(await call)}` };
  } catch (error) {
    return classifyAwsError(error);
  }
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const jsonError = (status: number, code: string, message = 'm', headers: Record<string, string> = {}): Handler =>
  json(status, { __type: `com.amazonaws.sqs#${code}`, message }, headers);
const xmlError =
  (status: number, code: string, message = 'm'): Handler =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
    );
  };

describe('an answer of AWS', () => {
  it.each<[string, number, Partial<Failure>]>([
    ['ThrottlingException', 400, { kind: 'throttled' }],
    ['RequestThrottled', 403, { kind: 'throttled' }],
    ['TooManyRequestsException', 429, { kind: 'throttled' }],
    ['SlowDown', 503, { kind: 'throttled' }],
    ['KMS.ThrottlingException', 400, { kind: 'throttled' }],
    ['KmsThrottled', 400, { kind: 'throttled' }],
    ['KmsAccessDenied', 400, { kind: 'rejected', code: 'KmsAccessDenied' }],
    ['ExpiredTokenException', 403, { kind: 'unauthorized', code: 'ExpiredTokenException' }],
    ['UnrecognizedClientException', 403, { kind: 'unauthorized' }],
    ['InvalidSignatureException', 403, { kind: 'unauthorized' }],
    ['AccessDeniedException', 403, { kind: 'unauthorized' }],
    ['OptInRequired', 403, { kind: 'unauthorized' }],
    ['SomethingNew', 403, { kind: 'unauthorized' }],
    ['QueueDoesNotExist', 400, { kind: 'rejected', code: 'QueueDoesNotExist', status: 400 }],
    ['constructor', 400, { kind: 'rejected', code: 'constructor' }],
    ['RequestExpired', 400, { kind: 'not_sent', cause: 'refused' }],
    ['RequestTimeout', 408, { kind: 'unknown', cause: 'timeout' }],
    ['RequestAbortedException', 400, { kind: 'unknown', cause: 'reset' }],
    ['InternalFailure', 500, { kind: 'unknown', cause: 'server_error', status: 500 }],
    ['ServiceUnavailable', 503, { kind: 'unknown', cause: 'server_error' }],
    ['Whatever', 502, { kind: 'unknown', cause: 'server_error' }],
  ])('%s with status %i', async (code, status, expected) => {
    handle = jsonError(status, code);

    expect(await send()).toMatchObject(expected);
    expect(requests).toBe(1);
  });

  it.each<[string, number, Partial<Failure>]>([
    ['NotFound', 404, { kind: 'rejected', code: 'NotFound', status: 404, message: 'm' }],
    ['InvalidParameter', 400, { kind: 'rejected', code: 'InvalidParameter' }],
    ['Throttled', 429, { kind: 'throttled', code: 'Throttled' }],
    ['Throttling', 400, { kind: 'throttled', code: 'Throttling' }],
    ['KMSThrottling', 400, { kind: 'throttled' }],
    ['InvalidClientTokenId', 403, { kind: 'unauthorized' }],
    ['AuthorizationError', 403, { kind: 'unauthorized' }],
    ['InternalError', 500, { kind: 'unknown', cause: 'server_error' }],
  ])('%s with status %i in the Query protocol', async (code, status, expected) => {
    handle = xmlError(status, code);

    expect(await publish()).toMatchObject(expected);
    expect(requests).toBe(1);
  });

  it('is rejected, not unauthorized, when the resource belongs to another account', async () => {
    const denied = (owner: string): string =>
      `User: arn:aws:iam::111111111111:user/u is not authorized to perform: SNS:Publish on resource: arn:aws:sns:us-east-1:${owner}:t because no resource-based policy allows the SNS:Publish action`;

    handle = xmlError(403, 'AuthorizationError', denied('222222222222'));
    expect(await publish()).toMatchObject({ kind: 'rejected', code: 'AuthorizationError' });
    handle = xmlError(403, 'AuthorizationError', denied('111111111111'));
    expect(await publish()).toMatchObject({ kind: 'unauthorized', code: 'AuthorizationError' });
  });

  it('blames our clock, not the key, for a signature that expired on the way', async () => {
    handle = jsonError(403, 'InvalidSignatureException', 'Signature expired: 20240101T000000Z is now earlier than …');

    expect(await send()).toEqual({
      kind: 'not_sent',
      cause: 'refused',
      code: 'InvalidSignatureException',
      status: 403,
      message: undefined,
    });
  });

  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7_000],
    [
      'a date, against the date of the answer',
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      30_000,
    ],
    [
      'a date that has passed',
      { 'retry-after': 'Wed, 21 Oct 2015 07:27:30 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      0,
    ],
    ['a day', { 'retry-after': '86400' }, 900_000],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('waits as Retry-After says: %s', async (_name, headers, retryAfterMs) => {
    handle = json(429, '<html>slow down</html>', headers);

    expect(await send()).toMatchObject({ kind: 'throttled', retryAfterMs });
  });

  it('is rejected by its status when nothing else is known, and unknown when it is no answer of AWS at all', async () => {
    handle = json(413, '');
    expect(await send()).toMatchObject({ kind: 'rejected', status: 413 });
    handle = json(307, '', { location: 'http://127.0.0.1:1/' });
    expect(await send()).toMatchObject({ kind: 'unknown', cause: 'bad_body', status: 307 });
    handle = json(500, '<html>');
    expect(await send()).toMatchObject({ kind: 'unknown', cause: 'server_error' });
    expect(requests).toBe(3);
  });

  it.each<[string, Handler]>([
    ['HTML', json(200, '<html>hello</html>')],
    ['an empty body', json(200, '')],
    ['an empty object', json(200, {})],
    ['the MD5 of another body', json(200, { MessageId: '1', MD5OfMessageBody: '0'.repeat(32) })],
  ])('is unreadable: %s with status 200', async (_name, handler) => {
    handle = handler;

    expect(await send()).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });

  it('never carries a key, a token or a signature into the evidence', async () => {
    const echo = `key ${keys.accessKeyId} ${keys.secretAccessKey}\r\nx-amz-security-token:${'aB3+/'.repeat(30)}`;
    for (const [status, code] of [
      [400, 'InvalidParameter'],
      [403, 'SignatureDoesNotMatch'],
      [500, 'InternalError'],
    ] as const) {
      handle = xmlError(status, code, echo);
      const text = JSON.stringify(await publish());
      expect(text).not.toContain(keys.accessKeyId);
      expect(text).not.toContain(keys.secretAccessKey);
      expect(text).not.toContain('aB3+/aB3+/');
      expect(text).not.toContain('\\r');
    }
  });
});

describe('a lost answer', () => {
  it.each<[string, Handler, string]>([
    ['reset', (_q, response) => response.socket?.resetAndDestroy(), 'reset'],
    ['closed', (_q, response) => response.socket?.destroy(), 'reset'],
    [
      'cut off in the middle',
      (_q, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"MessageId"', () => response.socket?.destroy());
      },
      'reset',
    ],
    ['not HTTP', (_q, response) => response.socket?.end('hello\r\n\r\n'), 'bad_body'],
  ])('is unknown: %s', async (_name, handler, cause) => {
    handle = handler;

    expect(await send()).toMatchObject({ kind: 'unknown', cause });
    expect(requests).toBe(1);
  });

  it('is unknown when we stop waiting, before or in the middle of the answer', async () => {
    handle = () => undefined;
    expect(await send(endpoint, AbortSignal.timeout(100))).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    handle = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
    };
    expect(await send(endpoint, AbortSignal.timeout(100))).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    expect(requests).toBe(2);
  });
});

describe('a request that never left', () => {
  it('is not sent when nobody listens or the name is unknown', async () => {
    const closed = await tcpServer(() => undefined);
    await closed.close();

    expect(await send(`http://127.0.0.1:${closed.port}`)).toMatchObject({ kind: 'not_sent', cause: 'connect' });
    expect(await send('http://sqs.invalid')).toMatchObject({ kind: 'not_sent', cause: 'dns' });
  });

  it('is not sent when the server does not speak TLS, hangs in the handshake or shows a strange certificate', async () => {
    expect(await send(endpoint.replace('http:', 'https:'))).toMatchObject({ kind: 'not_sent', cause: 'tls' });

    const silent = await tcpServer(() => undefined);
    const hung = await send(`https://127.0.0.1:${silent.port}`, AbortSignal.timeout(100));
    expect(hung).toMatchObject({ kind: 'not_sent', cause: 'tls' });
    await silent.close();

    let heard = 0;
    const strange = https.createServer(selfSignedCertificate(), () => (heard += 1));
    await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
    const port = String((strange.address() as AddressInfo).port);
    expect(await send(`https://127.0.0.1:${port}`)).toMatchObject({ kind: 'not_sent', cause: 'tls' });
    expect(heard).toBe(0);
    strange.close();
  });

  it('is not sent when we had given up before', async () => {
    handle = json(200, {});

    expect(await send(endpoint, AbortSignal.abort())).toMatchObject({ kind: 'not_sent', cause: 'deadline' });
    expect(requests).toBe(0);
  });
});

describe('the trace of a call', () => {
  it('says open once TLS stands, so that a reset after it is unknown', async () => {
    const { cert, key } = selfSignedCertificate();
    const server = https.createServer({ cert, key }, (_request, response) => response.socket?.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { httpsAgent } = tracingAgents({ idleMs: 1_000 });
    const call = traced(never, () => {
      return new Promise((resolve, reject) => {
        https.get({ port, host: '127.0.0.1', agent: httpsAgent, ca: cert }, resolve).on('error', reject);
      });
    });

    const error = await call.catch((reason: unknown) => reason);

    expect(traceOf(error)).toEqual({ socket: 'open', aborted: false, late: false });
    expect(classifyAwsError(error)).toMatchObject({ kind: 'unknown', cause: 'reset' });
    httpsAgent.destroy();
    server.close();
  });

  it('says that it was too late when TLS stood, and nothing is written then', async () => {
    let isLate = false;
    let heard = 0;
    const { cert, key } = selfSignedCertificate();
    const server = https.createServer({ cert, key }, (_request, response) => response.end(String((heard += 1))));
    const gone = new Promise<void>((resolve) => {
      server.on('connection', (socket: Socket) => {
        isLate = true;
        socket.on('close', () => resolve());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { httpsAgent } = tracingAgents({ idleMs: 1_000 });
    const call = traced(new Cancellation(undefined, () => isLate).native, () => {
      return new Promise((resolve, reject) => {
        https.get({ port, host: '127.0.0.1', agent: httpsAgent, ca: cert }, resolve).on('error', reject);
      });
    });

    expect(classifyAwsError(await call.catch((reason: unknown) => reason))).toMatchObject({
      kind: 'not_sent',
      cause: 'deadline',
    });
    await gone;
    expect(heard).toBe(0);
    httpsAgent.destroy();
    server.close();
  });

  it('says open for a connection that is used again', async () => {
    const sockets = new Set<Socket | null>();
    handle = (request, response) => {
      sockets.add(response.socket);
      json(200, { MessageId: '1', MD5OfMessageBody: '9dd4e461268c8034f5c8564e155c67a6' })(request, response);
    };
    const aws = connect(endpoint);
    const client = new SQSClient(aws.clientConfig);
    const command = (): SendMessageCommand => new SendMessageCommand({ QueueUrl: `${endpoint}/0/q`, MessageBody: 'x' });
    await aws.call(never, () => client.send(command()));
    const first = handle;
    handle = (request, response) => {
      sockets.add(response.socket);
      if (request.url === '/never') first(request, response);
      response.socket?.resetAndDestroy();
    };

    const failure = await failureOf(aws.call(never, () => client.send(command())));

    expect(sockets.size).toBe(1);
    expect(failure).toMatchObject({ kind: 'unknown', cause: 'reset' });
  });

  it('lets idle connections go before a server would', async () => {
    handle = json(200, {});
    const { httpAgent } = tracingAgents({ idleMs: 50 });
    let kept = false;
    httpAgent.on('free', () => {
      kept = true;
    });
    const closed = new Promise((resolve) =>
      server.once('connection', (socket: Socket) => socket.once('close', resolve)),
    );

    get(endpoint, { agent: httpAgent }, (response) => response.resume());

    await closed;
    expect(kept).toBe(true);
    httpAgent.destroy();
  });
});

describe('an error of a client that is not ours', () => {
  it('is not sent only when it cannot have come later', () => {
    const error = (fields: object): Error => Object.assign(new Error('m'), fields);
    const refused = error({ code: 'ECONNREFUSED', syscall: 'connect' });

    expect(classifyAwsError(refused)).toMatchObject({ kind: 'not_sent', cause: 'connect' });
    expect(classifyAwsError(new AggregateError([refused, refused]))).toMatchObject({ kind: 'not_sent' });
    expect(classifyAwsError(new AggregateError([refused, error({ code: 'EPIPE', syscall: 'write' })]))).toMatchObject({
      kind: 'unknown',
    });
    expect(classifyAwsError(error({ code: 'CERT_HAS_EXPIRED' }))).toMatchObject({ kind: 'not_sent', cause: 'tls' });
    expect(classifyAwsError(error({ code: 'EPIPE', syscall: 'write' }))).toMatchObject({
      kind: 'unknown',
      cause: 'reset',
    });
    expect(classifyAwsError(error({ code: 'EPROTO', syscall: 'write' }))).toMatchObject({
      kind: 'unknown',
      cause: 'reset',
    });
  });

  it.each([undefined, null, 'text', 7, {}, new Error('x'), Object.create(null)])(
    'is unknown when it is %p',
    (thrown) => {
      expect(classifyAwsError(thrown).kind).toBe('unknown');
    },
  );
});

async function tcpServer(
  onConnection: (socket: Socket) => void,
): Promise<{ port: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const tcp: TcpServer = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  return {
    port: String((tcp.address() as AddressInfo).port),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        tcp.close(() => resolve());
      }),
  };
}
