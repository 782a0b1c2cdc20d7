import { randomBytes } from 'node:crypto';
import { TENANT_TABLES } from '@puente/database';
import { type JsonValue, SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { ApiKeys } from '../api-keys/api-keys';
import { AuditLog } from '../audit/audit-log';
import { TenantPayloadCipher } from '../envelopes/tenant-payload-cipher';
import { IntegrationsAdmin } from '../integrations/integrations-admin';
import { TenantDeletion } from '../tenants/tenant-deletion';
import { Tenants } from '../tenants/tenants';
import { pageOf } from './export-pages';
import { TenantExport } from './tenant-export';

const origin = { actor: 'api-key:1' };
const SECRET = 'CANARY-secret-of-acme';

type Line = Readonly<Record<string, unknown>> & { readonly type: string };

describe('the export of a tenant', () => {
  let tenancy: Tenancy;
  let id: string;
  let key: string;

  beforeAll(async () => {
    tenancy = await startTenancy();
  });
  beforeEach(async () => {
    ({ id } = await tenancy.tenant('Comercial Ñandú'));
    const { key: secret } = await tenancy.get(ApiKeys).create(origin, id, { name: 'caja', scopes: ['client'] });
    key = secret.reveal();
    const ref = { tenantId: id, provider: 'acme', name: 'default' };
    await tenancy.get(IntegrationsAdmin).put(origin, ref, { secrets: { apiKey: SECRET }, config: { label: 'caja' } });
  });
  afterAll(() => tenancy.close());

  const lines = async (options: { payloads?: boolean } = {}, of = id): Promise<Line[]> => {
    const found: Line[] = [];
    for await (const line of await tenancy.get(TenantExport).begin(origin, of, options))
      found.push(JSON.parse(line) as Line);
    return found;
  };
  const ofType = (all: readonly Line[], type: string): Line[] => all.filter((line) => line.type === type);
  /** Operations with an attempt each, as if they had been accepted and done. @returns their ids, oldest first */
  const operations = async (inputs: readonly JsonValue[]): Promise<string[]> => {
    const cipher = tenancy.get(TenantPayloadCipher);
    const rows = await Promise.all(
      inputs.map(async (input) => {
        const rowId = uuidv7();
        return {
          id: rowId,
          input: await cipher.seal({ tenantId: id, table: 'operations', rowId, column: 'input' }, input),
        };
      }),
    );
    await tenancy.asSuperuser(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($2) AS g(id uuid, input jsonb)), made AS (
         INSERT INTO operations (id, tenant_id, provider, operation, effect, on_unknown, policy, request_hash, input, state,
           next_attempt_at, created_at, updated_at, settled_at)
         SELECT id, $1, 'acme', 'do', 'once', 'review', 'payment', '\\x5ec4e7', input, 'succeeded', now(), now(), now(), now()
         FROM given RETURNING id)
       INSERT INTO attempts (tenant_id, operation_id, fence, number, mode, owner, started_at, ended_at, duration_ms, outcome,
         applied) SELECT $1, id, 1, 1, 'call', 'worker:host-7', now(), now(), 1, 'ok', true FROM made`,
      [id, JSON.stringify(rows)],
    );
    return rows.map((row) => row.id);
  };

  it('has everything but secrets, and ends with how much that was', async () => {
    const [operation] = await operations([{ text: 'Va en camino \u202e🚚' }]);
    const all = await lines();

    expect(all[0]).toMatchObject({ type: 'export', version: 1, payloads: true });
    expect(ofType(all, 'tenant')).toMatchObject([{ id, name: 'Comercial Ñandú', status: 'active' }]);
    expect(ofType(all, 'api_key')).toMatchObject([{ name: 'caja', scopes: ['client'] }]);
    const [integration] = ofType(all, 'integration');
    expect(integration).toMatchObject({ provider: 'acme', config: { label: 'caja' }, activeVersion: 1 });
    expect(Math.abs(Date.now() - Date.parse(String(integration?.createdAt)))).toBeLessThan(60_000);
    expect(ofType(all, 'integration_version')).toMatchObject([{ version: 1, state: 'active' }]);
    expect(ofType(all, 'operation')).toMatchObject([
      { id: operation, state: 'succeeded', input: { text: 'Va en camino \u202e🚚' }, output: null },
    ]);
    expect(ofType(all, 'attempt')).toMatchObject([{ operationId: operation, outcome: 'ok' }]);
    expect(ofType(all, 'audit_entry').at(-1)).toMatchObject({
      action: 'tenant.exported',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const counts = Object.fromEntries(all.slice(1, -1).map(({ type }) => [type, ofType(all, type).length]));
    expect(all.at(-1)).toEqual({ type: 'end', counts });
  });

  it('has no secret in any form: no ciphertext, no hash of a key, no fingerprint, no name of our machines (T15)', async () => {
    await operations([{ text: 'x' }]);
    const [stored] = await tenancy.asSuperuser(
      `SELECT encode(k.secret_hash, 'hex') AS hash, encode(k.secret_hash, 'base64') AS base64, v.envelope, v.fingerprints,
              i.credentials, t.data_key FROM tenants t JOIN api_keys k ON k.tenant_id = t.id
       JOIN tenant_integrations i ON i.tenant_id = t.id JOIN integration_versions v ON v.tenant_id = t.id WHERE t.id = $1`,
      [id],
    );
    const forbidden = [SECRET, key, key.split('_').at(-1), '5ec4e7', 'host-7', ...textsOf(stored)];
    const text = JSON.stringify(await lines());

    expect(forbidden.length).toBeGreaterThan(12);
    for (const secret of forbidden) expect(text).not.toContain(secret);
  });

  it('leaves the payloads away when nobody needs them', async () => {
    await operations([{ text: 'privado' }]);
    const all = await lines({ payloads: false });

    expect(all[0]).toMatchObject({ payloads: false });
    expect(ofType(all, 'operation')[0]).not.toHaveProperty('input');
    expect(JSON.stringify(all)).not.toContain('privado');
  });

  it('goes through many pages, in order and without gaps; a page is short when its payloads are large', async () => {
    const small = await operations(Array.from({ length: 600 }, (_, n) => ({ n })));
    const text = randomBytes(400_000).toString('hex');
    const large = await operations(Array.from({ length: 9 }, (_, n) => ({ n, text })));
    const found = ofType(await lines(), 'operation');

    expect(found.map((line) => line.id)).toEqual([...small, ...large]);
    expect(found.slice(0, 600).map((line) => (line.input as { n: number }).n)).toEqual(small.map((_, n) => n));
    const spec = TENANT_TABLES.find(({ table }) => table === 'operations');
    if (!spec || typeof spec.exported === 'string') throw new Error('operations are exported');
    const { sql, params } = pageOf(spec, spec.exported, true, [found[599]?.seq]);
    expect((await tenancy.rows.run(id, (tx) => tx.query(sql, params))).length).toBeLessThan(6);
  });

  it('marks what does not open, and goes on', async () => {
    const [first, second] = await operations([{ n: 1 }, { n: 2 }]);
    await tenancy.asSuperuser(
      `UPDATE operations o SET input = (SELECT input FROM operations WHERE id = $2) WHERE o.id = $1`,
      [first, second],
    );
    expect(ofType(await lines(), 'operation')).toMatchObject([
      { id: first, input: null, unreadable: ['input'] },
      { id: second, input: { n: 2 } },
    ]);
  });

  it('holds nothing of another tenant', async () => {
    await operations([{ text: 'de la vecina' }]);
    const { id: neighbour } = await tenancy.tenant('Otra');
    const text = JSON.stringify(await lines({}, neighbour));

    expect(text).not.toContain(id);
    expect(text).not.toContain('Ñandú');
    expect(text).not.toContain('de la vecina');
  });

  it('is written to both trails before its first line, and holds no connection between two', async () => {
    const exported = await tenancy.get(TenantExport).begin(origin, id, { payloads: false });
    for (const trail of [id, SYSTEM_TENANT_ID]) {
      const { items } = await tenancy.get(AuditLog).list(trail, { action: 'tenant.exported' });
      expect(items[0]).toMatchObject({ ...origin, target: `tenant:${id}`, detail: { payloads: false } });
    }
    await operations(Array.from({ length: 3 }, (_, n) => ({ n })));
    for (let taken = 0; taken < 7; taken += 1) await exported.next();
    const busy = await tenancy.asSuperuser(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    expect(busy).toEqual([]);
    await exported.return(undefined);
    expect(await exported.next()).toEqual({ done: true, value: undefined });
  });

  it('breaks off, without its last line, when the tenant is deleted meanwhile', async () => {
    await operations(Array.from({ length: 600 }, (_, n) => ({ n })));
    await tenancy.get(Tenants).suspend(origin, id);
    const exported = await tenancy.get(TenantExport).begin(origin, id);
    const taken: string[] = [];
    const takeAll = async (): Promise<void> => {
      for await (const line of exported) {
        taken.push(line);
        if (line.startsWith('{"type":"operation"') && taken.length === 100)
          await tenancy.get(TenantDeletion).delete(origin, id, { confirm: 'Comercial Ñandú' });
      }
    };

    await expect(takeAll()).rejects.toMatchObject({ code: expect.stringMatching(/^TENANT_/) });
    expect(taken.some((line) => line.startsWith('{"type":"end"'))).toBe(false);
  });

  it('is for tenants that exist', async () => {
    for (const unknown of [uuidv7(), 'x'])
      await expect(lines({}, unknown)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
  });
});

/** Every text in a value that is long enough to be told from chance. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 8 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
