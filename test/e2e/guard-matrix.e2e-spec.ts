import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { type ApiRoute, apiRoutes, SCOPES, type Scope } from '../support/api-routes';
import { type OwnedThings, ownThings, pathFor, prefixOf } from '../support/owned-things';
import { api, sandboxDataDir, sandboxFacts } from '../support/sandbox';
import type { JsonClient } from '../support/sandbox-client';
import { type Answer, bodyOf, statusAndCode } from '../support/sandbox-client';
import { asApplication, asDatabaseOwner } from '../support/sandbox-database';
import { receivedBySns, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { fingerprintOf, tenantTables } from '../support/tenant-fingerprint';

/** All routes that need no key. Another one belongs here only after somebody has thought about it. */
const PUBLIC = [
  ...['GET /health/live', 'GET /health/ready', 'GET /v1/webhooks/jwks'],
  ...['GET /v1/webpay/return/{secret}', 'POST /v1/webpay/return/{secret}'],
];

/** Requests at a time: enough to be quick, too few to be a load test. */
const AT_ONCE = 8;

/**
 * Every route of the OpenAPI document × every key that must not open it, each with the document's own example as body,
 * so that only the guard stands between the request and its effect. Nothing of the owner may change, anywhere.
 */
describe('the guard matrix', () => {
  let owner: ReadyTenant;
  let things: OwnedThings;
  let routes: readonly ApiRoute[];
  let guarded: readonly ApiRoute[];
  let before: unknown;

  beforeAll(async () => {
    owner = await SandboxTenant.createReady(sandboxFacts());
    things = await ownThings(owner);
    routes = await apiRoutes();
    guarded = routes.filter(({ scopes }) => scopes !== undefined);
    before = await effects();
  });

  /** What a request could have changed: rows in our tables, and what reached the provider. */
  const effects = async (): Promise<unknown> => ({
    rows: await fingerprintOf(owner.id),
    published: (await receivedBySns(sandboxFacts())).filter(({ topicArn }) => topicArn === owner.topicArn).length,
  });

  afterEach(async () => {
    expect(await effects()).toEqual(before);
  });

  it('knows a public route only from the list, and for every other which scopes open it', () => {
    expect(guarded.length).toBeGreaterThan(40);
    expect(
      routes
        .filter(({ scopes }) => scopes === undefined)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(PUBLIC);
    expect(guarded.filter(({ scopes }) => scopes?.length === 0)).toEqual([]);
    expect(routes.filter((route) => pathFor(route, things) === undefined).map(({ name }) => name)).toEqual([]);
  });

  it('answers the same 401 on every route to no key, an expired one and a revoked one', async () => {
    const [expired, revoked] = [await expiredKey(), await revokedKey()];
    const reference = comparable(await api().get('/v1/operations'));
    for (const key of [undefined, expired, revoked]) {
      const answers = await everywhere(guarded, (route) => ask(api().as(key), route));
      for (const [name, answer] of answers)
        expect([name, statusAndCode(answer), comparable(answer)]).toEqual([name, [401, 'UNAUTHENTICATED'], reference]);
    }
  });

  it.each(SCOPES)('answers 403 on every route that a key of scope %s must not open', async (scope) => {
    const client = keyOf(scope);
    const closed = guarded.filter(({ scopes }) => !scopes?.includes(scope));
    expect(closed.length).toBeGreaterThan(5);
    for (const [name, answer] of await everywhere(closed, (route) => ask(client, route)))
      expect([name, statusAndCode(answer)]).toEqual([name, [403, 'FORBIDDEN']]);
  });

  describe('another tenant (T01)', () => {
    let intruder: ReadyTenant;
    let keys: readonly JsonClient[];

    beforeAll(async () => {
      intruder = await SandboxTenant.createReady(sandboxFacts());
      keys = [intruder.client, intruder.admin, intruder.audit];
    });

    it('gets for every id of somebody else what it gets for one that does not exist', async () => {
      const named = guarded.filter(({ path }) => prefixOf(path, things) !== undefined);
      expect(named.length).toBeGreaterThanOrEqual(10);
      for (const client of keys) {
        // A PUT of a name that is free makes one of the caller's own.
        for (const route of named.filter(({ method }) => method !== 'put')) {
          const prefix = prefixOf(route.path, things) ?? '';
          const theirs = things[prefix] ?? '';
          const nobodys = prefix.endsWith('{id}') ? randomUUID() : /^\d+$/.test(theirs) ? '8888' : 'no.such.one';
          const real = await ask(client, route);
          const random = await ask(client, route, { ...things, [prefix]: nobodys });
          expect({ ...route, refused: [403, 404].includes(real.status) }).toEqual({ ...route, refused: true });
          expect(comparable(real, theirs)).toEqual(comparable(random, nobodys));
        }
      }
      const denied = await intruder.audit.get('/v1/audit?outcome=denied&action=resource.not_found');
      expect(denied.text).toContain('GET /v1/operations/:id');
    });

    it('does nothing to somebody else on any route, whatever its key may do at home', async () => {
      for (const client of keys) {
        const answers = await everywhere(guarded, (route) => ask(client, route));
        expect(answers.filter(([, { status }]) => status >= 500)).toEqual([]);
      }
    });

    it('reaches no row of somebody else in any table, and without a tenant nobody reaches any', async () => {
      const dataDir = sandboxDataDir();
      const filled = await asDatabaseOwner(dataDir, async (client) => {
        const tables = await tenantTables(client);
        const { rows } = await client.query<{ name: string }>(
          tables
            .map((name) => `(SELECT '${name}' AS name FROM ${name} WHERE tenant_id = $1 LIMIT 1)`)
            .join(' UNION ALL '),
          [owner.id],
        );
        return rows.map(({ name }) => name);
      });
      expect(filled.length).toBeGreaterThan(10);
      const attempts = filled.flatMap((table) => [
        `SELECT FROM ${table} WHERE tenant_id = '${owner.id}'`,
        `UPDATE ${table} SET tenant_id = '${intruder.id}' WHERE tenant_id = '${owner.id}'`,
        `DELETE FROM ${table} WHERE tenant_id = '${owner.id}'`,
      ]);
      for (const tenantId of [intruder.id, undefined]) {
        const reached = await asApplication(dataDir, tenantId, async (client) => {
          const found: string[] = [];
          for (const statement of attempts) if (await reaches(client, statement)) found.push(statement);
          return found;
        });
        expect(reached).toEqual([]);
      }
    });

    it('sees nothing of somebody else in any list', async () => {
      const lists = guarded.filter(({ method, path }) => method === 'get' && !path.includes('{'));
      expect(lists.length).toBeGreaterThanOrEqual(6);
      const secrets = [owner.id, owner.name, owner.topicArn, ...uniqueOf(things)];
      for (const client of keys) {
        for (const [name, { text }] of await everywhere(lists, (route) => ask(client, route)))
          expect([name, secrets.filter((secret) => text.includes(secret))]).toEqual([name, []]);
      }
    });
  });

  function ask(client: JsonClient, route: ApiRoute, owned = things): Promise<Answer> {
    const path = pathFor(route, owned);
    if (path === undefined)
      throw new Error(`${route.name}: what stands for its parameter? See test/support/owned-things.ts`);
    return client.send(route.method.toUpperCase(), path, route.body);
  }

  function keyOf(scope: Scope): JsonClient {
    return scope === 'platform' ? api().as(sandboxFacts().keys.platform) : owner[scope];
  }

  /** All that the guard could ask for, and past its time: only the clock keeps it out. */
  async function expiredKey(): Promise<string> {
    const { id, key } = await newKey();
    await asDatabaseOwner(sandboxDataDir(), (client) =>
      client.query(`UPDATE api_keys SET expires_at = puente_now() - interval '1 second' WHERE id = $1`, [id]),
    );
    before = await effects();
    return key;
  }

  async function revokedKey(): Promise<string> {
    const { id, key } = await newKey();
    bodyOf(await owner.admin.delete(`/v1/api-keys/${id}`), 204);
    before = await effects();
    return key;
  }

  async function newKey(): Promise<{ id: string; key: string }> {
    const scopes = ['client', 'admin', 'audit'];
    return bodyOf(await owner.admin.post('/v1/api-keys', { name: 'all', scopes }), 201);
  }
});

/** Whether a statement finds a row; one that the role may not run at all finds none. */
async function reaches(client: Client, statement: string): Promise<boolean> {
  await client.query('SAVEPOINT attempt');
  try {
    return ((await client.query(statement)).rowCount ?? 0) > 0;
  } catch (error) {
    if ((error as { code?: string }).code === '42501') return false;
    throw error;
  } finally {
    await client.query('ROLLBACK TO attempt');
  }
}

async function everywhere(
  routes: readonly ApiRoute[],
  send: (route: ApiRoute) => Promise<Answer>,
): Promise<readonly (readonly [name: string, answer: Answer])[]> {
  const answers: (readonly [string, Answer])[] = [];
  for (let at = 0; at < routes.length; at += AT_ONCE) {
    const some = routes.slice(at, at + AT_ONCE);
    answers.push(...(await Promise.all(some.map(async (route) => [route.name, await send(route)] as const))));
  }
  return answers;
}

/** Without what names the request itself. */
function comparable({ status, text, body }: Answer, id = ''): unknown {
  const { requestId = 'none' } = (body ?? {}) as { requestId?: string };
  const said = text.replaceAll(requestId, 'REQUEST');
  return { status, text: id === '' ? said : said.replaceAll(id, 'ID') };
}

/** Those that nobody else could have by chance. */
function uniqueOf(things: OwnedThings): readonly string[] {
  return Object.entries(things).flatMap(([prefix, thing]) => (prefix.endsWith('{id}') ? [thing] : []));
}
