import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { until } from '../../../../../test/support/sandbox-until';
import type { TestStandIns } from '../../../../../test/support/test-stand-ins';
import { startTestStandIns } from '../../../../../test/support/test-stand-ins';
import type { HandlerContext } from '.';
import { LambdaStandIn } from '.';

interface Run {
  readonly event: unknown;
  readonly context: HandlerContext;
}

let standIns: TestStandIns;
let sdk: LambdaClient;
const runs: Run[] = [];

beforeAll(async () => {
  standIns = await startTestStandIns((access) => [
    new LambdaStandIn(access, {
      'seen-dev': (event, context) => {
        runs.push({ event, context });
        return { seen: runs.length };
      },
      'broken-dev': () => {
        throw new RangeError('no such contact');
      },
    }),
  ]);
  const credentials = { accessKeyId: 'AKIDANY', secretAccessKey: 'any' };
  sdk = new LambdaClient({ endpoint: standIns.url, region: 'us-east-1', credentials, maxAttempts: 1 });
});

afterAll(async () => {
  sdk.destroy();
  await standIns.stop();
});

beforeEach(async () => {
  await standIns.host.reset();
  runs.length = 0;
});

const context = { custom: { puente_operation_id: 'operation-1' } };
const ClientContext = Buffer.from(JSON.stringify(context)).toString('base64');

async function invoke(input: Partial<InvokeCommandInput> & { FunctionName: string }) {
  const { Payload, ...rest } = await sdk.send(new InvokeCommand(input));
  return { ...rest, payload: Payload?.transformToString() ?? '' };
}

async function register(name: string, behaviour: object): Promise<Response> {
  const response = await fetch(`${standIns.url}/_sandbox/lambda/functions/${name}`, {
    method: 'PUT',
    body: JSON.stringify(behaviour),
  });
  return response;
}

describe('an invocation', () => {
  it('runs the handler and answers what it returns; the client context is handed over', async () => {
    const answer = await invoke({ FunctionName: 'seen-dev', Payload: '{"b":1,"a":"ñ"}', ClientContext });

    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST', payload: '{"seen":1}' });
    expect(answer.FunctionError).toBeUndefined();
    expect(runs).toMatchObject([
      { event: { b: 1, a: 'ñ' }, context: { functionName: 'seen-dev', clientContext: context } },
    ]);
    expect(runs[0]?.context.awsRequestId).toBe(answer.$metadata.requestId);
    expect(runs[0]?.context.invokedFunctionArn).toBe('arn:aws:lambda:us-east-1:000000000000:function:seen-dev');
  });

  it('as an event is answered at once and run afterwards, without the client context', async () => {
    await register('slow-dev', { delayMs: 60_000 });
    expect(await invoke({ FunctionName: 'slow-dev', InvocationType: 'Event' })).toMatchObject({ StatusCode: 202 });

    const answer = await invoke({ FunctionName: 'seen-dev', InvocationType: 'Event', Payload: '[1]', ClientContext });
    expect(answer).toMatchObject({ StatusCode: 202, payload: '' });
    await until(() => runs.length === 1, { withinMs: 5_000, what: 'the event was run' });
    expect(runs[0]?.event).toEqual([1]);
    expect(runs[0]?.context.clientContext).toBeUndefined();
  });

  it('is remembered with name, type and payload, in order and byte for byte; a dry run is not', async () => {
    const Payload = '{ "b":1.50, "a":[ ] }';
    await invoke({ FunctionName: 'seen-dev', InvocationType: 'Event', Payload, ClientContext });
    await invoke({ FunctionName: 'seen-dev', InvocationType: 'DryRun', Payload });
    await invoke({ FunctionName: 'broken-dev', Payload: '"x"' });

    const usual = { at: expect.any(String) as string, operation: 'Invoke', requestId: expect.any(String) as string };
    expect(await standIns.received('lambda')).toEqual([
      { ...usual, functionName: 'seen-dev', invocationType: 'Event', payload: Payload, clientContext: context },
      { ...usual, functionName: 'broken-dev', invocationType: 'RequestResponse', payload: '"x"' },
    ]);
  });

  it('of a handler that throws says so in a header, with type, message and trace', async () => {
    const answer = await invoke({ FunctionName: 'broken-dev' });

    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(answer.payload)).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'no such contact',
      trace: expect.arrayContaining(['RangeError: no such contact']) as string[],
    });
  });

  it('is cut off after the function’s time', async () => {
    await register('late-dev', { delayMs: 60_000, timeoutMs: 40 });
    const answer = await invoke({ FunctionName: 'late-dev' });

    expect(answer.FunctionError).toBe('Unhandled');
    expect(JSON.parse(answer.payload)).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Task timed out after 0\.04 seconds$/) as string,
    });
  });
});

