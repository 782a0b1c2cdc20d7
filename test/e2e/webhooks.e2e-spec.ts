import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createHmac, randomBytes } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { type Answer, bodyOf, JsonClient, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

/** What the sandbox's receiver wrote down. */
interface Received {
  readonly receiver: string;
  readonly webhookId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Endpoint {
  readonly id: string;
  readonly enabled: boolean;
  readonly disabledReason: string | null;
  readonly secrets: readonly { readonly secret: string }[];
}

describe('webhooks over HTTP', () => {
  let tenant: ReadyTenant;
  let endpoint: Endpoint;

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  const received = async (): Promise<Received[]> =>
    bodyOf<Received[]>(await control().get('/_sandbox/webhooks/received'), 200).filter(
      ({ receiver }) => receiver === tenant.name,
    );
  const arrived = (count: number): Promise<Received[]> =>
    until(async () => ((all) => all.length >= count && all)(await received()), {
      withinMs: 15_000,
      what: `${String(count)} webhooks have come`,
    });
  const publish = (body: object): Promise<Answer> => tenant.client.post('/v1/events', body);
  const path = (rest = ''): string => `/v1/webhook-endpoints/${endpoint.id}${rest}`;
  const signature = (secret: string, { headers, body }: Received): string => {
    const signed = `${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.${body}`;
    return `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(signed)
      .digest('base64')}`;
  };

  it('deliver what is published, signed, to an endpoint that subscribed', async () => {
    const made = await tenant.admin.post('/v1/webhook-endpoints', { url: tenant.receiverUrl, eventTypes: ['order.*'] });
    endpoint = bodyOf<Endpoint>(made, 201);
    const event = { type: 'order.paid', payload: { order: 'A-1' }, id: 'order-A-1' };

    const { id } = bodyOf<{ id: string }>(await publish(event), 202);
    expect(bodyOf(await publish(event), 202)).toMatchObject({ id, replayed: true });
    expect(statusAndCode(await publish({ ...event, payload: {} }))).toEqual([422, 'EVENT_ID_REUSED']);
    const [came] = await arrived(1);
    expect(came?.webhookId).toBe(`msg_${id}`);
    expect(came?.headers['webhook-signature']).toBe(came && signature(endpoint.secrets[0]?.secret ?? '', came));
    expect(JSON.stringify(bodyOf(await tenant.admin.get(path()), 200))).not.toContain(endpoint.secrets[0]?.secret);
    expect(bodyOf(await publish({ type: 'nobody.cares', payload: {} }), 202)).toMatchObject({ deliveries: 0 });
    expect(statusAndCode(await publish({ type: 'operation.succeeded', payload: {} }))).toEqual([
      422,
      'EVENT_TYPE_RESERVED',
    ]);
    const large = { type: 'order.paid', payload: { x: 'x'.repeat(262_144) } };
    expect(statusAndCode(await publish(large))).toEqual([413, 'EVENT_TOO_LARGE']);
  });

  it('sign with both secrets while one replaces the other', async () => {
    const rotated = bodyOf<Endpoint>(await tenant.admin.post(path('/rotate-secret'), { overlapSeconds: 60 }), 200);
    const before = (await received()).length;
    const sent = bodyOf<{ operationId: string }>(await tenant.admin.post(path('/test')), 202);
    const came = (await arrived(before + 1)).at(-1);
    const secrets = [rotated.secrets[0]?.secret ?? '', endpoint.secrets[0]?.secret ?? ''];
    const signatures = came && secrets.map((secret) => signature(secret, came)).sort();
    expect(came?.headers['webhook-signature']?.split(' ').sort()).toEqual(signatures);
    expect(bodyOf(await tenant.client.get(`/v1/operations/${sent.operationId}?waitMs=5000`), 200)).toMatchObject({
      state: 'succeeded',
    });
  });

  it('hold events for an endpoint that is disabled, also by its own 410, and replay them', async () => {
    bodyOf(await control().post('/_sandbox/webhooks/faults', { operation: 'deliver', status: 410, times: 1 }));
    bodyOf(await publish({ type: 'order.gone', payload: {} }), 202);
    await until(async () => bodyOf<Endpoint>(await tenant.admin.get(path()), 200).disabledReason === 'gone', {
      withinMs: 15_000,
      what: 'the endpoint is disabled',
    });
    const before = (await received()).length;
    expect(bodyOf(await publish({ type: 'order.held', payload: {} }), 202)).toMatchObject({ deliveries: 1, held: 1 });
    expect(statusAndCode(await tenant.admin.post(path('/test')))).toEqual([409, 'WEBHOOK_ENDPOINT_DISABLED']);
    bodyOf(await tenant.admin.patch(path(), { enabled: true }), 200);
    const since = '2020-01-01T00:00:00Z';
    expect(bodyOf(await tenant.admin.post(path('/replay'), { since, dryRun: true }), 202)).toMatchObject({
      deliveries: 2,
    });
    bodyOf(await tenant.admin.post(path('/replay'), { since }), 202);
    await arrived(before + 2);
    const stats = await until(
      async () =>
        ((one) => one.delivered >= 3 && one)(
          bodyOf<{ delivered: number }>(await tenant.admin.get(path('/stats')), 200),
        ),
      { withinMs: 10_000, what: 'all are delivered' },
    );
    expect(stats).toMatchObject({ failed: 0, held: 0 });
  });

  it('lead nowhere inside, and are nobody else’s', async () => {
    const inside = await tenant.admin.post('/v1/webhook-endpoints', { url: 'https://10.0.0.1/', eventTypes: ['*'] });
    expect(statusAndCode(inside)).toEqual([422, 'EGRESS_ADDRESS_REFUSED']);
    expect(bodyOf(await control().get('/_sandbox/webhooks/received'), 200)).toBeDefined();
    bodyOf(await tenant.admin.delete(path()), 204);
    expect(statusAndCode(await tenant.admin.get(path()))).toEqual([404, 'WEBHOOK_ENDPOINT_NOT_FOUND']);
  });
});

describe('customer notifications through the queue (S0.5)', () => {
  const facts = sandboxFacts;
  const admin = (): JsonClient => new JsonClient(facts().apiUrl, facts().keys.admin);
  const client = (): JsonClient => new JsonClient(facts().apiUrl, facts().keys.client);

  it('come from any producer that knows the queue, and from ours, with every digit, once', async () => {
    const user = `u-${randomBytes(4).toString('hex')}`;
    const url = `${facts().webhooks?.receiversUrl ?? ''}${user}`;
    const made = await admin().post('/v1/webhook-endpoints', { url, eventTypes: ['abono'], userId: user });
    const { id } = bodyOf<{ id: string }>(made, 201);
    const attributes = { type: 'abono', user_id: user, attempt_type: 'customer_webhook' };
    const sqs = new SQSClient({
      ...{ endpoint: facts().sandboxUrl, region: 'us-east-1' },
      credentials: { accessKeyId: 'AKIDFOREIGN', secretAccessKey: 'x' },
    });
    const body = '{"transaction_id": 9007199254740993, "amount": 1500.00, "account_number": "002180001234567890"}';
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    );
    await sqs.send(
      new SendMessageCommand({ QueueUrl: facts().webhooks?.queueUrl, MessageBody: body, MessageAttributes }),
    );
    sqs.destroy();
    const ours = { type: 'abono', userId: user, transactionId: 7, amount: 1.5, accountNumber: '0012' };
    bodyOf(await client().post('/v1/customer-notifications', ours), 202);

    const came = await until(
      async () => {
        const all = bodyOf<Received[]>(await control().get('/_sandbox/webhooks/received'), 200);
        return ((mine) => mine.length >= 2 && mine)(all.filter(({ receiver }) => receiver === user));
      },
      { withinMs: 20_000, what: 'both have come' },
    );
    expect(came.map((one) => one.body.slice(one.body.indexOf('"data":') + 7, -1)).sort()).toEqual(
      [body, '{"transaction_id":7,"amount":1.5,"account_number":"0012"}'].sort(),
    );
    bodyOf(await admin().delete(`/v1/webhook-endpoints/${id}`), 204);
  });
});
