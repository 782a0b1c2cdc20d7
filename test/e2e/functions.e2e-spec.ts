import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { type Answer, bodyOf, type Problem, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

/** What the stand-in for Lambda was asked to run: `payload` is the text that came, byte for byte. */
interface Invoked {
  readonly at: string;
  readonly functionName: string;
  readonly invocationType: string;
  readonly payload: string;
}

/** Everything that reading and writing JSON again would change: order, spaces, escapes, digits. */
const payloadOf = (mark: string): string =>
  String.raw`{"z": 1500.00, "10": "diez", "2": 12345678901234567890, "texto": "Ñandú 🎉 \u00e9 \ud83c\udf89", "mark":"${mark}", "a": [1e2, null] }`;

/** The sandbox's ENV. */
const ENV = 'sandbox';

describe('functions (S0.1, S0.2)', () => {
  let tenant: ReadyTenant;

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  const invocationsOf = async (mark: string): Promise<Invoked[]> => {
    const all = bodyOf<Invoked[]>(await control().get('/_sandbox/lambda/received'), 200);
    return all.filter(({ payload }) => payload.includes(mark));
  };
  const invoked = (mark: string): Promise<Invoked[]> =>
    until(async () => ((all) => all.length > 0 && all)(await invocationsOf(mark)), {
      withinMs: 15_000,
      what: `${mark} has arrived at Lambda`,
    });
  /** A function of that name at Lambda. */
  const deploy = async (name: string, behaviour: object = { answer: { saved: true } }): Promise<void> => {
    bodyOf(await control().put(`/_sandbox/lambda/functions/${name}`, behaviour), 200);
  };
  const name = async (id: string, body: object): Promise<void> => {
    bodyOf(await tenant.admin.put(`/v1/functions/${id}`, body), 200);
  };
  const invoke = (id: string, payload: string | undefined, headers = {}): Promise<Answer> =>
    tenant.client.post(`/v1/functions/${id}/invocations`, payload, headers);

  describe('arrive with name, InvocationType and payload unchanged', () => {
    it.each([
      ['contact', 'RequestResponse', false],
      ['contact', 'RequestResponse', true],
      ['notifications', 'Event', false],
      ['notifications', 'Event', true],
      ['notifications-pubsub', 'Event', false],
    ])('%s, %s, by the tenant’s own name, nameIncludesEnv %s', async (id, invocationType, nameIncludesEnv) => {
      const own = `${tenant.name}-${id}`;
      const functionName = nameIncludesEnv ? own : `${own}-${ENV}`;
      await deploy(functionName);
      await name(id, { name: own, nameIncludesEnv });
      const mark = randomUUID();

      const answer = await invoke(id, payloadOf(mark));

      expect(answer.status).toBe(invocationType === 'Event' ? 202 : 200);
      expect(await invoked(mark)).toEqual([
        expect.objectContaining({ functionName, invocationType, payload: payloadOf(mark) }),
      ]);
      const view = bodyOf<object>(await tenant.admin.get(`/v1/functions/${id}`), 200);
      expect(view).toMatchObject({ source: 'tenant', effectiveName: functionName });
    });

    it.each([
      ['contact', 'RequestResponse', 'e2e-contact'],
      ['notifications', 'Event', 'e2e-notifications'],
    ])('%s, %s, by the installation’s variable', async (id, invocationType, variable) => {
      const other = await SandboxTenant.create(sandboxFacts());
      await other.register('lambda');
      const functionName = `${variable}-${ENV}`;
      await deploy(functionName);
      const mark = randomUUID();

      await other.client.post(`/v1/functions/${id}/invocations`, payloadOf(mark));

      expect(await invoked(mark)).toEqual([
        expect.objectContaining({ functionName, invocationType, payload: payloadOf(mark) }),
      ]);
      const view = bodyOf<object>(await other.admin.get(`/v1/functions/${id}`), 200);
      expect(view).toMatchObject({ source: 'variable', effectiveName: functionName });
    });

    it('by the operation of the provider as well: sync and async, with and without nameIncludesEnv', async () => {
      const plain = `${tenant.name}-any`;
      await Promise.all([deploy(plain), deploy(`${plain}-${ENV}`)]);
      const mark = randomUUID();
      const cases = ['RequestResponse', 'Event'].flatMap((invocationType) =>
        [false, true].map((nameIncludesEnv) => ({ invocationType, nameIncludesEnv })),
      );
      const route = '/v1/integrations/lambda/operations/invoke';
      for (const one of cases)
        bodyOf(await tenant.client.post(route, { functionName: plain, payload: { mark }, ...one }), 200);

      expect(await invoked(mark)).toEqual(
        cases.map(({ invocationType, nameIncludesEnv }): unknown =>
          expect.objectContaining({
            functionName: nameIncludesEnv ? plain : `${plain}-${ENV}`,
            invocationType,
            payload: JSON.stringify({ mark }),
          }),
        ),
      );
    });
  });

  it('are there for the demo tenant from the start, and sandbox.json says what they are called', async () => {
    const { functions, keys } = sandboxFacts();
    expect(functions).toEqual({
      notifications: 'finalitix-notifications-sandbox',
      'notifications-pubsub': 'finalitix-notifications-pubsub-sandbox',
      contact: 'finalitix-contact-sandbox',
    });
    const demo = tenant.client.as(keys.client);
    const answer = await demo.post('/v1/functions/contact/invocations', { user_id: '15' });
    expect(bodyOf<object>(answer, 200)).toMatchObject({ output: { payload: { contact: { user_id: '15' } } } });
  });

  describe('POST /v1/functions/{function}/invocations', () => {
    const own = () => `${tenant.name}-rest`;
    beforeAll(async () => {
      await deploy(own(), { answer: { id: 7, nombre: 'Ñ' } });
      await name('contact', { name: own(), nameIncludesEnv: true });
    });

    it('answers with what the function answered, once for one Idempotency-Key', async () => {
      const [mark, key] = [randomUUID(), randomUUID()];
      const answers = [
        await invoke('contact', payloadOf(mark), { 'idempotency-key': key }),
        await invoke('contact', payloadOf(mark), { 'idempotency-key': key }),
      ];

      for (const answer of answers)
        expect(bodyOf<object>(answer, 200)).toMatchObject({
          operationId: expect.any(String) as string,
          output: { statusCode: 200, functionName: own(), payload: { id: 7, nombre: 'Ñ' } },
        });
      expect(await invocationsOf(mark)).toHaveLength(1);
      expect(statusAndCode(await invoke('contact', '{"other": 1}', { 'idempotency-key': key }))).toEqual([
        422,
        'IDEMPOTENCY_KEY_REUSED',
      ]);
    });

    it('answers 202 and goes on in the background with Prefer: respond-async', async () => {
      const answer = await invoke('contact', payloadOf(randomUUID()), { prefer: 'respond-async' });
      const { operationId } = bodyOf<{ operationId: string }>(answer, 202);
      expect(answer.headers['location']).toBe(`/v1/operations/${operationId}`);
      const done = await tenant.client.get(`/v1/operations/${operationId}?waitMs=10000`);
      expect(bodyOf<object>(done, 200)).toMatchObject({ state: 'succeeded', output: { payload: { id: 7 } } });
    });

    it('says 422 with the function’s own message when the function ends with an error', async () => {
      await deploy(own(), { error: { type: 'ContactInvalid', message: 'La CLABE no es válida' } });
      const answer = await invoke('contact', payloadOf(randomUUID()));
      expect(statusAndCode(answer)).toEqual([422, 'PROVIDER_REJECTED']);
      expect((answer.body as Problem).detail).toContain('ContactInvalid: La CLABE no es válida');
    });

    it.each([
      ['of a name nobody knows', 'refund', '{}', 404, 'FUNCTION_NOT_FOUND'],
      ['without a payload', 'contact', undefined, 422, 'INVALID_INPUT'],
      ['with a payload that is no JSON', 'contact', '{"a":', 400, 'BODY_NOT_JSON'],
    ])('refuses an invocation %s', async (_, id, payload, status, code) => {
      expect(statusAndCode(await invoke(id, payload))).toEqual([status, code]);
    });

    it('names the variable and the route when nobody named the function', async () => {
      const other = await SandboxTenant.create(sandboxFacts());
      const answer = await other.client.post('/v1/functions/notifications-pubsub/invocations', {});
      expect(statusAndCode(answer)).toEqual([409, 'FUNCTION_NAME_MISSING']);
      expect((answer.body as Problem).detail).toMatch(
        /PUT \/v1\/functions\/notifications-pubsub.*FUNCTION_FINALITIXNOTIFICATIONSPUBSUB_NAME/,
      );
    });
  });

  describe('as handlers of notification events', () => {
    const [sync, event] = [() => `${tenant.name}-on-contact`, () => `${tenant.name}-on-event`];
    const handler = (kind: string, body: object) => tenant.admin.put(`/v1/notifications/handlers/${kind}`, body);
    const fault = async (order: object) =>
      bodyOf(await control().post('/_sandbox/lambda/faults', { operation: 'Invoke', times: 1, ...order }), 201);
    const notify = async (kind: string, message: string, group = 'default'): Promise<string> => {
      const body = { topic: tenant.topicArn, subject: 's', message, event: kind, group };
      return bodyOf<{ id: string }>(await tenant.notify(body), 202).id;
    };

    beforeAll(async () => {
      await Promise.all([deploy(sync()), deploy(event())]);
      await name('contact', { name: sync(), nameIncludesEnv: true });
      await name('notifications', { name: event(), nameIncludesEnv: true });
      bodyOf(await handler('payer.changed', { function: 'contact' }), 200);
      bodyOf(await handler('order.paid', { function: 'notifications' }), 200);
    });

    it('gives the function the body of a foreign message as it is, unknown fields and all', async () => {
      const body = payloadOf(randomUUID()).replace(
        '{',
        `{"sns_topic": "any", "subject": "", "message": "m", "event": "order.paid", `,
      );
      const mark = /"mark":"([^"]+)"/.exec(body)?.[1] ?? '';
      const MessageDeduplicationId = randomUUID();
      const message = { QueueUrl: tenant.queueUrl, MessageBody: body, MessageGroupId: 'g', MessageDeduplicationId };
      await tenant.sqs.send(new SendMessageCommand(message));

      expect(await invoked(mark)).toEqual([
        expect.objectContaining({ functionName: event(), invocationType: 'Event', payload: body }),
      ]);
    });

    it('waits for the answer of a function that is called for it, and shows the journey', async () => {
      const mark = randomUUID();
      const journey = await tenant.journeyEnds(await notify('payer.changed', mark), 'invoked');

      expect(await invocationsOf(mark)).toEqual([
        expect.objectContaining({ functionName: sync(), invocationType: 'RequestResponse' }),
      ]);
      expect(journey).toMatchObject({ function: 'contact', handler: 'payer.changed', snsMessageId: null });
      expect(journey.steps.at(-1)).toMatchObject({ step: 'invoked', state: 'succeeded' });
      expect((await tenant.received(tenant.topicArn)).filter(({ message }) => message === mark)).toEqual([]);
    });

    it('keeps the order of a group, also between SNS and functions', async () => {
      const mark = randomUUID();
      await fault({ status: 429, code: 'TooManyRequestsException', match: `${mark} 0` });
      const ids: string[] = [];
      for (const [n, kind] of ['order.paid', 'payer.changed', 'plain', 'order.paid'].entries())
        ids.push(await notify(kind, `${mark} ${String(n)}`, mark));
      await tenant.journeyEnds(ids.at(-1) ?? '', 'invoked');

      const atLambda = (await invocationsOf(mark)).map(({ at, payload }) => ({
        at,
        message: (JSON.parse(payload) as { message: string }).message,
      }));
      const atSns = (await tenant.received(tenant.topicArn)).filter(({ message }) => message.startsWith(mark));
      const all = [...atLambda, ...atSns].sort((one, other) => one.at.localeCompare(other.at));
      expect(all.map(({ message }) => message)).toEqual([0, 1, 2, 3].map((n) => `${mark} ${String(n)}`));
    });

    it('buries what the function refuses, with the function’s own message', async () => {
      await deploy(sync(), { error: { type: 'NotFound', message: 'El pagador no existe' } });
      const journey = await tenant.journeyEnds(await notify('payer.changed', randomUUID()), 'dead_lettered');
      await deploy(sync());
      expect(journey.reason?.message).toContain('refused by the function');
      expect(journey.reason?.message).toContain('NotFound: El pagador no existe');
    });

    it.each([
      ['resends an event', 'order.paid', 'invoked', 2],
      ['asks a person about a call', 'payer.changed', 'needs_review', 1],
    ])('%s whose answer was lost', async (_, kind, status, times) => {
      const mark = randomUUID();
      await fault({ reset: 'after', match: mark });
      await tenant.journeyEnds(await notify(kind, mark), status);
      expect(await invocationsOf(mark)).toHaveLength(times);
    });

    it.each([
      ['that is not there', { function: 'refund' }, 'NOTIFICATION_HANDLER_UNUSABLE'],
      ['without a name', { function: 'notifications-pubsub' }, 'NOTIFICATION_HANDLER_UNUSABLE'],
      ['and a topic', { function: 'contact', topicArn: 'arn:aws:sns:us-east-1:000000000000:x' }, 'INVALID_INPUT'],
    ])('refuses a handler with a function %s', async (_, body, code) => {
      await tenant.admin.delete('/v1/functions/notifications-pubsub');
      expect(statusAndCode(await handler('some.event', body))).toEqual([422, code]);
    });
  });
});
