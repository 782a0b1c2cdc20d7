import { AuthDatabase } from '@puente/database';
import { SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { inspect } from 'node:util';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { AuditLog } from '../audit/audit-log';
import { Tenants } from '../tenants/tenants';
import { ApiKeys, type NewApiKeyInput } from './api-keys';
import { LastUse } from './last-use';

const origin = { actor: 'api-key:1' };

describe('API keys', () => {
  let tenancy: Tenancy;
  let keys: ApiKeys;
  let tenantId: string;

  beforeAll(async () => {
    tenancy = await startTenancy();
    keys = tenancy.get(ApiKeys);
    tenantId = (await tenancy.tenant()).id;
  });
  afterAll(() => tenancy.close());

  const create = async (input: Partial<NewApiKeyInput> = {}): Promise<{ key: string; id: string; prefix: string }> => {
    const { key, view } = await keys.create(origin, tenantId, { name: 'web', scopes: ['client'], ...input });
    return { key: key.reveal(), id: view.id, prefix: view.prefix };
  };

  it('opens the door to its own tenant, with its scopes', async () => {
    const { key, id } = await create({ scopes: ['client', 'admin'], userScope: 'user-7' });

    expect(key).toMatch(/^pnt_test_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}$/);
    expect(await keys.authenticate(key)).toEqual({
      tenantId,
      keyId: id,
      scopes: ['client', 'admin'],
      userScope: 'user-7',
    });
  });

  it('answers every wrong key alike (T29)', async () => {
    const { key, prefix } = await create();
    const [expired, revoked] = [await create(), await create()];
    await tenancy.asSuperuser(`UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      expired.id,
    ]);
    await keys.revoke(origin, tenantId, revoked.id);
    const wrong = [
      undefined,
      '',
      'x',
      key.slice(0, -1),
      `${key} `,
      `${key}\n`,
      key.replace('pnt_test', 'pnt_prod'),
      key.replace(prefix, 'A'.repeat(16)),
      key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A'),
      expired.key,
      revoked.key,
      `pnt_test_${'x'.repeat(1_000_000)}`,
    ];
    const errors = await Promise.all(wrong.map((token) => keys.authenticate(token).catch((error: unknown) => error)));

    expect(new Set(errors.map((error) => JSON.stringify([error, (error as Error).message])))).toHaveProperty('size', 1);
    for (const error of errors) expect(error).toMatchObject({ code: 'UNAUTHENTICATED', name: 'UnauthenticatedError' });
  });

  it('takes an unknown prefix about as long as a wrong secret (T29)', async () => {
    const { key, prefix } = await create();
    const wrong = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
    const unknown = key.replace(prefix, '0'.repeat(16));
    const times: [wrong: number[], unknown: number[]] = [[], []];
    for (let round = 0; round < 200; round += 1) {
      const begun = performance.now();
      await keys.authenticate(round % 2 === 0 ? wrong : unknown).catch(() => undefined);
      times[round % 2]!.push(performance.now() - begun);
    }
    const [a, b] = times.map((each) => each.sort((x, y) => x - y)[50]!) as [number, number];

    expect(Math.max(a, b) / Math.min(a, b)).toBeLessThan(3);
  });

  it('tells the holder of a right key that the tenant is suspended, and nobody else', async () => {
    const other = (await tenancy.tenant()).id;
    const { key } = await keys.create(origin, other, { name: 'web', scopes: ['client'] });
    await tenancy.get(Tenants).suspend(origin, other);
    const token = key.reveal();

    await expect(keys.authenticate(token)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' });
    const wrong = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    await expect(keys.authenticate(wrong)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await tenancy.get(Tenants).activate(origin, other);
    await expect(keys.authenticate(token)).resolves.toMatchObject({ tenantId: other });
  });

  it('refuses a revoked key at once, in another process too', async () => {
    const { key, id } = await create();
    const other = await tenancy.another();
    await other.get(ApiKeys).authenticate(key);
    await keys.revoke(origin, tenantId, id);

    await expect(other.get(ApiKeys).authenticate(key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await other.close();
  });

  it('shows a key once: not in lists, not in the database, not in the audit trail, not when printed', async () => {
    const made = await keys.create(origin, tenantId, { name: 'once', scopes: ['client'] });
    const key = made.key.reveal();
    const secret = key.split('_')[3]!;
    const rows = await tenancy.asSuperuser(`SELECT to_jsonb(k)::text AS row FROM api_keys k`);
    const trail = await tenancy.get(AuditLog).list(tenantId, {}, undefined, 100);
    const seen = [inspect(made), JSON.stringify(made), JSON.stringify(await keys.list(tenantId)), rows, trail];

    expect(JSON.stringify(seen)).not.toContain(secret);
    expect(JSON.stringify(await keys.list(tenantId))).not.toMatch(/hash/i);
    expect((await keys.list(tenantId))[0]).toMatchObject({
      id: made.view.id,
      prefix: made.view.prefix,
      revokedAt: null,
    });
  });

  it('gives the platform scope to the system tenant only', async () => {
    const wanted = { name: 'ops', scopes: ['platform'] } as const;
    await expect(keys.create(origin, tenantId, wanted)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(keys.create(origin, SYSTEM_TENANT_ID, wanted)).resolves.toBeDefined();
  });

  it.each<[string, Partial<NewApiKeyInput>, string]>([
    ['no scope', { scopes: [] }, 'scopes'],
    ['a scope that does not exist', { scopes: ['root' as 'admin'] }, 'scopes'],
    ['a scope twice', { scopes: ['client', 'client'] }, 'scopes'],
    ['an expiry in the past', { expiresAt: new Date(0) }, 'expiresAt'],
    ['no expiry but something else', { expiresAt: new Date('x') }, 'expiresAt'],
    ['a name with a line break', { name: 'a\nb' }, 'name'],
    ['an empty user scope', { userScope: '' }, 'userScope'],
  ])('refuses %s', async (_, input, path) => {
    await expect(create(input)).rejects.toMatchObject({ code: 'INVALID_INPUT', errors: [{ path }] });
  });

  it('hides other tenants’ keys', async () => {
    const { id, key } = await create();
    const other = (await tenancy.tenant()).id;

    for (const [tenant, keyId] of [
      [other, id],
      [tenantId, uuidv7()],
      [tenantId, 'x'],
    ] as const)
      await expect(keys.revoke(origin, tenant, keyId)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    expect(await keys.list(other)).toEqual([]);
    await expect(keys.authenticate(key)).resolves.toBeDefined();
    await expect(keys.create(origin, uuidv7(), { name: 'x', scopes: ['client'] })).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
    });
  });

  it('notes the last use once a minute, behind the request’s back', async () => {
    const { key, id } = await create();
    await Promise.all(Array.from({ length: 20 }, () => keys.authenticate(key)));
    await tenancy.get(LastUse).settled();
    const [first] = await tenancy.asSuperuser(`SELECT last_used_at AS at, xmin::text FROM api_keys WHERE id = $1`, [
      id,
    ]);
    const other = await tenancy.another();
    await other.get(ApiKeys).authenticate(key);
    await other.get(LastUse).settled();
    const [second] = await tenancy.asSuperuser(`SELECT last_used_at AS at, xmin::text FROM api_keys WHERE id = $1`, [
      id,
    ]);

    expect(first!.at).toBeInstanceOf(Date);
    expect(second).toEqual(first);
    await other.close();
  });

  it('lets the request through when the last use cannot be noted', async () => {
    const { key } = await create();
    await tenancy.asSuperuser(`REVOKE UPDATE ON api_keys FROM puente_app`);
    await tenancy.asSuperuser(`REVOKE UPDATE (last_used_at) ON api_keys FROM puente_app`);
    await expect(keys.authenticate(key)).resolves.toBeDefined();
    await tenancy.get(LastUse).settled();
    await tenancy.asSuperuser(`GRANT UPDATE (last_used_at) ON api_keys TO puente_app`);
  });

  it('is looked up by a role that sees nothing else', async () => {
    const auth = tenancy.get(AuthDatabase);
    for (const sql of [`SELECT * FROM tenants`, `SELECT data_key FROM tenants`, `SELECT * FROM tenant_integrations`])
      await expect(auth.query(sql)).rejects.toThrow(/permission denied/);
    await expect(auth.query(`UPDATE api_keys SET revoked_at = NULL`)).rejects.toThrow(/permission denied/);
  });
});
