import { UnsafeRoleError } from '@puente/database';
import { SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { startTenancy, type Tenancy } from '../../../test/support/tenancy.fixture';
import { IntegrationsAdmin } from './integrations/integrations-admin';

const TABLES = ['tenants', 'api_keys', 'tenant_integrations', 'integration_versions', 'audit_entries', 'audit_heads'];
const origin = { actor: 'test' };

describe('tenants apart', () => {
  let tenancy: Tenancy;
  let [a, b] = ['', ''];

  beforeAll(async () => {
    tenancy = await startTenancy({ DATABASE_POOL_MAX: '1' });
    [a, b] = [(await tenancy.tenant('A')).id, (await tenancy.tenant('B')).id];
    for (const tenantId of [a, b]) {
      const ref = { tenantId, provider: 'acme', name: 'default' };
      await tenancy.get(IntegrationsAdmin).put(origin, ref, { secrets: { apiKey: `key-of-${tenantId}` } });
    }
  });
  afterAll(() => tenancy.close());

  const providersSeen = (tenantId: string): Promise<{ tenant_id: string }[]> =>
    tenancy.rows.run(tenantId, (tx) => tx.query<{ tenant_id: string }>(`SELECT tenant_id FROM tenant_integrations`));

  it.each(TABLES)('shows no row of %s without a tenant (T02)', async (table) => {
    expect(await tenancy.rows.withoutTenant.query(`SELECT * FROM ${table}`)).toEqual([]);
  });

  it('refuses a tenant that is no id, rather than showing everything (T02)', async () => {
    await expect(providersSeen(`' OR true --`)).rejects.toThrow(/invalid input syntax for type uuid/);
    expect(await providersSeen('')).toEqual([]);
  });

  it('shows each its own, with both taking turns on one connection (T03)', async () => {
    const turns = Array.from({ length: 40 }, (_, turn) => (turn % 2 === 0 ? a : b));
    const seen = await Promise.all(turns.map((tenantId) => providersSeen(tenantId)));

    expect(seen).toEqual(turns.map((tenant_id) => [{ tenant_id }]));
  });

  it('leaves no tenant behind on the connection, whether the work succeeded or failed (T03)', async () => {
    await providersSeen(a);
    await tenancy.rows.run(a, () => Promise.reject(new Error('no'))).catch(() => undefined);

    expect(await tenancy.rows.withoutTenant.query(`SELECT current_tenant() AS tenant`)).toEqual([{ tenant: null }]);
  });

  it('cannot write into another tenant', async () => {
    await expect(
      tenancy.rows.run(b, (tx) =>
        tx.query(
          `INSERT INTO api_keys (id, tenant_id, prefix, secret_hash, name, scopes) VALUES ($1, $2, 'x', $3, 'x', '{admin}')`,
          [uuidv7(), a, Buffer.alloc(32)],
        ),
      ),
    ).rejects.toThrow(/row-level security/);
    const changed = await tenancy.rows.run(b, (tx) =>
      tx.query(`UPDATE tenant_integrations SET is_active = false WHERE tenant_id = $1 RETURNING id`, [a]),
    );
    expect(changed).toEqual([]);
  });

  it('cannot hang a version under another tenant’s integration (T05)', async () => {
    const [integration] = await tenancy.asSuperuser(`SELECT id FROM tenant_integrations WHERE tenant_id = $1`, [a]);
    await expect(
      tenancy.rows.run(b, (tx) =>
        tx.query(
          `INSERT INTO integration_versions (id, tenant_id, integration_id, version, state, envelope, config, fingerprints)
           VALUES ($1, $2, $3, 9, 'staged', '{}', '{}', '{}')`,
          [uuidv7(), b, integration!.id],
        ),
      ),
    ).rejects.toThrow(/foreign key/);
  });

  it('only the system tenant sees other tenants, and nothing of what is theirs', async () => {
    const seen = async (tenantId: string, table: string): Promise<number> =>
      (await tenancy.rows.run(tenantId, (tx) => tx.query(`SELECT FROM ${table}`))).length;

    expect(await seen(a, 'tenants')).toBe(1);
    expect(await seen(SYSTEM_TENANT_ID, 'tenants')).toBe(3);
    expect(await seen(SYSTEM_TENANT_ID, 'tenant_integrations')).toBe(0);
  });

  it.each(['ownerUrl', 'superuserUrl', 'dispatchUrl'] as const)('does not start as %s (T04)', async (url) => {
    const boot = tenancy.another({ DATABASE_APP_URL: tenancy.database[url] });
    await expect(boot).rejects.toThrow(UnsafeRoleError);
  });
});
