import { createServer, type Server } from 'node:net';
import { type ApiRoute, apiRoutes } from '../support/api-routes';
import { ownThings, type OwnedThings, pathFor } from '../support/owned-things';
import { sandboxFacts } from '../support/sandbox';
import { bodyOf, type JsonClient, type Problem, statusAndCode } from '../support/sandbox-client';
import { freshAwsKey, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { fingerprintOf } from '../support/tenant-fingerprint';

/** Attacks of the threat model that need the whole API; test/architecture/threats.spec.ts says where each case is. */
describe('attacks', () => {
  let tenant: ReadyTenant;
  let things: OwnedThings;
  let routes: readonly ApiRoute[];

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
    things = await ownThings(tenant);
    routes = await apiRoutes();
  });

  const clientOf = ({ scopes = [] }: ApiRoute): JsonClient | undefined =>
    scopes.includes('admin') ? tenant.admin : scopes.includes('client') ? tenant.client : undefined;

  describe('SSRF through an endpoint (T17)', () => {
    let listener: Server;
    let connections = 0;
    let port = 0;

    beforeAll(async () => {
      listener = createServer((socket) => {
        connections += 1;
        socket.destroy();
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      ({ port } = listener.address() as { port: number });
    });
    afterAll(() => new Promise((resolve) => listener.close(resolve)));

    /** Loopback, in forms that lead there or near it; the sandbox's operator allows 127.0.0.1 and ::1, as they are. */
    const forms = [
      ...['127.0.0.2', '2130706434', '0x7f000002', '0177.0.0.2', '127.2', '0.0.0.0', '[::]', '[::ffff:127.0.0.1]'],
      ...['[::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', 'localhost.', '１２７.0.0.2', 'allowed@127.0.0.1'],
      ...['169.254.169.254', '100.64.0.1', '10.0.0.1', '[fd00::1]', '[fe80::1]', 'metadata.internal', 'intranet'],
    ];

    it.each(forms)('does not connect to %s, which no operator allowed', async (host) => {
      for (const [scheme, provider] of [
        ['http', 'sqs'],
        ['https', 'lambda'],
      ] as const) {
        const config = { region: 'us-east-1', endpoint: `${scheme}://${host}:${String(port)}` };
        const answer = await tenant.admin.put(`/v1/integrations/${provider}?name=ssrf`, {
          secrets: freshAwsKey(),
          config,
        });
        expect(statusAndCode(answer)).toEqual([422, 'INVALID_INPUT']);
        expect(new Set((answer.body as Problem).errors?.map(({ path }) => path))).toEqual(new Set(['config.endpoint']));
      }
      for (const scheme of ['http', 'https']) {
        const url = `${scheme}://${host}:${String(port)}/hook`;
        const answer = await tenant.admin.post('/v1/webhook-endpoints', { url, eventTypes: ['*'] });
        expect([answer.status, (answer.body as Problem).code]).toEqual([
          422,
          expect.stringMatching(/^(EGRESS_(URL|ADDRESS)_REFUSED|INVALID_INPUT)$/),
        ]);
      }
      expect(connections).toBe(0);
    });

    it('is counted', async () => {
      const metrics = await (await fetch(`${sandboxFacts().apiUrl}/metrics`)).text();
      expect(metrics).toMatch(/puente_egress_refusals_total\{.*at="save",code="EGRESS_URL_REFUSED".*\} \d+/);
    });

    it.each(['file:///etc/passwd', 'gopher://127.0.0.1', 'ftp://127.0.0.1', '//127.0.0.1', 'javascript:1'])(
      'takes no %s',
      async (endpoint) => {
        const body = { secrets: freshAwsKey(), config: { region: 'us-east-1', endpoint } };
        expect((await tenant.admin.put('/v1/integrations/sns?name=ssrf', body)).status).toBe(422);
      },
    );

    it('does not follow a queue to another host than the endpoint’s', async () => {
      const queueUrl = `http://127.0.0.1:${String(port)}/000000000000/x.fifo`;
      await tenant.client.post('/v1/integrations/sqs/operations/getQueueAttributes', { queueUrl });
      await tenant.admin.put('/v1/notifications/queue', { queueUrl, deadLetterQueueUrl: tenant.deadLetterQueueUrl });
      expect(connections).toBe(0);
    });
  });

  it.each(['..', '.', 'a/../../x', '%2e%2e', '', 'a?b=c', 'a#b', 'a\\b', '../2015-03-31/functions'])(
    'lets no function name %j climb out of its path (T18)',
    async (functionName) => {
      const answer = await tenant.client.post('/v1/integrations/lambda/operations/invoke', {
        functionName,
        nameIncludesEnv: true,
        payload: {},
      });
      expect(statusAndCode(answer)).toEqual([422, 'INVALID_INPUT']);
    },
  );

  it('takes no field that is not the caller’s to set, on any route with a body (T30)', async () => {
    const before = await fingerprintOf(tenant.id);
    const foreign = { tenantId: sandboxFacts().tenantId, verifiedAt: '2026-01-01T00:00:00Z', activeVersion: 9 };
    for (const route of routes.filter(({ body, name }) => typeof body === 'object' && !takesAnyBody(name))) {
      const client = clientOf(route);
      for (const [field, value] of client ? Object.entries(foreign) : []) {
        const body = { ...(route.body as object), [field]: value };
        const answer = await client!.send(route.method.toUpperCase(), pathFor(route, things) ?? '', body);
        expect([route.name, field, answer.status]).toEqual([route.name, field, 422]);
      }
    }
    expect(await fingerprintOf(tenant.id)).toEqual(before);
  });

  it('answers nonsense of any length in its text fields as fast as anything else, and never with 500 (T33)', async () => {
    for (const text of [
      ...['a', ' ', 'a.', '0', 'á'].map((filler) => `${filler.repeat(50_000)}!`),
      '//127.0.0.1',
      '',
    ]) {
      for (const route of routes.filter(({ body, name }) => typeof body === 'object' && !takesAnyBody(name))) {
        const begun = performance.now();
        const path = pathFor(route, things) ?? '';
        const answer = await clientOf(route)?.send(route.method.toUpperCase(), path, withTexts(route.body, text));
        const took = performance.now() - begun;
        expect([route.name, took < 2_000, (answer?.status ?? 0) < 500]).toEqual([route.name, true, true]);
      }
    }
  });

  it('goes on as before after all that', async () => {
    const sent = { topic: tenant.topicArn, subject: 's', message: 'after the attacks' };
    const { id } = bodyOf<{ id: string }>(await tenant.notify(sent), 202);
    await tenant.journeyEnds(id, 'published');
  });
});

/** The payload of a function is the tenant's own, whatever is in it. */
function takesAnyBody(name: string): boolean {
  return name === 'POST /v1/functions/{function}/invocations';
}

/** The same value with every text in it replaced. */
function withTexts(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((item) => withTexts(item, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withTexts(inner, text)]));
}
