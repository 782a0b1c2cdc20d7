import { randomUUID } from 'node:crypto';
import { api, sandboxFacts } from '../support/sandbox';
import { type Answer, bodyOf, type JsonClient, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** T01 of the threat model: over every route of the OpenAPI document, not over a list made by hand. */
describe('another tenant', () => {
  let owner: ReadyTenant;
  let intruder: ReadyTenant;
  let routes: readonly { method: Method; path: string }[];
  /** What the owner has, by route: what stands for each parameter of its path. */
  let owned: Readonly<Record<string, string>>;

  beforeAll(async () => {
    owner = await SandboxTenant.createReady(sandboxFacts());
    intruder = await SandboxTenant.createReady(sandboxFacts());
    const sent = { topic: owner.topicArn, subject: 's', message: `m ${randomUUID()}`, event: 'owned.event' };
    bodyOf(await owner.admin.put('/v1/notifications/handlers/owned.event', {}));
    bodyOf(await owner.admin.put('/v1/functions/contact', { name: `${owner.name}-contact` }));
    const notification = bodyOf<{ id: string }>(await owner.notify(sent), 202).id;
    await owner.journeyEnds(notification, 'published');
    const operation = firstId(await owner.client.get('/v1/operations'));
    const apiKey = firstId(await owner.admin.get('/v1/api-keys'));
    owned = {
      '/v1/operations/{id}': operation,
      '/v1/notifications/{id}': notification,
      '/v1/api-keys/{id}': apiKey,
      '/v1/notifications/handlers/{kind}': 'owned.event',
    };
    const { paths } = bodyOf<OpenApi>(await api().get('/docs-json'), 200);
    routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => ({ method: method as Method, path })),
    );
  });

  const keys = (): JsonClient[] => [intruder.client, intruder.admin, intruder.audit];

  it('gets for every id of somebody else what it gets for one that does not exist, on every route', async () => {
    const withId = routes.filter(({ path }) => prefixOf(path) !== undefined);
    expect(withId.length).toBeGreaterThanOrEqual(6);
    for (const { method, path } of withId) {
      const prefix = prefixOf(path) ?? '';
      const theirs = owned[prefix] ?? '';
      const nobodys = prefix.endsWith('{kind}') ? 'no.such.kind' : randomUUID();
      for (const client of keys()) {
        if (method === 'put') continue; // creates one of the caller's own
        const [real, random] = [await ask(client, method, path, theirs), await ask(client, method, path, nobodys)];
        expect({ method, path, refused: [403, 404].includes(real.status) }).toEqual({ method, path, refused: true });
        expect(comparable(real, theirs)).toEqual(comparable(random, nobodys));
      }
    }
    const operation = await owner.client.get(`/v1/operations/${owned['/v1/operations/{id}'] ?? ''}`);
    expect((operation.body as { state: string }).state).toBe('succeeded');
    expect((await owner.admin.get('/v1/notifications/handlers/owned.event')).status).toBe(200);
  });

  it('sees nothing of somebody else in any list', async () => {
    const lists = routes.filter(
      ({ method, path }) => method === 'get' && !path.includes('{') && path.startsWith('/v1/'),
    );
    expect(lists.length).toBeGreaterThanOrEqual(6);
    for (const { path } of lists) {
      for (const client of keys()) {
        const { text } = await client.get(path);
        for (const secret of [owner.id, owner.name, owner.topicArn, ...Object.values(owned)])
          expect([path, text]).toEqual([path, expect.not.stringContaining(secret)]);
      }
    }
  });

  it('knows every parameter of a path: a new kind of id belongs into this test', () => {
    const other = routes
      .map(({ path }) => path)
      .filter((path) => path.includes('{') && prefixOf(path) === undefined && !path.startsWith('/v1/tenants/'));
    const fixed = ['/v1/integrations/{provider}', '/v1/functions/{function}']; // the same for every tenant
    expect(other.filter((path) => !fixed.some((prefix) => path.startsWith(prefix)))).toEqual([]);
  });

  it('cannot bind somebody else’s queue, under no other address of it either', async () => {
    const { deadLetterQueueUrl } = intruder;
    const aliases = ['127.0.0.1', 'localhost', '127.0.0.1:1', 'x@127.0.0.1'].map((host) =>
      owner.queueUrl.replace(/127\.0\.0\.1(:\d+)?/, (_, port: string) => (host.includes(':') ? host : host + port)),
    );
    for (const queueUrl of [...aliases, owner.queueUrl.replace('http:', 'https:')]) {
      const answer = await intruder.admin.put('/v1/notifications/queue', { queueUrl, deadLetterQueueUrl });
      expect({ queueUrl, refused: [409, 422].includes(answer.status) }).toEqual({ queueUrl, refused: true });
    }
    const answer = await intruder.admin.put('/v1/notifications/queue', {
      queueUrl: owner.queueUrl,
      deadLetterQueueUrl,
    });
    expect(statusAndCode(answer)).toEqual([409, 'NOTIFICATION_QUEUE_TAKEN']);
    const message = `m ${randomUUID()}`;
    const { id } = bodyOf<{ id: string }>(await owner.notify({ topic: owner.topicArn, subject: 's', message }), 202);
    await owner.journeyEnds(id, 'published');
  });

  function prefixOf(path: string): string | undefined {
    return Object.keys(owned).find((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  }

  function ask(client: JsonClient, method: Method, path: string, id: string): Promise<Answer> {
    const body = path.endsWith('/resolve') ? { outcome: 'absent', then: 'close' } : undefined;
    return client.send(method.toUpperCase(), path.replace(/\{(id|kind)\}/, encodeURIComponent(id)), body);
  }
});

function firstId(answer: Answer): string {
  return bodyOf<{ items: { id: string }[] }>(answer, 200).items[0]?.id ?? '';
}

/** Without what names the request itself. */
function comparable({ status, text, body }: Answer, id: string): unknown {
  const { requestId = 'none' } = (body ?? {}) as { requestId?: string };
  return { status, text: text.replaceAll(requestId, 'REQUEST').replaceAll(id, 'ID') };
}