describe('what Lambda refuses', () => {
  it.each([
    ['an unknown function', { FunctionName: 'nobody' }, 'ResourceNotFoundException', /Function not found: arn:aws/],
    [
      'an unknown alias',
      { FunctionName: 'echo', Qualifier: 'live' },
      'ResourceNotFoundException',
      /function:echo:live/,
    ],
    [
      'another region',
      { FunctionName: 'arn:aws:lambda:sa-east-1:000000000000:function:echo' },
      'ResourceNotFoundException',
      /sa-east-1/,
    ],
    [
      'another account',
      { FunctionName: 'arn:aws:lambda:us-east-1:123456789012:function:echo' },
      'AccessDeniedException',
      /^User: arn:aws:iam::000000000000:\S+ is not authorized to perform: lambda:InvokeFunction on resource: arn/,
    ],
    ['a name that is none', { FunctionName: 'a b' }, 'InvalidParameterValueException', /Invalid function name/],
    ['no JSON', { FunctionName: 'echo', Payload: '{' }, 'InvalidRequestContentException', /into json/],
    [
      'no UTF-8',
      { FunctionName: 'echo', Payload: Buffer.from([0x22, 0xff, 0x22]) },
      'InvalidRequestContentException',
      /UTF-8/,
    ],
    [
      'a client context that is no object',
      { FunctionName: 'echo', ClientContext: Buffer.from('1').toString('base64') },
      'InvalidRequestContentException',
      /Client context/,
    ],
    [
      'a client context that is too long',
      { FunctionName: 'echo', ClientContext: Buffer.from(`{"a":"${'x'.repeat(2_700)}"}`).toString('base64') },
      'InvalidRequestContentException',
      /3583/,
    ],
    [
      'a large event',
      { FunctionName: 'echo', InvocationType: 'Event' as const, Payload: `"${'x'.repeat(1_048_576)}"` },
      'RequestTooLargeException',
      /1048576 bytes/,
    ],
  ])('%s', async (_what, input, name, message) => {
    await expect(invoke(input)).rejects.toMatchObject({ name, message: expect.stringMatching(message) as string });
    expect(await standIns.received('lambda')).toEqual([]);
  });

  it('a key that was revoked, in the words of restJson1', async () => {
    await standIns.order('aws/revoke', { accessKeyId: 'AKIDANY' });
    try {
      await expect(invoke({ FunctionName: 'echo' })).rejects.toMatchObject({
        name: 'UnrecognizedClientException',
        $metadata: { httpStatusCode: 403 },
      });
    } finally {
      await standIns.order('aws/restore', { accessKeyId: 'AKIDANY' });
    }
  });
});

describe('functions', () => {
  it('are registered over the control plane, changed, forgotten, and survive a crash', async () => {
    await register('answers-dev', { answer: { ok: true }, qualifiers: ['live'] });
    await register('fails-dev', { error: { type: 'ValueError', message: 'no' } });
    await register('echoes-dev', {});
    await standIns.restart();

    expect(await invoke({ FunctionName: 'answers-dev', Qualifier: 'live' })).toMatchObject({
      payload: '{"ok":true}',
      ExecutedVersion: 'live',
    });
    expect(await invoke({ FunctionName: 'fails-dev' })).toMatchObject({ FunctionError: 'Unhandled' });
    expect(await invoke({ FunctionName: '000000000000:function:echoes-dev', Payload: '[2]' })).toMatchObject({
      payload: '[2]',
    });

    await register('answers-dev', { answer: null });
    expect(await invoke({ FunctionName: 'answers-dev' })).toMatchObject({ payload: 'null' });
    await fetch(`${standIns.url}/_sandbox/lambda/functions/answers-dev`, { method: 'DELETE' });
    await expect(invoke({ FunctionName: 'answers-dev' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('need a name and a behaviour that make sense', async () => {
    expect((await register('a%20b', {})).status).toBe(422);
    expect((await register('a', { anwser: 1 })).status).toBe(422);
    expect((await fetch(`${standIns.url}/_sandbox/lambda/functions/a`)).status).toBe(405);
  });

  it('are listed in pages and described', async () => {
    const first = await sdk.send(new ListFunctionsCommand({ MaxItems: 2 }));
    const second = await sdk.send(new ListFunctionsCommand({ Marker: first.NextMarker }));
    const described = await sdk.send(new GetFunctionConfigurationCommand({ FunctionName: 'seen-dev' }));
    const settings = await sdk.send(new GetAccountSettingsCommand({}));

    const names = [...(first.Functions ?? []), ...(second.Functions ?? [])].map(({ FunctionName }) => FunctionName);
    expect(names).toEqual(['broken-dev', 'echo', 'seen-dev']);
    expect(described).toMatchObject({ FunctionName: 'seen-dev', Timeout: 3, State: 'Active' });
    expect(settings.AccountUsage?.FunctionCount).toBe(3);
  });
});

describe('requests that no SDK made', () => {
  it('are known by their path when they are not signed', async () => {
    const response = await fetch(`${standIns.url}/2015-03-31/functions/echo/invocations`, {
      method: 'POST',
      body: '{"a":1}',
    });
    expect([response.status, await response.text()]).toEqual([200, '{"a":1}']);
    expect(response.headers.get('x-amz-executed-version')).toBe('$LATEST');
  });

  it('are refused in Lambda’s shape when there is no such operation', async () => {
    const response = await fetch(`${standIns.url}/2015-03-31/functions/echo/policy`);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, 'UnknownOperationException']);
  });

  it('meet faults by the names of Lambda’s operations', async () => {
    await standIns.order('lambda/faults', { operation: 'Invoke', status: 429, retryAfter: 7 });
    await sdk.send(new GetAccountSettingsCommand({}));
    await expect(invoke({ FunctionName: 'echo' })).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      retryAfterSeconds: '7',
      message: expect.stringContaining('by order of the sandbox') as string,
    });
    expect(await standIns.received('lambda')).toEqual([]);
  });
});
