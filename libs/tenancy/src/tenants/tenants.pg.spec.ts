import { SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import type { WorkRecord } from '../../../../test/support/tenancy.fixture';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { AuditLog } from '../audit/audit-log';
import { AuditVerifier } from '../audit/audit-verifier';
import { TenantWork } from '../ports/tenant-work.port';
import { Tenants } from './tenants';

const origin = { actor: 'api-key:1', ip: '10.0.0.1', requestId: 'r-1' };

describe('tenants', () => {
  let tenancy: Tenancy;
  let tenants: Tenants;

  beforeAll(async () => {
    tenancy = await startTenancy();
    tenants = tenancy.get(Tenants);
  });
  afterAll(() => tenancy.close());

  it('makes the system tenant at boot, once, also when two processes start together', async () => {
    const others = await Promise.all([tenancy.another(), tenancy.another()]);
    await Promise.all(others.map((other) => other.get(Tenants).ensureSystemTenant()));
    const [{ count } = {}] = await tenancy.asSuperuser(
      `SELECT count(*)::int AS count FROM tenants WHERE name = 'Platform'`,
    );

    expect(count).toBe(1);
    expect(await tenants.get(SYSTEM_TENANT_ID)).toMatchObject({ status: 'active' });
    await Promise.all(others.map((other) => other.close()));
  });

  it('creates a tenant with a random external id, and says so in the platform’s trail', async () => {
    const [one, two] = [await tenants.create(origin, { name: 'Uno' }), await tenants.create(origin, { name: 'Dos' })];

    expect(one.externalId).toMatch(/^puente-[\w-]{32}$/);
    expect(one.externalId).not.toBe(two.externalId);
    expect(one).not.toHaveProperty('dataKey');
    const [entry] = (await tenancy.get(AuditLog).list(SYSTEM_TENANT_ID, { action: 'tenant.created' })).items;
    expect(entry).toMatchObject({ ...origin, target: `tenant:${two.id}` });
  });

  it('takes an id from outside, once', async () => {
    const id = uuidv7();
    expect(await tenants.create(origin, { id, name: 'Tres' })).toMatchObject({ id, name: 'Tres' });
    await expect(tenants.create(origin, { id, name: 'Otra' })).rejects.toMatchObject({ code: 'TENANT_EXISTS' });
    await expect(tenants.create(origin, { id: 'nope', name: 'x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(tenants.create(origin, { name: ' ' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(tenants.create(origin, { name: 'a\u0000b' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('lists by cursor, without gaps or repeats', async () => {
    const ids: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = await tenants.list(cursor, 2);
      ids.push(...page.items.map(({ id }) => id));
      more = page.next !== null;
      cursor = page.next ?? undefined;
    }
    const all = await tenancy.asSuperuser(`SELECT id FROM tenants ORDER BY id`);

    expect(ids).toEqual(all.map(({ id }) => id));
    expect(ids[0]).toBe(SYSTEM_TENANT_ID);
    await expect(tenants.list('x')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('suspends and activates; repeating it changes nothing', async () => {
    const { id } = await tenants.create(origin, { name: 'Cuatro' });
    const work = tenancy.get(TenantWork) as WorkRecord;
    expect(await tenants.suspend(origin, id)).toMatchObject({ status: 'suspended', suspendedAt: expect.any(Date) });
    expect(await tenants.suspend(origin, id)).toMatchObject({ status: 'suspended' });
    expect(work.wentOn).toBe(0);
    expect(await tenants.activate(origin, id)).toMatchObject({ status: 'active', suspendedAt: null });
    expect(work.wentOn).toBe(1);
    const log = tenancy.get(AuditLog);
    const actionsIn = async (trail: string): Promise<string[]> =>
      (await log.list(trail)).items.filter(({ target }) => target === `tenant:${id}`).map(({ action }) => action);

    expect(await actionsIn(SYSTEM_TENANT_ID)).toEqual(['tenant.activated', 'tenant.suspended', 'tenant.created']);
    expect(await actionsIn(id)).toEqual(['tenant.activated', 'tenant.suspended']);
    const verifier = tenancy.get(AuditVerifier);
    expect([await verifier.verify(id), await verifier.verify(SYSTEM_TENANT_ID)]).toMatchObject([
      { ok: true },
      { ok: true },
    ]);
  });

  it('never suspends itself, and knows what is not there', async () => {
    await expect(tenants.suspend(origin, SYSTEM_TENANT_ID)).rejects.toMatchObject({ code: 'TENANT_STATE_CONFLICT' });
    for (const id of [uuidv7(), 'x', ''])
      for (const call of [tenants.get(id), tenants.suspend(origin, id), tenants.activate(origin, id)].map(codeOf))
        expect(await call).toBe('TENANT_NOT_FOUND');
  });
});

function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}
