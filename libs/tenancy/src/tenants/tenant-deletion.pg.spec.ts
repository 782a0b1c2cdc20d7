import { SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { startTenancy, type Tenancy, type WorkRecord } from '../../../../test/support/tenancy.fixture';
import { ApiKeys } from '../api-keys/api-keys';
import { AuditLog } from '../audit/audit-log';
import { AuditVerifier } from '../audit/audit-verifier';
import { TenantPayloadCipher } from '../envelopes/tenant-payload-cipher';
import { TenantExport } from '../export/tenant-export';
import { IntegrationsAdmin } from '../integrations/integrations-admin';
import { TenantWork } from '../ports/tenant-work.port';
import { TenantCredentialVault } from '../vault/tenant-credential-vault';
import { TenantDeletion } from './tenant-deletion';
import { TenantErasure } from './tenant-erasure';
import { Tenants } from './tenants';

const origin = { actor: 'api-key:1' };
const SECRET = 'CANARY-secret-1';

describe('deleting a tenant', () => {
  let tenancy: Tenancy;
  let other: Tenancy;
  let deletion: TenantDeletion;

  beforeAll(async () => {
    tenancy = await startTenancy();
    other = await tenancy.another();
    deletion = tenancy.get(TenantDeletion);
  });
  afterAll(async () => {
    await other.close();
    await tenancy.close();
  });

  const suspended = async (name: string): Promise<string> => {
    const { id } = await tenancy.tenant(name);
    await tenancy.get(Tenants).suspend(origin, id);
    return id;
  };
  /** With credentials, a key and a payload, all of them used in both processes, so that both have them in memory. */
  const furnished = async (name: string) => {
    const { id } = await tenancy.tenant(name);
    const ref = { tenantId: id, provider: 'acme', name: 'default' };
    await tenancy.get(IntegrationsAdmin).put(origin, ref, { secrets: { apiKey: SECRET } });
    const { key } = await tenancy.get(ApiKeys).create(origin, id, { name: `${name}’s laptop`, scopes: ['client'] });
    const place = { tenantId: id, table: 'operations', rowId: uuidv7(), column: 'input' };
    const sealed = await tenancy.get(TenantPayloadCipher).seal(place, { text: 'hola' });
    const uses = (of: Tenancy) => ({
      key: () => of.get(ApiKeys).authenticate(key.reveal()),
      credentials: () => of.get(TenantCredentialVault).resolve(id, 'acme', 'default'),
      payload: () => of.get(TenantPayloadCipher).open(place, sealed),
    });
    for (const running of [tenancy, other]) for (const use of Object.values(uses(running))) await use();
    return { id, ref, uses };
  };

  it('needs a suspension, and the tenant’s name', async () => {
    const { id } = await tenancy.tenant('Uno');
    const deleted = (options = { confirm: 'Uno' }, of = id) => deletion.delete(origin, of, options);
    await expect(deleted()).rejects.toMatchObject({ code: 'TENANT_STATE_CONFLICT' });
    await tenancy.get(Tenants).suspend(origin, id);
    await expect(deleted({ confirm: 'uno' })).rejects.toMatchObject({ errors: [{ path: 'confirm' }] });
    await expect(deleted({ confirm: 'Platform' }, SYSTEM_TENANT_ID)).rejects.toMatchObject({
      code: 'TENANT_STATE_CONFLICT',
    });
    for (const unknown of [uuidv7(), 'x'])
      await expect(deleted({ confirm: 'Uno' }, unknown)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    expect(await tenancy.get(Tenants).get(id)).toMatchObject({ status: 'suspended', name: 'Uno' });
  });

  it('ends its keys, its credentials and its payloads, in every process', async () => {
    const { id, uses } = await furnished('Dos');
    const neighbour = await furnished('Vecina');
    await tenancy.get(Tenants).suspend(origin, id);
    await deletion.delete(origin, id, { confirm: 'Dos' });

    for (const running of [tenancy, other]) {
      await expect(uses(running).key()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(uses(running).credentials()).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' });
      await expect(running.get(TenantExport).begin(origin, id)).rejects.toMatchObject({
        code: 'TENANT_STATE_CONFLICT',
      });
      for (const use of Object.values(neighbour.uses(running))) expect(await use()).toBeDefined();
    }
    await expect(uses(tenancy).payload()).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
    const left = await tenancy.asSuperuser(
      `SELECT (SELECT count(*)::int FROM tenant_integrations WHERE tenant_id = $1) AS integrations,
              (SELECT count(*)::int FROM integration_versions WHERE tenant_id = $1) AS versions,
              (SELECT data_key FROM tenants WHERE id = $1) AS key`,
      [id],
    );
    expect(left).toEqual([{ integrations: 0, versions: 0, key: null }]);
  });

  it('leaves a tombstone that nothing brings back, and answers the same when repeated', async () => {
    const id = await suspended('Tres');
    await deletion.delete(origin, id, { confirm: 'Tres' });
    await deletion.delete(origin, id, { confirm: 'anything' });
    const tenants = tenancy.get(Tenants);

    expect(await tenants.get(id)).toMatchObject({ status: 'deleted', name: 'deleted', deletedAt: expect.any(Date) });
    await expect(tenants.activate(origin, id)).rejects.toMatchObject({ code: 'TENANT_STATE_CONFLICT' });
    await expect(tenants.create(origin, { id, name: 'Otra' })).rejects.toMatchObject({ code: 'TENANT_EXISTS' });
    await expect(tenancy.get(ApiKeys).create(origin, id, { name: 'k', scopes: ['client'] })).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
    });
  });

  it('keeps both audit trails, whole, with the names of what was given up', async () => {
    const id = await suspended('Cuatro');
    const work = tenancy.get(TenantWork) as WorkRecord;
    const operation = uuidv7();
    work.waiting = [{ state: 'unknown', count: 1, ids: [operation] }];
    await expect(deletion.delete(origin, id, { confirm: 'Cuatro' })).rejects.toMatchObject({
      code: 'TENANT_UNFINISHED',
      message: expect.stringContaining('1 unknown'),
    });
    work.waiting = [{ state: 'running', count: 1, ids: [operation] }];
    await expect(deletion.delete(origin, id, { confirm: 'Cuatro', force: true })).rejects.toMatchObject({
      code: 'TENANT_UNFINISHED',
    });
    work.waiting = [{ state: 'unknown', count: 1, ids: [operation] }];
    await deletion.delete(origin, id, { confirm: 'Cuatro', force: true });
    await tenancy.get(TenantErasure).run(id);

    for (const trail of [id, SYSTEM_TENANT_ID]) {
      expect(await tenancy.get(AuditVerifier).verify(trail)).toMatchObject({ ok: true });
      const entries = (await tenancy.get(AuditLog).list(trail)).items.filter(({ target }) => target === `tenant:${id}`);
      expect(entries.slice(0, 2)).toMatchObject([
        { action: 'tenant.erased', actor: 'system:erasure' },
        { action: 'tenant.deleted', detail: { abandoned: [{ state: 'unknown', count: 1, operations: [operation] }] } },
      ]);
      expect(JSON.stringify(entries)).not.toContain('Cuatro');
    }
  });

  it('is erased once, whoever does it, also after a stop in the middle', async () => {
    const { id } = await furnished('Cinco');
    const events = Array.from({ length: 2_500 }, (_, n) => `k-${String(n)}`);
    await tenancy.asSuperuser(
      `INSERT INTO inbox (tenant_id, source, message_key, received_at) SELECT $1, 's', k, now() FROM unnest($2::text[]) k`,
      [id, events],
    );
    await tenancy.get(Tenants).suspend(origin, id);
    await deletion.delete(origin, id, { confirm: 'Cinco' });
    const erasure = tenancy.get(TenantErasure);
    expect(await erasure.pending()).toContain(id);
    const stopped = new AbortController();
    const onPage = (table: string): void => {
      if (table === 'inbox') stopped.abort();
    };
    expect(await erasure.run(id, { signal: stopped.signal, onPage })).toBe(false);
    expect(await tenancy.get(Tenants).get(id)).toMatchObject({ erasedAt: null });
    const both = await Promise.all([erasure.run(id), other.get(TenantErasure).run(id)]);

    expect(both).toEqual([true, true]);
    expect(await erasure.pending()).not.toContain(id);
    const [row] = await tenancy.asSuperuser(
      `SELECT (SELECT count(*)::int FROM inbox WHERE tenant_id = $1) AS inbox,
              (SELECT array_agg(name) FROM api_keys WHERE tenant_id = $1) AS names`,
      [id],
    );
    expect(row).toEqual({ inbox: 0, names: [''] });
    const erased = (await tenancy.get(AuditLog).list(id, { action: 'tenant.erased' })).items;
    expect(erased).toHaveLength(1);
  });

  describe('while somebody still writes for it', () => {
    const insert = (tx: { query(sql: string, params: unknown[]): Promise<unknown> }, id: string) =>
      tx.query(`INSERT INTO notification_handlers (id, tenant_id, kind) VALUES ($1, $2, 'kind')`, [uuidv7(), id]);

    it('waits for a transaction that has begun to', async () => {
      const id = await suspended('Seis');
      const order: string[] = [];
      let deleting: Promise<void> | undefined;
      await tenancy.rows.run(id, async (tx) => {
        await insert(tx, id);
        deleting = deletion.delete(origin, id, { confirm: 'Seis' }).then(() => void order.push('deleted'));
        await until(
          tenancy,
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        order.push('written');
      });
      await deleting;

      expect(order).toEqual(['written', 'deleted']);
      const left = await tenancy.asSuperuser(`SELECT FROM notification_handlers WHERE tenant_id = $1`, [id]);
      expect(left).toEqual([]);
    });

    it('refuses one that comes while it is going on, and every one afterwards', async () => {
      const id = await suspended('Siete');
      let writing: Promise<unknown> | undefined;
      await tenancy.rows.run(id, async (tx) => {
        await tx.query(`SELECT FROM tenants WHERE id = $1 FOR UPDATE`, [id]);
        writing = other.rows.run(id, (late) => insert(late, id)).catch((error: unknown) => error);
        await until(
          tenancy,
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        await tx.query(
          `UPDATE tenants SET status = 'deleted', data_key = NULL, deleted_at = puente_now() WHERE id = $1`,
          [id],
        );
      });

      expect(await writing).toMatchObject({ code: '23T01' });
      await expect(tenancy.rows.run(id, (tx) => insert(tx, id))).rejects.toMatchObject({ code: '23T01' });
    });
  });
});

async function until(tenancy: Tenancy, holds: string): Promise<void> {
  for (let left = 500; left > 0; left -= 1) {
    if ((await tenancy.asSuperuser(holds)).length > 0) return;
    await tenancy.asSuperuser(`SELECT pg_sleep(0.01)`);
  }
  throw new Error(`It did not become true: ${holds}`);
}
