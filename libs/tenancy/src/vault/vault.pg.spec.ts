import { randomBytes } from 'node:crypto';
import { type Outcome, SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { KEY_RING, startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { AuditLog } from '../audit/audit-log';
import { IntegrationViews } from '../integrations/integration-views';
import { IntegrationsAdmin } from '../integrations/integrations-admin';
import { Tenants } from '../tenants/tenants';
import { CredentialReader } from './credential-reader';
import { TenantCredentialVault, type VaultCredentials } from './tenant-credential-vault';

const origin = { actor: 'test' };

describe('credential vault', () => {
  let tenancy: Tenancy;
  let [a, b] = ['', ''];

  beforeAll(async () => {
    tenancy = await startTenancy();
  });
  afterAll(() => tenancy.close());
  beforeEach(async () => {
    [a, b] = [(await tenancy.tenant()).id, (await tenancy.tenant()).id];
  });

  const save = (
    tenantId: string,
    secrets: object,
    provider = 'acme',
    config: object = {},
    name = 'default',
  ): Promise<void> =>
    tenancy
      .get(IntegrationsAdmin)
      .put(
        origin,
        { tenantId, provider, name },
        { secrets: secrets as Record<string, unknown>, config: config as Record<string, unknown> },
      );
  const resolve = (tenantId: string, provider = 'acme', name = 'default', on = tenancy): Promise<VaultCredentials> =>
    on.get(TenantCredentialVault).resolve(tenantId, provider, name);
  const keyOf = async (tenantId: string, on = tenancy): Promise<unknown> =>
    (await resolve(tenantId, 'acme', 'default', on)).secrets.reveal().apiKey;
  const quarantined = { code: 'CREDENTIALS_QUARANTINED' };

  describe('models', () => {
    it('tenant: each its own, and nothing when there is none, also when the platform has one (T06)', async () => {
      await save(SYSTEM_TENANT_ID, { apiKey: 'platform-key' });
      await save(a, { apiKey: 'key-of-tenant-a' });

      expect(await keyOf(a)).toBe('key-of-tenant-a');
      await expect(resolve(b)).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' });
      await expect(resolve(a, 'acme', 'other')).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' });
      await expect(resolve(a, 'nope')).rejects.toMatchObject({ code: 'PROVIDER_NOT_FOUND' });
      await expect(resolve(uuidv7())).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    });

    it('tenant: however many are asked for at once, each gets its own, and who has none is told so', async () => {
      const names = Array.from({ length: 5 }, (_, at) => `account-${String(at)}`);
      for (const name of names) await save(a, { apiKey: `a-${name}` }, 'acme', {}, name);
      await save(b, { apiKey: 'b-default' });
      const all = await Promise.allSettled([
        ...names.map((name) => resolve(a, 'acme', name)),
        ...[resolve(b), resolve(b, 'acme', names[0]), resolve(uuidv7())],
      ]);

      const said = all.map((one) =>
        one.status === 'fulfilled' ? one.value.secrets.reveal().apiKey : (one.reason as { code: string }).code,
      );
      const codes = ['CREDENTIALS_MISSING', 'TENANT_NOT_FOUND'];
      expect(said).toEqual([...names.map((name) => `a-${name}`), 'b-default', ...codes]);
    });

    it('global: the platform’s for everyone', async () => {
      const { externalId } = await tenancy.get(Tenants).get(SYSTEM_TENANT_ID);
      await expect(resolve(a, 'bulk')).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' });
      await save(SYSTEM_TENANT_ID, { apiKey: 'bulk-key' }, 'bulk');
      const [forA, forB] = [await resolve(a, 'bulk'), await resolve(b, 'bulk')];

      expect(forA.secrets.reveal()).toEqual({ apiKey: 'bulk-key' });
      expect(forA).toMatchObject({ provenance: { apiKey: 'global' }, externalId, version: forB.version });
      await tenancy
        .get(IntegrationsAdmin)
        .deactivate(origin, { tenantId: SYSTEM_TENANT_ID, provider: 'bulk', name: 'default' });
      await expect(resolve(a, 'bulk')).rejects.toMatchObject({ code: 'CREDENTIALS_INACTIVE' });
    });

    it('hybrid: the platform’s, overridden field by field, and the administrator sees whose is whose', async () => {
      await expect(resolve(a, 'mixed')).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' });
      await save(SYSTEM_TENANT_ID, { apiKey: 'mixed-global' }, 'mixed', { host: 'ours.test', sender: 'Puente' });
      const lent = await resolve(a, 'mixed');
      await save(a, { pin: '1234' }, 'mixed', { sender: 'Andes' });
      const mixed = await resolve(a, 'mixed');
      const view = await tenancy.get(IntegrationViews).get({ tenantId: a, provider: 'mixed', name: 'default' });

      expect(lent.provenance).toEqual({ apiKey: 'global', host: 'global', sender: 'global' });
      expect(mixed.secrets.reveal()).toEqual({ apiKey: 'mixed-global', pin: '1234' });
      expect(mixed.config).toEqual({ host: 'ours.test', sender: 'Andes' });
      expect(mixed.provenance).toEqual({ apiKey: 'global', pin: 'tenant', host: 'global', sender: 'tenant' });
      expect(mixed.version).not.toBe(lent.version);
      expect(view.secrets).toEqual({
        apiKey: { set: true, fingerprint: null, source: 'global' },
        pin: { set: true, fingerprint: expect.any(String), source: 'tenant' },
      });
      expect(view.configSources).toEqual({ sender: 'tenant', host: 'global' });
      expect(JSON.stringify(view)).not.toContain('mixed-global');
      await expect(resolve(b, 'mixed', 'misspelt')).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' });
    });

    it('hybrid: our key does not follow the tenant to its own host (T12)', async () => {
      await save(SYSTEM_TENANT_ID, { apiKey: 'mixed-global' }, 'mixed', { host: 'ours.test', sender: 'Puente' });
      tenancy.probe.asked.length = 0;

      await expect(save(a, {}, 'mixed', { host: 'attacker.test' })).rejects.toMatchObject({
        code: 'SECRETS_REQUIRED',
        errors: [{ path: 'secrets.apiKey' }],
      });
      expect(tenancy.probe.asked).toEqual([]);
    });

    it('hybrid: our own change of host leaves tenants alone who pinned the old one', async () => {
      await save(SYSTEM_TENANT_ID, { apiKey: 'mixed-global' }, 'mixed', { host: 'ours.test', sender: 'Puente' });
      await save(a, {}, 'mixed', { host: 'ours.test' });
      expect((await resolve(a, 'mixed')).provenance).toMatchObject({ apiKey: 'global', host: 'tenant' });
      await save(SYSTEM_TENANT_ID, { apiKey: 'mixed-global-2' }, 'mixed', { host: 'new.test', sender: 'Puente' });

      await expect(resolve(a, 'mixed')).rejects.toMatchObject({
        code: 'CREDENTIALS_MISSING',
        fields: ['secrets.apiKey'],
      });
    });

    it('hybrid: what the tenant switched off is not replaced by ours', async () => {
      await save(SYSTEM_TENANT_ID, { apiKey: 'mixed-global' }, 'mixed', { host: 'ours.test', sender: 'Puente' });
      await save(a, { pin: '1' }, 'mixed');
      await tenancy.get(IntegrationsAdmin).deactivate(origin, { tenantId: a, provider: 'mixed', name: 'default' });
      await expect(resolve(a, 'mixed')).rejects.toMatchObject({ code: 'CREDENTIALS_INACTIVE' });
    });

    it('nothing for a suspended tenant, from the next call on, in every process', async () => {
      const other = await tenancy.another();
      await save(a, { apiKey: 'key-of-tenant-a' });
      await keyOf(a, other);
      await tenancy.get(Tenants).suspend(origin, a);

      for (const on of [tenancy, other])
        for (const provider of ['acme', 'mixed', 'bulk'])
          await expect(resolve(a, provider, 'default', on)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' });
      await tenancy.get(Tenants).activate(origin, a);
      expect(await keyOf(a, other)).toBe('key-of-tenant-a');
      await other.close();
    });
  });

  describe('freshness (T11)', () => {
    it('gives the new credentials to every process from the commit on', async () => {
      const other = await tenancy.another();
      await save(a, { apiKey: 'key-number-1' });
      const before = await resolve(a, 'acme', 'default', other);
      await save(a, { apiKey: 'key-number-2' });

      expect(await keyOf(a, other)).toBe('key-number-2');
      expect((await resolve(a, 'acme', 'default', other)).version).not.toBe(before.version);
      await tenancy.get(IntegrationsAdmin).deactivate(origin, { tenantId: a, provider: 'acme', name: 'default' });
      await expect(keyOf(a, other)).rejects.toMatchObject({ code: 'CREDENTIALS_INACTIVE' });
      await other.close();
    });

    it('a read that began before a rotation does not bring the old value back', async () => {
      await save(a, { apiKey: 'key-number-1' });
      await tenancy.asSuperuser('BEGIN');
      await tenancy.asSuperuser(`LOCK TABLE tenant_integrations IN ACCESS EXCLUSIVE MODE`);
      const slow = keyOf(a);
      const begun = Date.now();
      for (let waiting = 0; waiting === 0 && Date.now() - begun < 5_000;)
        waiting = Number((await tenancy.asSuperuser(`SELECT count(*) AS n FROM pg_locks WHERE NOT granted`))[0]!.n);
      await tenancy.asSuperuser('COMMIT');
      const saved = save(a, { apiKey: 'key-number-2' });
      expect(['key-number-1', 'key-number-2']).toContain(await slow);
      await saved;

      for (let round = 0; round < 5; round += 1) expect(await keyOf(a)).toBe('key-number-2');
    });

    it('names every change of the credentials by another version, and none by the same', async () => {
      await save(a, { apiKey: 'key-number-1' });
      const versions = [await resolve(a), await resolve(a)].map(({ version }) => version);
      await tenancy
        .get(IntegrationsAdmin)
        .patch(origin, { tenantId: a, provider: 'acme', name: 'default' }, { config: { label: 'x' } });
      const patched = await resolve(a);
      await tenancy.get(IntegrationsAdmin).delete(origin, { tenantId: a, provider: 'acme', name: 'default' });
      await save(a, { apiKey: 'key-number-1' });

      expect(versions[0]).toBe(versions[1]);
      expect(new Set([versions[0], patched.version, (await resolve(a)).version]).size).toBe(3);
    });
  });

  describe('tampered rows (T07)', () => {
    const rowOf = async (tenantId: string, name = 'default'): Promise<{ id: string; credentials: object }> => {
      const [row] = await tenancy.asSuperuser(
        `SELECT id, credentials FROM tenant_integrations WHERE tenant_id = $1 AND provider = 'acme' AND name = $2`,
        [tenantId, name],
      );
      return row as { id: string; credentials: object };
    };
    const plant = (id: string, credentials: object): Promise<unknown> =>
      tenancy.asSuperuser(`UPDATE tenant_integrations SET credentials = $2 WHERE id = $1`, [
        id,
        JSON.stringify(credentials),
      ]);

    it.each<[string, () => Promise<object>]>([
      ['from another tenant', async () => (await rowOf(a)).credentials],
      ['from another row of the tenant', async () => (await rowOf(b, 'second')).credentials],
      [
        'from another column, the same version',
        async () =>
          (
            await tenancy.asSuperuser(
              `SELECT envelope FROM integration_versions WHERE tenant_id = $1 AND state = 'active'`,
              [b],
            )
          )[0]!.envelope as object,
      ],
      ['with one bit flipped', async () => flipped((await rowOf(b)).credentials as { ct: string })],
      ['that is empty', async () => ({})],
      ['that is not an envelope', async () => ({ apiKey: 'plaintext-key' })],
      ['under a key that never existed', async () => ({ ...(await rowOf(b)).credentials, kid: 'nobody-1' })],
    ])('a ciphertext %s does not open; all others do', async (_, ciphertext) => {
      await save(a, { apiKey: 'key-of-tenant-a' });
      await save(b, { apiKey: 'key-of-tenant-b' });
      await save(b, { apiKey: 'second-key-of-b' }, 'acme', {}, 'second');
      await resolve(b);
      await plant((await rowOf(b)).id, await ciphertext());

      await expect(resolve(b)).rejects.toMatchObject(quarantined);
      expect(await keyOf(a)).toBe('key-of-tenant-a');
      expect((await resolve(b, 'acme', 'second')).secrets.reveal()).toEqual({ apiKey: 'second-key-of-b' });
    });

    it('an older version put back over a newer one does not open', async () => {
      await save(b, { apiKey: 'key-number-1' });
      const old = (await rowOf(b)).credentials;
      await save(b, { apiKey: 'key-number-2' });
      await plant((await rowOf(b)).id, old);

      await expect(resolve(b)).rejects.toMatchObject(quarantined);
    });

    it('is reported once, in the trail and to administrators, without its content', async () => {
      await save(b, { apiKey: 'key-number-1' });
      await plant((await rowOf(b)).id, { garbage: 'plaintext-key' });
      await Promise.allSettled([resolve(b), resolve(b), tenancy.get(CredentialReader).read(b, 'acme', 'default')]);
      await expect(resolve(b)).rejects.toMatchObject(quarantined);
      const view = await tenancy.get(IntegrationViews).get({ tenantId: b, provider: 'acme', name: 'default' });
      const { items } = await tenancy.get(AuditLog).list(b, { action: 'integration.quarantined' });

      expect(view.quarantine).toMatchObject({
        at: expect.any(Date),
        reason: expect.stringContaining('cannot be decrypted'),
      });
      expect(items).toMatchObject([{ actor: 'system:vault', target: 'integration:acme/default', outcome: 'failed' }]);
      expect(JSON.stringify([view, items])).not.toContain('plaintext-key');
    });

    it('is lifted by saving again, or by activating the version that is still sound', async () => {
      await save(a, { apiKey: 'key-number-1' });
      await save(b, { apiKey: 'key-number-1' });
      for (const tenantId of [a, b]) {
        await plant((await rowOf(tenantId)).id, {});
        await expect(resolve(tenantId)).rejects.toMatchObject(quarantined);
      }
      await save(a, { apiKey: 'key-number-2' });
      await tenancy.get(IntegrationsAdmin).activate(origin, { tenantId: b, provider: 'acme', name: 'default' });

      expect([await keyOf(a), await keyOf(b)]).toEqual(['key-number-2', 'key-number-1']);
    });

    it('keeps the quarantine when the new credentials are refused', async () => {
      await save(b, { apiKey: 'key-number-1' });
      await plant((await rowOf(b)).id, {});
      await expect(resolve(b)).rejects.toMatchObject(quarantined);
      tenancy.probe.answer = (): Outcome => ({ kind: 'unauthorized' });
      await expect(save(b, { apiKey: 'key-number-2' })).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
      tenancy.probe.answer = (): Outcome => ({ kind: 'ok', output: {} });

      await expect(resolve(b)).rejects.toMatchObject(quarantined);
    });

    it('nothing is carried over from a version that does not open; saving all of it still works', async () => {
      const ref = { tenantId: b, provider: 'acme', name: 'default' };
      const admin = tenancy.get(IntegrationsAdmin);
      await save(a, { apiKey: 'key-of-tenant-a' });
      await save(b, { apiKey: 'key-number-1' });
      await tenancy.asSuperuser(
        `UPDATE integration_versions SET envelope = (SELECT envelope FROM integration_versions WHERE tenant_id = $1) WHERE tenant_id = $2`,
        [a, b],
      );

      await expect(admin.patch(origin, ref, { config: { label: 'x' } })).rejects.toMatchObject(quarantined);
      await expect(admin.verify(origin, ref)).rejects.toMatchObject(quarantined);
      expect(await keyOf(b)).toBe('key-number-1');
      await save(b, { apiKey: 'key-number-2' });
      expect(await keyOf(b)).toBe('key-number-2');
    });

    it('a process without the newest key does not take the row from the others', async () => {
      const ring = `new-1:${randomBytes(32).toString('base64')},${KEY_RING}`;
      const newer = await tenancy.another({ KEY_RING: ring });
      await newer
        .get(IntegrationsAdmin)
        .put(origin, { tenantId: b, provider: 'acme', name: 'default' }, { secrets: { apiKey: 'under-the-new' } });

      await expect(resolve(b)).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING', kid: 'new-1' });
      expect(await keyOf(b, newer)).toBe('under-the-new');
      await newer.close();
    });
  });
});

function flipped(credentials: { ct: string }): object {
  const ct = Buffer.from(credentials.ct, 'base64');
  ct[0] = (ct[0] ?? 0) ^ 1;
  return { ...credentials, ct: ct.toString('base64') };
}
