import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { Secret } from '@puente/kernel';
import type { LambdaClient } from './lambda.client';
import { lambda } from './lambda.provider';
import { FunctionRef, Invoke, Invoked } from './lambda.schemas';

interface Seen {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

let server: Server;
let endpoint: string;
let client: LambdaClient;
let seen: Seen[];
let answer: Answer;

beforeEach(async () => {
  seen = [];
  answer = { body: '{"ok":true}' };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const line = `${request.method ?? ''} ${request.url ?? ''}`;
      seen.push({ line, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const usual = request.headers['x-amz-invocation-type'] === 'Event' ? 202 : 200;
      response.writeHead(answer.status ?? usual, { 'x-amzn-requestid': 'request-1', ...answer.headers });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  client = connect();
});

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

function connect(config: { environment?: string } = {}): LambdaClient {
  return lambda.connect(
    new Secret({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' }),
    { region: 'us-east-1', endpoint, ...config },
    { tenantId: 't', externalId: 'x', installation: 'dev', egress: loopbackEgress() },
  );
}

const { signal } = new AbortController();
const call = { signal, dedupeKey: 'dedupe-1', operationId: 'operation-1', repeat: 0 };
const arn = 'arn:aws:lambda:us-east-1:123456789012:function:contact-prod';

function invoke(input: object, given = call): Promise<unknown> {
  return client.invoke(Invoke.parse({ functionName: 'contact', payload: {}, ...input }), given);
}

async function failureOf(work: Promise<unknown>) {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return lambda.classify(error);
}

describe('the name of a function', () => {
  const path = (name: string): string => `POST /2015-03-31/functions/${name}/invocations`;

  it('ends with the installation’s environment, or with the integration’s own, synchronously and as an event', async () => {
    await invoke({});
    await invoke({ invocationType: 'Event' });
    client.close();
    client = connect({ environment: 'QA' });
    await invoke({});

    expect(seen.map(({ line, headers }) => [line, headers['x-amz-invocation-type']])).toEqual([
      [path('contact-dev'), 'RequestResponse'],
      [path('contact-dev'), 'Event'],
      [path('contact-QA'), 'RequestResponse'],
    ]);
  });

  it('is used as it is with nameIncludesEnv, an ARN too; a version goes into the qualifier', async () => {
    const whole = { functionName: 'contact-prod', nameIncludesEnv: true };
    await invoke(whole);
    await invoke({ ...whole, invocationType: 'Event', qualifier: 'live' });
    await invoke({ functionName: arn, nameIncludesEnv: true });

    expect(seen.map(({ line }) => line)).toEqual([
      path('contact-prod'),
      `${path('contact-prod')}?Qualifier=live`,
      path(encodeURIComponent(arn)),
    ]);
  });

  it('is refused before sending when it would be too long, or is of another region', async () => {
    const long = { functionName: 'x'.repeat(61) };
    const elsewhere = { functionName: arn.replace('us-east-1', 'sa-east-1'), nameIncludesEnv: true };

    expect(await failureOf(invoke(long))).toMatchObject({ kind: 'rejected', code: 'FUNCTION_NAME_TOO_LONG' });
    expect(await failureOf(invoke(elsewhere))).toMatchObject({ kind: 'rejected', code: 'FUNCTION_REGION_MISMATCH' });
    expect(seen).toEqual([]);
  });

  it.each([
    { functionName: 'contact:live' },
    { functionName: '123456789012:function:contact', nameIncludesEnv: true },
    { functionName: arn },
    { functionName: `${arn}:live`, nameIncludesEnv: true },
    { functionName: '../../secrets' },
    { functionName: '' },
    { functionName: 'contact', qualifier: 'no such/thing' },
  ])('%j is none', (input) => {
    expect(FunctionRef.safeParse(input).success).toBe(false);
    expect(Invoke.safeParse({ ...input, payload: {} }).success).toBe(false);
  });
});

describe('a payload', () => {
  const texts = [
    '{"zeta":1,"alfa":{"b":[1.5,-0.25,null,true],"a":"Señor Núñez 🎉\\n\\u0000"},"__x":"\\\\"}',
    '[]',
    '"text"',
    '0',
    'null',
    'false',
    '9007199254740991',
  ];

  it('arrives byte for byte, in both ways of invoking', async () => {
    for (const text of texts) {
      const payload = JSON.parse(text) as unknown;
      await invoke({ payload });
      await invoke({ payload, invocationType: 'Event' });
    }
    expect(seen.map(({ body }) => body)).toEqual(
      texts.map((text) => JSON.stringify(JSON.parse(text))).flatMap((t) => [t, t]),
    );
    expect(seen[0]?.body.startsWith('{"zeta":1,"alfa":{"b":[1.5')).toBe(true);
  });

  it('with digits that reading it has lost is refused: what arrives would not be what was given', () => {
    const problems = (payload: unknown) => Invoke.safeParse({ functionName: 'contact', payload }).error?.issues;
    expect(problems(JSON.parse('{"account":[{"number":9007199254740993}]}'))).toMatchObject([
      { path: ['payload'], message: expect.stringContaining('as text') as string },
    ]);
    expect(problems({ account: '9007199254740993', amount: 1e-7 })).toBeUndefined();
  });

  it('is never missing, and not larger than Lambda takes', () => {
    const sized = (bytes: number) => ({ functionName: 'contact', payload: 'x'.repeat(bytes - 2) });
    expect(Invoke.safeParse({ functionName: 'contact' }).error?.issues).toMatchObject([{ path: ['payload'] }]);
    expect(Invoke.safeParse({ ...sized(1_048_576), invocationType: 'Event' }).success).toBe(true);
    expect(Invoke.safeParse({ ...sized(1_048_577), invocationType: 'Event' }).success).toBe(false);
    expect(Invoke.safeParse(sized(6 * 1_048_576)).success).toBe(true);
    expect(Invoke.safeParse(sized(6 * 1_048_576 + 1)).success).toBe(false);
  });
});

describe('the client context', () => {
  const contexts = (): unknown[] =>
    seen.map(({ headers }) => {
      const encoded = String(headers['x-amz-client-context']);
      expect(encoded.length).toBeLessThanOrEqual(3_583);
      return JSON.parse(Buffer.from(encoded, 'base64').toString()) as unknown;
    });

  it('carries the operation’s id, and marks a repeat, as text', async () => {
    await invoke({});
    await invoke({ invocationType: 'Event' }, { ...call, repeat: 2 });

    expect(contexts()).toEqual([
      { custom: { puente_operation_id: 'operation-1' } },
      { custom: { puente_operation_id: 'operation-1', puente_repeat: '2' } },
    ]);
  });
});

describe('an answer', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it('is parsed, or text when it is not JSON, would lose digits or is nested without end', async () => {
    answer = { body: '{"contact_id":815}', headers: { 'x-amz-executed-version': '7' } };
    expect(await invoke({})).toEqual({
      statusCode: 200,
      functionName: 'contact-dev',
      requestId: 'request-1',
      executedVersion: '7',
      payload: { contact_id: 815 },
    });
    for (const [body, payload] of [
      ['plain text', 'plain text'],
      ['', null],
      ['null', null],
      ['{"id":9007199254740993}', '{"id":9007199254740993}'],
      ['[-9007199254740992]', '[-9007199254740992]'],
      ['{"id":"\\"9007199254740993","n":1.25e3,"m":-7}', { id: '"9007199254740993', n: 1_250, m: -7 }],
      [nested(100), JSON.parse(nested(100)) as unknown],
      [nested(101), nested(101)],
      [nested(500_000), nested(500_000)],
    ] as const) {
      answer = { body };
      expect(await invoke({})).toMatchObject({ payload });
    }
  });

  it('to an event is a 202 and nothing else', async () => {
    answer = { body: '' };
    expect(await invoke({ invocationType: 'Event' })).toEqual({
      statusCode: 202,
      functionName: 'contact-dev',
      requestId: 'request-1',
    });
    answer = { status: 200, body: '' };
    expect(Invoked.safeParse(await invoke({ invocationType: 'Event' })).success).toBe(false);
  });

  it('without Lambda’s request id is not Lambda’s', async () => {
    answer = { body: '{"ok":true}', headers: { 'x-amzn-requestid': '' } };
    expect(Invoked.safeParse(await invoke({})).success).toBe(false);
  });
});

describe('a function that fails', () => {
  const failing = (functionError: string, body: unknown): Answer => ({
    headers: { 'x-amz-function-error': functionError },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

  it.each(['Handled', 'Unhandled'])(
    '%s: is rejected with its type and message, without its stack trace',
    async (how) => {
      answer = failing(how, {
        errorType: 'ValueError',
        errorMessage: 'El contacto 4711\nno existe',
        stackTrace: ['File "/var/task/app.py", line 7, in handler'],
        trace: ['Error: at /var/task/index.js'],
      });
      expect(await failureOf(invoke({}))).toEqual({
        kind: 'rejected',
        code: 'FUNCTION_ERROR',
        status: 200,
        message: 'ValueError: El contacto 4711 no existe',
      });
      expect(seen).toHaveLength(1);
    },
  );

  it('is heard also when it names a number that parsing would change', async () => {
    answer = failing('Unhandled', '{"account":9007199254740993,"errorType":"ValueError","errorMessage":"closed"}');
    expect(await failureOf(invoke({}))).toMatchObject({ code: 'FUNCTION_ERROR', message: 'ValueError: closed' });
  });

  it('shows nothing shaped like a credential, and not more than a line', async () => {
    answer = failing('Unhandled', { errorMessage: `key AKIAIOSFODNN7EXAMPLE ${'x '.repeat(1_000)}` });
    const { message = '' } = await failureOf(invoke({}));
    expect(message).toMatch(/^key \[redacted\] x x/);
    expect(message.length).toBeLessThanOrEqual(300);
  });

  it.each([
    { errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: 1 Error: Task timed out after 3.00 seconds' },
    { errorMessage: '2026-11-24T10:00:00.000Z 3b5c8f0e Task timed out after 3.00 seconds' },
  ])('cut off after its time has a code of its own', async (body) => {
    answer = failing('Unhandled', body);
    expect(await failureOf(invoke({}))).toMatchObject({
      kind: 'rejected',
      code: 'FUNCTION_TIMED_OUT',
      message: expect.stringContaining('Task timed out after 3.00 seconds') as string,
    });
  });

  it.each(['', 'not json', '[1]', '{"errorMessage":5}'])(
    'and says nothing useful (%j) is rejected all the same',
    async (body) => {
      answer = failing('Unhandled', body);
      expect(await failureOf(invoke({}))).toMatchObject({ kind: 'rejected', code: 'FUNCTION_ERROR' });
    },
  );
});

describe('a refusal of Lambda’s', () => {
  it.each([
    ['TooManyRequestsException', 429, 'throttled'],
    ['ResourceNotFoundException', 404, 'rejected'],
    ['RequestTooLargeException', 413, 'rejected'],
    ['UnsupportedMediaTypeException', 415, 'rejected'],
    ['RecursiveInvocationException', 400, 'rejected'],
    ['InvalidRuntimeException', 502, 'rejected'],
    ['KMSDisabledException', 502, 'rejected'],
    ['EFSMountFailureException', 403, 'rejected'],
    ['EC2AccessDeniedException', 502, 'rejected'],
    ['SnapStartException', 400, 'rejected'],
    ['EC2ThrottledException', 502, 'not_sent'],
    ['ENINotReadyException', 502, 'not_sent'],
    ['SubnetIPAddressLimitReachedException', 502, 'not_sent'],
    ['ResourceNotReadyException', 502, 'not_sent'],
    ['SnapStartTimeoutException', 408, 'not_sent'],
    ['EFSMountTimeoutException', 408, 'not_sent'],
    ['ServiceException', 500, 'unknown'],
    ['ServiceUnavailableException', 503, 'unknown'],
    ['EFSIOException', 410, 'unknown'],
    ['SomethingNewException', 502, 'unknown'],
    ['AccessDeniedException', 403, 'unauthorized'],
    ['UnrecognizedClientException', 403, 'unauthorized'],
  ])('%s (%i) is %s, after one request', async (code, status, kind) => {
    answer = {
      status,
      headers: { 'x-amzn-errortype': `${code}:http://internal.amazon.com/coral/` },
      body: JSON.stringify({ Type: 'User', Message: 'why', message: 'why' }),
    };
    expect(await failureOf(invoke({}))).toMatchObject({ kind, code, status });
    expect(seen).toHaveLength(1);
  });
});

describe('reading and proving', () => {
  it('shows of a configuration nothing but what calling needs', async () => {
    const Environment = { Variables: { DB_PASSWORD: 'hunter2' } };
    answer = {
      body: JSON.stringify({
        FunctionName: 'contact-dev',
        FunctionArn: arn,
        State: 'Active',
        Timeout: 10,
        Environment,
      }),
    };
    const found = await client.getFunctionConfiguration(FunctionRef.parse({ functionName: 'contact' }), signal);

    expect(found).toMatchObject({ functionName: 'contact-dev', functionArn: arn, state: 'Active', timeoutSeconds: 10 });
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(seen[0]?.line).toBe('GET /2015-03-31/functions/contact-dev/configuration');
  });

  it('proves the credentials by a dry run of the given function, else by the account settings', async () => {
    answer = { status: 204, body: '' };
    expect(await client.checkAccess('contact', signal)).toEqual({ proof: 'DryRun', requestId: 'request-1' });
    answer = { body: '{}' };
    expect(await client.checkAccess(undefined, signal)).toMatchObject({ proof: 'GetAccountSettings' });

    expect(seen.map(({ line, headers }) => [line, headers['x-amz-invocation-type']])).toEqual([
      ['POST /2015-03-31/functions/contact-dev/invocations', 'DryRun'],
      ['GET /2016-08-19/account-settings', undefined],
    ]);
  });

  it('does not take a run for a dry run', async () => {
    expect(await client.checkAccess('contact', signal)).toMatchObject({ proof: undefined });
  });
});

describe('lanes', () => {
  it('are one per function: what one cannot, the others still can', () => {
    const lane = (operation: 'invoke' | 'checkAccess', input: object) => lambda.lane?.(operation, input, 'default');
    expect(lane('invoke', { functionName: 'contact' })).toBe('default/contact');
    expect(lane('checkAccess', {})).toBe('default');
  });
});
