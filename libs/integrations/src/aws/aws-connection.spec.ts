import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { inspect } from 'node:util';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { EgressGuard, HostResolver } from '@puente/egress';
import { type AnswerHead, Secret } from '@puente/kernel';
import { listenForAnswers } from '../http/answer-heads';
import { loopbackEgress } from '../testing/contract-suite';
import { withAnswerLimit } from './answer-limit';
import { AwsConnection } from './aws-connection';
import type { AwsConfig } from './aws-connection.schemas';
import { AwsConfig as Config, AwsSecrets } from './aws-connection.schemas';
import { AwsCredentialsIncompleteError } from './aws-errors';
import { AssumedRole } from './aws-identity';
import { classifyAwsError } from './classify-aws-error';

const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const roleArn = 'arn:aws:iam::123456789012:role/puente';
const signal = new AbortController().signal;

interface Seen {
  readonly key: string | undefined;
  readonly region: string | undefined;
  readonly service: string | undefined;
  readonly token: string | undefined;
  readonly form: URLSearchParams;
}

/** STS and SQS in one: hands out numbered sessions, and refuses those it was told have expired. */
class FakeAws {
  readonly seen: Seen[] = [];
  readonly expired = new Set<string>();
  sts: 'ok' | 'denied' | 'down' | 'silent' = 'ok';
  /** SQS takes requests and does not answer; told of each. */
  hang: (() => void) | undefined;
  readonly open = new Set<Socket>();
  connections = 0;
  private server: Server | undefined;
  private sessions = 0;

  get url(): string {
    return `http://127.0.0.1:${String((this.server?.address() as AddressInfo).port)}`;
  }

