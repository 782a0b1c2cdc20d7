import { randomUUID } from 'node:crypto';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { apiRoutes } from '../support/api-routes';
import { api, control, sandboxDataDir, sandboxFacts } from '../support/sandbox';
import { bodyOf, type JsonClient, statusAndCode } from '../support/sandbox-client';
import { asDatabaseOwner } from '../support/sandbox-database';
import { CANARY, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

interface Line {
  readonly type: string;
  readonly counts?: Readonly<Record<string, number>>;
}

interface Tenant {
  readonly status: string;
  readonly name: string;
  readonly erasedAt: string | null;
}

/** From its first notification to its tombstone, through the API and with the worker in another process. */
describe('a tenant’s life', () => {
  let tenant: ReadyTenant;
  let neighbour: ReadyTenant;
  let platform: JsonClient;
  const first = `Hola ñ ${randomUUID()}`;

  beforeAll(async () => {
    platform = api().as(sandboxFacts().keys.platform);
    tenant = await SandboxTenant.createReady(sandboxFacts());
    neighbour = await SandboxTenant.createReady(sandboxFacts());
  });

  const path = (rest = ''): string => `/v1/tenants/${tenant.id}${rest}`;
  const accept = async (message: string, of = tenant): Promise<string> =>
    bodyOf<{ id: string }>(await of.notify({ topic: of.topicArn, subject: 's', message }), 202).id;
  const neighbourWorks = async (): Promise<unknown> =>
    neighbour.journeyEnds(await accept(`m ${randomUUID()}`, neighbour), 'published');
  const published = async (): Promise<string[]> =>
    (await tenant.received(tenant.topicArn)).map(({ message }) => message).sort();
  const inQueue = async (): Promise<number> => {
    const command = new GetQueueAttributesCommand({ QueueUrl: tenant.queueUrl, AttributeNames: ['All'] });
    const { Attributes: of = {} } = await tenant.sqs.send(command);
    return Number(of.ApproximateNumberOfMessages) + Number(of.ApproximateNumberOfMessagesNotVisible);
  };
  const produce = (message: string): Promise<unknown> =>
    tenant.sqs.send(
      new SendMessageCommand({
        QueueUrl: tenant.queueUrl,
        MessageBody: JSON.stringify({ sns_topic: tenant.topicArn, subject: 's', message }),
        MessageGroupId: 'g',
        MessageDeduplicationId: randomUUID(),
      }),
    );
  const exported = async (query = ''): Promise<{ text: string; lines: Line[] }> => {
    const { status, text, headers } = await platform.get(path(`/export${query}`));
    expect([status, headers['content-type']]).toEqual([200, expect.stringContaining('application/x-ndjson')]);
    return {
      text,
      lines: text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line),
    };
  };
  const remove = (confirm: string) => platform.delete(path(`?confirm=${encodeURIComponent(confirm)}`));

  it('stands still while it is suspended, on every route and in its queue, and goes on afterwards', async () => {
    await tenant.journeyEnds(await accept(first), 'published');
    expect(bodyOf<Tenant>(await platform.post(path('/suspend')), 200).status).toBe('suspended');
    const routes = (await apiRoutes()).filter(({ scopes }) => scopes !== undefined);
    const answers = await Promise.all(
      routes.map(async ({ name, method, path: template, body }) => {
        const where = template.replace(/\{\w+\}/g, randomUUID());
        return [name, ...statusAndCode(await tenant.admin.send(method.toUpperCase(), where, body))] as const;
      }),
    );
    expect(routes.length).toBeGreaterThan(40);
    for (const [name, status, code] of answers) expect([name, status, code]).toEqual([name, 403, 'TENANT_SUSPENDED']);

    await produce('sent while suspended');
    await produce('and another one');
    await neighbourWorks();
    expect([await published(), await inQueue()]).toEqual([[first], 2]);

    bodyOf(await platform.post(path('/activate')), 200);
    await until(async () => (await published()).length >= 3, { withinMs: 30_000, what: 'what waited was published' });
    expect(await published()).toEqual([first, 'and another one', 'sent while suspended'].sort());
    expect(await inQueue()).toBe(0);
  }, 90_000);

  it('is exported whole, without its secrets', async () => {
    const { text, lines } = await exported();
    const counts = lines.at(-1)?.counts ?? {};

    expect([lines[0]?.type, lines.at(-1)?.type]).toEqual(['export', 'end']);
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(lines.length - 2);
    expect(counts).toMatchObject({ tenant: 1, api_key: 3, queue: 1, notification: 3, operation: expect.any(Number) });
    expect(text).toContain(JSON.stringify(first).slice(1, -1));
    for (const secret of [CANARY, ...Object.values(tenant.keys), neighbour.id]) expect(text).not.toContain(secret);

    const bare = (await exported('?payloads=false')).text;
    expect(bare).not.toContain('Hola');
    const trail = (await tenant.audit.get('/v1/audit?action=tenant.exported')).text;
    expect(trail).toContain('"payloads":false');
  });

  it('is deleted for good, at nobody else’s cost', async () => {
    await tenant.register('sns', { accessKeyId: `AKID${CANARY}late`, secretAccessKey: `${CANARY}-late` });
    bodyOf(await control().post('/_sandbox/aws/revoke', { accessKeyId: `AKID${CANARY}late` }));
    const waiting = await accept('never published');
    const taken = async (): Promise<boolean> =>
      ['handled', 'publishing'].includes((await tenant.notification(waiting)).status);
    await until(taken, { withinMs: 20_000, what: 'the worker has it, and SNS refuses it' });

    expect(statusAndCode(await remove(tenant.name))).toEqual([409, 'TENANT_STATE_CONFLICT']);
    bodyOf(await platform.post(path('/suspend')), 200);
    expect(statusAndCode(await remove(`${tenant.name} `))).toEqual([422, 'INVALID_INPUT']);
    expect(statusAndCode(await platform.delete(path()))).toEqual([422, 'INVALID_INPUT']);
    const deleted = bodyOf<Tenant>(await remove(tenant.name), 200);
    expect(deleted).toMatchObject({ status: 'deleted', name: 'deleted', erasedAt: expect.any(String) });
    expect(bodyOf<Tenant>(await remove(tenant.name), 200)).toEqual(deleted);

    for (const key of Object.values(tenant.keys))
      expect(statusAndCode(await api().as(key).get('/v1/operations'))).toEqual([401, 'UNAUTHENTICATED']);
    expect(statusAndCode(await platform.post(path('/activate')))).toEqual([409, 'TENANT_STATE_CONFLICT']);
    expect(statusAndCode(await platform.get(path('/export')))).toEqual([409, 'TENANT_STATE_CONFLICT']);
    await produce('to nobody');
    await neighbourWorks();
    expect([await inQueue(), (await published()).length]).toEqual([1, 3]);
  }, 60_000);

  it('leaves its audit trail and rows of which nothing can be read', async () => {
    const { items } = bodyOf<{ items: { action: string }[] }>(await platform.get(path('/audit?limit=2')), 200);
    expect(items.map(({ action }) => action)).toEqual(['tenant.erased', 'tenant.deleted']);
    expect(bodyOf(await platform.get(path('/audit/verify')), 200)).toMatchObject({ ok: true });

    const left = (of: string) =>
      asDatabaseOwner(sandboxDataDir(), async (client) => {
        const { rows } = await client.query<{ operations: number; read: number; live: number; credentials: number }>(
          `SELECT (SELECT count(*)::int FROM operations WHERE tenant_id = $1) AS operations,
             (SELECT count(*)::int FROM operations WHERE tenant_id = $1 AND (input <> '{}' OR output IS NOT NULL))
               + (SELECT count(*)::int FROM notifications WHERE tenant_id = $1 AND content <> '{}') AS read,
             (SELECT count(*)::int FROM operations WHERE tenant_id = $1 AND settled_at IS NULL) AS live,
             (SELECT count(*)::int FROM tenant_integrations WHERE tenant_id = $1) AS credentials`,
          [of],
        );
        return rows[0];
      });
    expect(await left(tenant.id)).toEqual({ operations: expect.any(Number), read: 0, live: 0, credentials: 0 });
    const { operations = 0, read = 0, credentials = 0 } = (await left(neighbour.id)) ?? {};
    expect([operations > 0, read > 0, credentials > 0]).toEqual([true, true, true]);
  });
});
