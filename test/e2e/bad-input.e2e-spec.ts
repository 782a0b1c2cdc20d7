import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { api, sandboxFacts } from '../support/sandbox';
import { type Answer, bodyOf, JsonClient, type Problem, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';

describe('bad input', () => {
  let tenant: ReadyTenant;
  let client: JsonClient;
  const good = () => ({ topic: tenant.topicArn, subject: 'Pedido', message: `listo ${randomUUID()}`, group: 'g' });

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
    client = tenant.client;
  });

  describe('keys', () => {
    const malformed = ['', 'pnt_', 'x'.repeat(300), 'pnt_sandbox_0000000000000000_' + '0'.repeat(43)];

    it.each([undefined, ...malformed])('answers the same 401 to %j', async (key) => {
      const answer = await api().as(key).get('/v1/operations');
      expect(statusAndCode(answer)).toEqual([401, 'UNAUTHENTICATED']);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(withoutIds(answer)).toEqual(withoutIds(await api().get('/v1/operations')));
    });

    it('answers the same 401 when the prefix is right and the secret is not', async () => {
      const wrong = tenant.keys.client.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'));
      const answer = await client.as(wrong).get('/v1/operations');
      expect(withoutIds(answer)).toEqual(withoutIds(await api().get('/v1/operations')));
    });

    it('refuses a key from the moment it is revoked', async () => {
      const made = (await tenant.admin.post('/v1/api-keys', { name: 'short', scopes: ['client'] })).body as {
        id: string;
        key: string;
      };
      expect((await client.as(made.key).get('/v1/operations')).status).toBe(200);
      expect((await tenant.admin.delete(`/v1/api-keys/${made.id}`)).status).toBe(204);
      expect((await client.as(made.key).get('/v1/operations')).status).toBe(401);
    });

    it.each([
      ['client', 'GET', '/v1/api-keys'],
      ['client', 'GET', '/v1/integrations'],
      ['client', 'GET', '/v1/audit'],
      ['client', 'GET', '/v1/tenants'],
      ['admin', 'GET', '/v1/tenants'],
      ['audit', 'POST', '/v1/integrations/sns/verify'],
      ['audit', 'POST', '/v1/notifications'],
    ] as const)('answers 403 to a key of scope %s at %s %s', async (scope, method, path) => {
      const answer = await tenant[scope].send(method, path, method === 'POST' ? good() : undefined);
      expect(statusAndCode(answer)).toEqual([403, 'FORBIDDEN']);
    });

    it('lets no administrator make a platform key', async () => {
      const answer = await tenant.admin.post('/v1/api-keys', { name: 'climber', scopes: ['platform'] });
      expect([403, 422]).toContain(answer.status);
    });

    it("opens only what is the end user's own with a key that is restricted to one", async () => {
      const made = await tenant.admin.post('/v1/api-keys', {
        name: 'one user',
        scopes: ['client'],
        userScope: '71',
      });
      const restricted = new JsonClient(sandboxFacts().apiUrl, bodyOf<{ key: string }>(made, 201).key);
      for (const path of ['/v1/notifications', '/v1/operations'])
        expect(statusAndCode(await restricted.get(path))).toEqual([403, 'FORBIDDEN']);
      expect(statusAndCode(await restricted.post('/v1/notifications', good()))).toEqual([403, 'FORBIDDEN']);

      for (const id of ['71', '72']) await tenant.client.put(`/v1/users/${id}`, { name: `user ${id}` });
      expect((await restricted.get('/v1/users/wallet')).body).toEqual({ billetera: 0 });
      expect(statusAndCode(await restricted.get('/v1/users/wallet?id=72'))).toEqual([403, 'FORBIDDEN']);
      const fill = await restricted.put('/v1/users/wallet', { user_id: 71, amount: 5 });
      expect(statusAndCode(fill)).toEqual([403, 'FORBIDDEN']);
      const fixture = { league_name: 'L', round: '1', date: '2026-12-05T20:00:00Z', units: 5 };
      bodyOf(await tenant.admin.put('/v1/fixtures/710', fixture));
      const order = { group_id: 15, fixture_id: 710, quantity: 1 };
      const asOther = await restricted.post('/v1/requests', { ...order, user_id: 72 });
      expect(statusAndCode(asOther)).toEqual([403, 'FORBIDDEN']);
      const others = await tenant.client.post('/v1/requests', { ...order, user_id: 72 });
      const { request_id } = bodyOf<{ request: { request_id: string } }>(others, 201).request;
      expect((await restricted.get(`/v1/requests/${request_id}`)).status).toBe(404);
      expect((await restricted.post('/v1/webpay/create', { request_id, quantity: 1 })).status).toBe(404);
      const own = await restricted.post('/v1/requests', order);
      expect(bodyOf<{ request: { user_id: string } }>(own, 201).request.user_id).toBe('71');
      expect((await restricted.get('/v1/requests')).body).toMatchObject({ total: 1 });
    });

    it('refuses a suspended tenant until it is active again', async () => {
      const { id, client: other } = await SandboxTenant.create(sandboxFacts());
      const platform = api().as(sandboxFacts().keys.platform);
      await platform.post(`/v1/tenants/${id}/suspend`);
      expect(statusAndCode(await other.get('/v1/operations'))).toEqual([403, 'TENANT_SUSPENDED']);
      await platform.post(`/v1/tenants/${id}/activate`);
      expect((await other.get('/v1/operations')).status).toBe(200);
    });
  });

  describe('bodies', () => {
    it('refuses more than 1 MiB', async () => {
      const answer = await client.post('/v1/notifications', { ...good(), message: 'x'.repeat(1024 * 1024) });
      expect(statusAndCode(answer)).toEqual([413, 'BODY_TOO_LARGE']);
    });

    it('refuses what is nested deeper than 32 levels, and 200,000 levels as fast', async () => {
      for (const depth of [33, 200_000]) {
        const answer = await client.post('/v1/notifications', '['.repeat(depth) + ']'.repeat(depth));
        expect(statusAndCode(answer)).toEqual([400, 'BODY_TOO_DEEP']);
      }
    });

    it.each(['{', 'null}', '{"a": undefined}', '\u0000', "{'a': 1}"])('refuses %j: not JSON', async (text) => {
      expect(statusAndCode(await client.post('/v1/notifications', text))).toEqual([400, 'BODY_NOT_JSON']);
    });

    it.each(['null', '[]', '"text"', '7', ''])('refuses %j: not an object', async (text) => {
      const answer = await client.post('/v1/notifications', text);
      expect(statusAndCode(answer)).toEqual([422, 'INVALID_INPUT']);
    });

    it('refuses another media type', async () => {
      const answer = await client.post('/v1/notifications', 'topic=x', {
        'content-type': 'application/x-www-form-urlencoded',
      });
      expect(statusAndCode(answer)).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
    });

    it.each(['{"__proto__": {"admin": true}}', '{"a": {"constructor": {"prototype": {"admin": true}}}}'])(
      'refuses %s (T21)',
      async (text) => {
        expect(statusAndCode(await client.post('/v1/notifications', text))).toEqual([400, 'BODY_NOT_JSON']);
        expect(({} as { admin?: boolean }).admin).toBeUndefined();
      },
    );

    it('names unknown fields and says nothing of their values', async () => {
      const answer = await client.post('/v1/notifications', {
        ...good(),
        tenantId: 'SECRETVALUE',
        status: 'published',
      });
      expect(statusAndCode(answer)).toEqual([422, 'INVALID_INPUT']);
      expect(answer.text).toContain('tenantId');
      expect(answer.text).not.toContain('SECRETVALUE');
    });

    it('refuses unknown fields in queries too', async () => {
      expect((await client.get('/v1/operations?tenantId=x')).status).toBe(422);
    });

    it.each([
      ['a topic that is no ARN', { topic: 'orders' }],
      ['a line break in the subject', { subject: 'a\r\nBcc: all@example.com' }],
      ['a NUL in the subject', { subject: 'a\u0000b' }],
      ['half a character in the message', { message: '\ud83d' }],
      ['a group with spaces', { group: 'a b' }],
      ['an empty message', { message: '' }],
      ['a message that is no text', { message: 7 }],
    ])('refuses %s', async (_, change) => {
      expect((await client.post('/v1/notifications', { ...good(), ...change })).status).toBe(422);
    });

    it.each(['', 'a b', 'x'.repeat(256), 'ñ'])('refuses the Idempotency-Key %j', async (key) => {
      const answer = await rawPost(
        '/v1/notifications',
        tenant.keys.client,
        { 'idempotency-key': Buffer.from(key, 'utf8').toString('latin1') },
        good(),
      );
      expect(answer).toBe(400);
    });
  });

  describe('names and ids', () => {
    it.each([
      ['/v1/integrations/nowhere/operations/do', 'PROVIDER_NOT_FOUND'],
      ['/v1/integrations/sns/operations/erase', 'PROVIDER_OPERATION_NOT_FOUND'],
      ['/v1/integrations/sns/operations/constructor', 'PROVIDER_OPERATION_NOT_FOUND'],
      ['/v1/integrations/__proto__/operations/toString', 'PROVIDER_NOT_FOUND'],
    ])('answers 404 to POST %s', async (path, code) => {
      expect(statusAndCode(await client.post(path, {}))).toEqual([404, code]);
    });

    it('answers 404 with a problem document to a path that is not there', async () => {
      const answer = await client.get('/v1/nothing');
      expect(statusAndCode(answer)).toEqual([404, 'NOT_FOUND']);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    });

    it.each(['..%2f..%2fetc', '%00', "';DROP TABLE operations", '1'])(
      'answers 404 or 422 to the operation id %s (T18)',
      async (id) => {
        const { status } = await client.get(`/v1/operations/${id}`);
        expect([400, 404, 422]).toContain(status);
      },
    );

    it('answers a problem with a request id to an address that does not decode', async () => {
      const answer = await client.get('/v1/%zz');
      expect(statusAndCode(answer)).toEqual([400, 'BAD_REQUEST']);
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    });

    it.each([
      '/v1/operations?provider=%00',
      '/v1/operations?routeKey=%00',
      '/v1/notifications?group=%00',
      '/v1/notifications?topic=%00',
    ])('refuses NUL in the filter %s', async (path) => {
      expect((await client.get(path)).status).toBe(422);
    });

    it.each(['not-a-cursor', '%00', 'czox'.repeat(20)])('refuses the cursor %s', async (cursor) => {
      expect([400, 422]).toContain((await client.get(`/v1/operations?cursor=${cursor}`)).status);
    });
  });

  describe('queues', () => {
    const bind = (change: object) =>
      tenant.admin.put('/v1/notifications/queue', {
        queueUrl: tenant.queueUrl,
        deadLetterQueueUrl: tenant.deadLetterQueueUrl,
        ...change,
      });

    afterAll(async () => {
      expect((await bind({})).status).toBe(200);
    });

    it('refuses one that does not exist, and keeps the one before', async () => {
      const answer = await bind({ queueUrl: tenant.queueUrl.replace('.fifo', '-gone.fifo') });
      expect(statusAndCode(answer)).toEqual([422, 'NOTIFICATION_QUEUE_UNUSABLE']);
      const bound = await tenant.admin.get('/v1/notifications/queue');
      expect(bound.body).toMatchObject({ queueUrl: tenant.queueUrl });
    });

    it.each([
      ['a standard queue', { queueUrl: 'http://127.0.0.1:4566/000000000000/orders' }],
      ['no URL', { queueUrl: 'orders.fifo' }],
      ['credentials in the URL', { queueUrl: 'http://user:pass@127.0.0.1:4566/000000000000/orders.fifo' }],
      ['a queue somewhere else', { queueUrl: 'http://169.254.169.254/000000000000/orders.fifo' }],
      ['an account that is not registered', { integration: 'nobody' }],
    ])('refuses %s', async (_, change) => {
      const answer = await bind(change);
      expect([409, 422]).toContain(answer.status);
    });

    it('takes a bare pair of queues and says what to mend', async () => {
      const [queueUrl, deadLetterQueueUrl] = await Promise.all(
        ['bare', 'bare-dead'].map((name) =>
          tenant.createQueue(`${tenant.name}-${name}.fifo`, { SqsManagedSseEnabled: 'false' }),
        ),
      );
      const { warnings } = bodyOf<{ warnings: string[] }>(await bind({ queueUrl, deadLetterQueueUrl }), 200);
      expect(warnings).toEqual([
        expect.stringContaining('RedrivePolicy'),
        expect.stringContaining('queueUrl is not encrypted'),
        expect.stringContaining('deadLetterQueueUrl is not encrypted'),
        expect.stringContaining('VisibilityTimeout'),
      ]);
      expect(bodyOf<{ warnings: string[] }>(await bind({}), 200).warnings.join()).not.toContain('RedrivePolicy');
    });

    it('refuses a queue that is its own dead-letter queue', async () => {
      expect((await bind({ deadLetterQueueUrl: tenant.queueUrl })).status).toBe(422);
    });
  });

  it('gives every answer the request id it was asked with, or one of ours', async () => {
    expect((await client.get('/v1/operations', { 'x-request-id': 'my-request-1' })).headers['x-request-id']).toBe(
      'my-request-1',
    );
    const injected = await client.get('/v1/nothing', { 'x-request-id': 'a b<script>' });
    expect(injected.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect((injected.body as Problem).requestId).toBe(injected.headers['x-request-id']);
  });
});

/** What two answers to different requests have in common: everything but the request id. */
function withoutIds({ status, body }: Answer): unknown {
  return { status, body: { ...(body as object), requestId: undefined } };
}

/** With headers as bytes: a proper client refuses to send some of them. */
function rawPost(path: string, key: string, headers: Record<string, string>, body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(sandboxFacts().apiUrl + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}