  calls(service: string): Seen[] {
    return this.seen.filter((call) => call.service === service);
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const [, key, region, service] =
          /Credential=(\w+)\/\d+\/([\w-]+)\/(\w+)/.exec(request.headers.authorization ?? '') ?? [];
        const token = request.headers['x-amz-security-token'] as string | undefined;
        this.seen.push({ key, region, service, token, form: new URLSearchParams(Buffer.concat(chunks).toString()) });
        if (service === 'sts' && this.sts === 'silent') return;
        if (service === 'sqs' && this.hang) return this.hang();
        const { status, body } = service === 'sts' ? this.assumeRole() : this.listQueues(key);
        response.writeHead(status, { 'X-RateLimit-Remaining': '3' }).end(body);
      });
    });
    this.server.on('connection', (socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('close', () => this.open.delete(socket));
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private assumeRole(): { status: number; body: string } {
    const error = (status: number, code: string): { status: number; body: string } => ({
      status,
      body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`,
    });
    if (this.sts === 'denied') return error(403, 'AccessDenied');
    if (this.sts === 'down') return error(500, 'InternalFailure');
    this.sessions += 1;
    const end = new Date(Date.now() + 3_600_000).toISOString();
    return {
      status: 200,
      body: `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIASESSION${String(this.sessions)}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token${String(this.sessions)}</SessionToken><Expiration>${end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    };
  }

  private listQueues(key = ''): { status: number; body: string } {
    if (!this.expired.has(key)) return { status: 200, body: '{"QueueUrls":[]}' };
    return { status: 403, body: '{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"m"}' };
  }
}

let aws: FakeAws;
const open: AwsConnection[] = [];

beforeEach(async () => {
  aws = new FakeAws();
  await aws.start();
});

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
  aws.stop();
});

function connect(
  secrets: AwsSecrets,
  config: Partial<AwsConfig> = {},
  platformAws?: () => Promise<typeof keys>,
  egress: EgressGuard = loopbackEgress(),
): AwsConnection {
  const context = {
    tenantId: 'tenant-1',
    externalId: 'external-1',
    installation: 'test',
    egress,
    platformAws,
  };
  const connection = AwsConnection.open(
    new Secret(secrets),
    { region: 'eu-west-1', endpoint: aws.url, ...config },
    context,
  );
  open.push(connection);
  return connection;
}

/** @param answer what every name resolves to */
function guard(allowedCidrs: readonly string[], answer: readonly string[]): EgressGuard {
  const port = Number(new URL(aws.url).port);
  const names = new (class extends HostResolver {
    resolve = async (): Promise<readonly string[]> => answer;
  })();
  return new EgressGuard({ allowedCidrs, ports: [443, port] }, names);
}

function list(connection: AwsConnection, abort: AbortSignal = signal): Promise<unknown> {
  const client = withAnswerLimit(new SQSClient(connection.clientConfig));
  return connection.call(abort, () => client.send(new ListQueuesCommand({}), { abortSignal: abort }));
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'succeeded',
    (error: unknown) => classifyAwsError(error),
  );

describe('a tenant with a key', () => {
  it('signs with it, in its region, whatever the environment says', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'AKIAPLATFORM',
      AWS_SECRET_ACCESS_KEY: 'platform',
      AWS_SESSION_TOKEN: 'platform',
      AWS_REGION: 'ap-south-1',
      AWS_PROFILE: 'none-such',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
      AWS_MAX_ATTEMPTS: '7',
      AWS_RETRY_MODE: 'adaptive',
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_DEFAULTS_MODE: 'mobile',
    });
    try {
      await list(connect(keys));
    } finally {
      process.env = before;
    }

    expect(aws.seen).toEqual([
      expect.objectContaining({ key: keys.accessKeyId, region: 'eu-west-1', service: 'sqs', token: undefined }),
    ]);
  });

  it('does not follow AWS_ENDPOINT_URL when it names no endpoint of its own', async () => {
    const before = process.env.AWS_ENDPOINT_URL;
    process.env.AWS_ENDPOINT_URL = aws.url;
    const context = { tenantId: 't', externalId: 'x', installation: 'test', egress: loopbackEgress() };
    const connection = AwsConnection.open(new Secret(keys), { region: 'eu-west-1' }, context);
    open.push(connection);
    const client = new SQSClient(connection.clientConfig);
    let host: string | undefined;
    client.middlewareStack.add(
      () => async (args) => {
        host = (args.request as { hostname: string }).hostname;
        return Promise.reject(new Error('far enough'));
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    try {
      await expect(client.send(new ListQueuesCommand({}))).rejects.toThrow('far enough');
    } finally {
      if (before === undefined) delete process.env.AWS_ENDPOINT_URL;
      else process.env.AWS_ENDPOINT_URL = before;
    }

    expect(host).toBe('sqs.eu-west-1.amazonaws.com');
  });

  it.each(['127.0.0.1', '[::ffff:127.0.0.1]', 'loopback.example', 'localhost'])(
    'is not sent to an endpoint where it may not go: %s',
    async (host) => {
      const endpoint = aws.url.replace('127.0.0.1', host);
      const closed = connect(keys, { endpoint }, undefined, guard([], ['127.0.0.1']));

      expect(await failure(list(closed))).toMatchObject({
        kind: 'unauthorized',
        code: expect.stringMatching(/^EGRESS_(URL|ADDRESS)_REFUSED$/) as string,
      });
      expect([aws.seen, aws.connections]).toEqual([[], 0]);
    },
  );

  it('is sent to the addresses that were judged, by name too', async () => {
    const endpoint = aws.url.replace('127.0.0.1', 'loopback.example');
    await list(connect(keys, { endpoint }, undefined, guard(['127.0.0.1/32'], ['127.0.0.1'])));

    expect(aws.calls('sqs')).toHaveLength(1);
  });

  it('says that nothing was sent when the endpoint’s name is not known', async () => {
    const endpoint = 'https://nobody.example';
    expect(await failure(list(connect(keys, { endpoint }, undefined, guard([], []))))).toMatchObject({
      kind: 'not_sent',
      cause: 'dns',
      code: 'EGRESS_HOST_UNRESOLVED',
    });
  });

  it('tells the head of each answer to whoever listens to the call, also of an error', async () => {
    const connection = connect(keys);
    const heads: AnswerHead[] = [];
    const { signal: call } = new AbortController();
    listenForAnswers(call, (head) => heads.push(head));
    await list(connection, call);
    aws.expired.add(keys.accessKeyId);
    await failure(list(connection, call));
    await failure(list(connection));

    expect(heads).toMatchObject([
      { status: 200, headers: { 'x-ratelimit-remaining': '3' } },
      { status: 403, headers: { 'x-ratelimit-remaining': '3' } },
    ]);
  });

  it('leaves no connection open for a call that was given up', async () => {
    const patience = new AbortController();
    aws.hang = () => patience.abort();

    expect(await failure(list(connect(keys), patience.signal))).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    await Promise.all([...aws.open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    expect(aws.open.size).toBe(0);
  });

  it('never shows the key when the connection or its client is printed', async () => {
    const connection = connect(keys);
    const client = new SQSClient(connection.clientConfig);
    await connection.call(signal, () => client.send(new ListQueuesCommand({})));

    expect(inspect([connection, client], { depth: 20 })).not.toContain(keys.secretAccessKey);
  });
});

describe('a tenant with a role', () => {
  it('is assumed once with its ExternalId, and its keys are used until they are about to end', async () => {
    const connection = connect(keys, { roleArn });

    await Promise.all([list(connection), list(connection)]);
    await list(connection);

    const [assume, ...more] = aws.calls('sts');
    expect(more).toEqual([]);
    expect(assume?.key).toBe(keys.accessKeyId);
    expect(Object.fromEntries(assume?.form ?? [])).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: roleArn,
      ExternalId: 'external-1',
      RoleSessionName: 'puente-tenant-1',
    });
    expect(aws.calls('sqs').map(({ key, token }) => [key, token])).toEqual(
      Array.from({ length: 3 }, () => ['ASIASESSION1', 'token1']),
    );
  });

  it('is assumed again when the session is about to end', async () => {
    let now = Date.now();
    const role = { roleArn, externalId: 'external-1', sessionName: 'puente-tenant-1' };
    const identity = new AssumedRole(role, connect(keys).clientConfig, () => now);
    const key = async (): Promise<string> => (await identity.keys()).accessKeyId;

    expect(await key()).toBe('ASIASESSION1');
    now += 54 * 60_000;
    expect(await key()).toBe('ASIASESSION1');
    now += 2 * 60_000;
    expect([await key(), await key()]).toEqual(['ASIASESSION2', 'ASIASESSION2']);
    identity.close();
  });

  it('is assumed again, once, when AWS calls the session expired', async () => {
    const connection = connect(keys, { roleArn });
    await list(connection);
    aws.expired.add('ASIASESSION1');

    await list(connection);

    expect(aws.calls('sqs').map(({ key }) => key)).toEqual(['ASIASESSION1', 'ASIASESSION1', 'ASIASESSION2']);
    for (let session = 2; session < 9; session += 1) aws.expired.add(`ASIASESSION${String(session)}`);
    expect(await failure(list(connection))).toMatchObject({ kind: 'unauthorized', code: 'ExpiredTokenException' });
    expect(aws.calls('sqs')).toHaveLength(5);
  });

  it('is assumed by the platform when the tenant gave no key of its own', async () => {
    await list(connect({}, { roleArn }, async () => ({ accessKeyId: 'AKIAPLATFORM', secretAccessKey: 'p' })));

    expect(aws.calls('sts').map(({ key }) => key)).toEqual(['AKIAPLATFORM']);
    expect(aws.calls('sqs').map(({ key }) => key)).toEqual(['ASIASESSION1']);
  });

  it('is not assumed in the name of the platform at a host that only the tenant chose', async () => {
    const platform = async (): Promise<typeof keys> => ({ accessKeyId: 'AKIAPLATFORM', secretAccessKey: 'p' });
    const endpoint = 'https://93.184.216.34';
    const own = connect({}, { roleArn, endpoint }, platform, guard(['127.0.0.1/32'], []));

    expect(await failure(list(own))).toMatchObject({ kind: 'unauthorized', code: 'EGRESS_ADDRESS_REFUSED' });
  });

  it('says that the call was not sent when STS fails, and that the credentials are wrong when it refuses', async () => {
    const connection = connect(keys, { roleArn });

    aws.sts = 'down';
    expect(await failure(list(connection))).toMatchObject({
      kind: 'not_sent',
      cause: 'refused',
      code: 'InternalFailure',
    });
    aws.sts = 'denied';
    expect(await failure(list(connection))).toMatchObject({ kind: 'unauthorized', code: 'AccessDenied' });
    aws.sts = 'silent';
    expect(await failure(list(connection, AbortSignal.timeout(50)))).toMatchObject({
      kind: 'not_sent',
      cause: 'deadline',
    });
    expect(aws.calls('sqs')).toEqual([]);
    expect(aws.calls('sts')).toHaveLength(3);
  });

  it('needs a key to begin with: the platform, or the tenant, must have one', () => {
    expect(() => connect({}, { roleArn })).toThrow(AwsCredentialsIncompleteError);
    expect(() => connect({})).toThrow(AwsCredentialsIncompleteError);
  });
});

