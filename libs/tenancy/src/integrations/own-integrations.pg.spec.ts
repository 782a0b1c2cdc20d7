import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { TenantCredentialVault } from '../vault/tenant-credential-vault';
import type { IntegrationRef } from './integration-ref';
import { IntegrationViews } from './integration-views';
import { IntegrationsAdmin } from './integrations-admin';
import { OwnIntegrations } from './own-integrations';

const origin = { actor: 'test' };

describe('an integration that belongs to something of a flow', () => {
  let tenancy: Tenancy;
  let admin: IntegrationsAdmin;
  let ref: IntegrationRef;

  beforeAll(async () => {
    tenancy = await startTenancy();
    admin = tenancy.get(IntegrationsAdmin);
  });
  afterAll(() => tenancy.close());

  const vault = () => tenancy.get(TenantCredentialVault);
  const views = () => tenancy.get(IntegrationViews);

  beforeEach(async () => {
    ref = { tenantId: (await tenancy.tenant()).id, provider: 'owned', name: 'thing-1' };
    const fields = { secrets: { signing: 'key-number-1' }, config: {} };
    await tenancy.rows.run(ref.tenantId, (tx) => tenancy.get(OwnIntegrations).save(tx, origin, ref, fields));
  });

  it('is changed by that flow alone', async () => {
    const secrets = { signing: 'key-number-2' };
    const acts = [
      () => admin.put(origin, ref, { secrets }),
      () => admin.put(origin, { ...ref, name: 'thing-2' }, { secrets }),
      () => admin.patch(origin, ref, { config: {} }),
      () => admin.rotate(origin, ref, { secrets }),
      () => admin.finishRotation(origin, ref),
      () => admin.rollBackRotation(origin, ref),
      () => admin.activate(origin, ref),
      () => admin.deactivate(origin, ref),
      () => admin.delete(origin, ref),
    ];
    for (const act of acts)
      await expect(act()).rejects.toMatchObject({
        code: 'INTEGRATION_MANAGED',
        message: expect.stringContaining('/v1/things') as string,
      });
    expect((await vault().resolve(ref.tenantId, 'owned', 'thing-1')).secrets.reveal()).toEqual({
      signing: 'key-number-1',
    });
    expect(await admin.verify(origin, ref)).toMatchObject({ version: 1, verdict: 'good' });
  });

  it('is seen by its name, and not among the others', async () => {
    await admin.put(origin, { ...ref, provider: 'acme', name: 'default' }, { secrets: { apiKey: 'key-number-1' } });

    expect(await views().get(ref)).toMatchObject({ name: 'thing-1', isActive: true });
    const listed = await views().list(ref.tenantId);
    expect(listed.map(({ provider }) => provider)).toEqual(['acme']);
  });
});