describe('the schemas', () => {
  it.each([
    ['a key without its secret', { accessKeyId: 'AKIA1234' }],
    ['a secret without its key', { secretAccessKey: 'abcd' }],
    ['a token alone', { sessionToken: 'abcd' }],
    ['a line feed', { ...keys, secretAccessKey: 'abc\ndef' }],
    ['a carriage return', { ...keys, accessKeyId: 'AKIA\r1234' }],
    ['NUL', { ...keys, secretAccessKey: 'abc\u0000def' }],
    ['a trailing line feed', { ...keys, secretAccessKey: 'abcdef\n' }],
    ['other alphabets', { ...keys, secretAccessKey: 'contraseña' }],
    ['an unknown field', { ...keys, region: 'us-east-1' }],
  ])('refuse %s as secrets, without repeating it', (_name, secrets) => {
    const { success, error } = AwsSecrets.safeParse(secrets);

    expect(success).toBe(false);
    expect(JSON.stringify(error)).not.toContain('abc');
  });

  it.each([
    ['no region', {}],
    ['a region that is a host', { region: 'us-east-1.evil.example' }],
    ['an endpoint with a path', { region: 'us-east-1', endpoint: 'http://127.0.0.1:4566/x' }],
    ['an endpoint with a user', { region: 'us-east-1', endpoint: 'http://u:p@127.0.0.1:4566' }],
    ['an endpoint that is not HTTP', { region: 'us-east-1', endpoint: 'ftp://127.0.0.1' }],
    ['a role of something else', { region: 'us-east-1', roleArn: 'arn:aws:iam::123456789012:user/x' }],
  ])('refuse %s as config', (_name, config) => {
    expect(Config.safeParse(config).success).toBe(false);
  });

  it('take keys, or nothing beside a role, and the regions of all partitions', () => {
    expect(AwsSecrets.safeParse(keys).success).toBe(true);
    expect(AwsSecrets.safeParse({}).success).toBe(true);
    for (const region of ['us-east-1', 'us-gov-west-1', 'cn-northwest-1', 'eusc-de-east-1', 'us-iso-east-1']) {
      expect(Config.safeParse({ region, roleArn }).success).toBe(true);
    }
  });
});
