import { OwnerDatabase } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import type { Tenancy } from '../../../../test/support/tenancy.fixture';
import { AuditLog } from '../audit/audit-log';
import { AuditVerifier } from '../audit/audit-verifier';
import { IntegrationViews } from '../integrations/integration-views';
import { IntegrationsAdmin } from '../integrations/integrations-admin';
import { Tenants } from '../tenants/tenants';
import { TenantCredentialVault } from '../vault/tenant-credential-vault';
import { acmeOf, origin, RotationBench, silent } from '../../../../test/support/key-rotation.fixture';
import { KeyRetirement } from './key-retirement';
import type { UnreadableRow } from './rewrapping';
import { WRAPPED_COLUMNS } from './wrapped-columns';

describe('key rotation', () => {
  let bench: RotationBench;
  let [a, b] = ['', ''];

  beforeAll(async () => {
    bench = await RotationBench.start();
    [a, b] = bench.tenants;
  });
  afterAll(() => bench.close());
  afterEach(() => bench.reset());

  const sql = (text: string, ...params: unknown[]) => bench.tenancy.asSuperuser(text, params);
  const save = (on: Tenancy, tenantId: string, apiKey: string): Promise<void> =>
    on.get(IntegrationsAdmin).put(origin, acmeOf(tenantId), { secrets: { apiKey } });
  const keyActions = async (): Promise<unknown[]> => {
    const { items } = await bench.tenancy.get(AuditLog).list(SYSTEM_TENANT_ID);
    return items
      .filter(({ action }) => action.startsWith('encryption_key'))
      .map(({ action, target, outcome, detail }) => [action, target, outcome, detail])
      .reverse();
  };
  /** Until somebody waits for a lock: then the two transactions really overlap. */
  const somebodyWaits = async (): Promise<void> => {
    const end = Date.now() + 10_000;
    while (Date.now() < end) {
      const [row] = await sql(`SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted`);
      if (row?.waiting) return;
    }
    throw new Error('Nobody came to wait for the lock');
  };

  it('changes the wrapped data keys and nothing else', async () => {
    const content = `SELECT envelope - 'kid' - 'wdk' AS content, id, state, activated_at FROM integration_versions
      UNION ALL SELECT credentials - 'kid' - 'wdk', id, active_version::text, updated_at FROM tenant_integrations
      UNION ALL SELECT data_key - 'kid' - 'wdk', id, status, updated_at FROM tenants ORDER BY id, content`;
    const wrapped = `SELECT envelope ->> 'wdk' AS wdk FROM integration_versions
      UNION SELECT credentials ->> 'wdk' FROM tenant_integrations UNION SELECT data_key ->> 'wdk' FROM tenants`;
    const [before, old] = [await sql(content), await sql(wrapped)];
    const told: unknown[] = [];
    const report = await bench.rotateTo(1, { ...silent, rewrapped: (...line) => told.push(line) });

    expect(await sql(content)).toEqual(before);
    expect(
      await sql(
        `(${wrapped}) INTERSECT SELECT unnest($1::text[])`,
        old.map(({ wdk }) => wdk),
      ),
    ).toEqual([]);
    expect(report).toMatchObject({ kid: 'key-1', rewrapped: RotationBench.rows, retired: ['key-0'] });
    expect(told).toEqual([
      ['tenants.data_key', 3],
      ['integration_versions.envelope', 4],
      ['tenant_integrations.credentials', 3],
    ]);
    expect(await bench.readsEverything()).toEqual(bench.everything());
  });

  it('is in the platform’s trail, which stays whole; a run with nothing to do is not', async () => {
    await bench.rotateTo(1);
    await bench.rotation(bench.ring(1)).run(origin, silent);

    expect(await keyActions()).toEqual([
      ['encryption_key.introduced', 'encryption_key:key-1', 'done', {}],
      ['encryption_key.rotation_started', 'encryption_key:key-1', 'done', { rows: RotationBench.rows }],
      ['encryption_key.retired', 'encryption_key:key-0', 'done', {}],
      [
        'encryption_key.rotation_finished',
        'encryption_key:key-1',
        'done',
        { rewrapped: RotationBench.rows, unreadable: 0, retired: 1 },
      ],
    ]);
    expect(await bench.tenancy.get(AuditVerifier).verify(SYSTEM_TENANT_ID)).toMatchObject({ ok: true });
  });

  it('planned, changes nothing', async () => {
    await bench.boot(bench.ring(1));
    const before = await keyActions();

    expect(await bench.rotation(bench.ring(1)).plan()).toEqual([
      { column: 'tenants.data_key', kid: 'key-0', rows: 3 },
      { column: 'integration_versions.envelope', kid: 'key-0', rows: 4 },
      { column: 'tenant_integrations.credentials', kid: 'key-0', rows: 3 },
    ]);
    expect([await bench.rowsUnder('key-0'), await keyActions()]).toEqual([RotationBench.rows, before]);
  });

  it('leaves out what is erased: deleted tenants, revoked versions, integrations without credentials', async () => {
    await sql(`UPDATE tenants SET status = 'deleted', deleted_at = now(), data_key = NULL WHERE id = $1`, b);
    await sql(`UPDATE integration_versions SET envelope = '{}', state = 'revoked' WHERE tenant_id = $1`, b);
    await sql(`UPDATE tenant_integrations SET credentials = '{}', is_active = false WHERE tenant_id = $1`, b);

    expect(await bench.rotateTo(1)).toMatchObject({ rewrapped: 7, unreadable: [], retired: ['key-0'] });
  });

  describe('beside running processes', () => {
    it('fails no call: the same credentials, under the same version, before, during and after', async () => {
      const vault = bench.tenancy.get(TenantCredentialVault);
      const { version } = await vault.resolve(a, 'acme', 'default');
      const rotated = new AbortController();
      const versions = new Set<string>();
      const calls = (async () => {
        while (!rotated.signal.aborted) {
          const { secrets, version: now } = await vault.resolve(a, 'acme', 'default');
          versions.add(`${now} ${String(secrets.reveal().apiKey)}`);
        }
      })();
      for (const next of [1, 2, 3]) await bench.rotateTo(next);
      rotated.abort();
      await calls;

      expect([...versions]).toEqual([`${version} key-of-${a}`]);
      expect(await bench.rowsUnder('key-3')).toBe(RotationBench.rows);
    });

    it('does not undo what an administrator saves at the same moment', async () => {
      const [before] = await sql(`SELECT credentials FROM tenant_integrations WHERE tenant_id = $1`, a);
      await save(bench.tenancy, a, 'saved-meanwhile');
      const [saved] = await sql(
        `SELECT id, credentials, active_version FROM tenant_integrations WHERE tenant_id = $1`,
        a,
      );
      await sql(`UPDATE tenant_integrations SET credentials = $2, active_version = 2 WHERE id = $1`, saved!.id, before!.credentials); // prettier-ignore
      await bench.boot(bench.ring(1));
      await sql('BEGIN');
      await sql(
        `UPDATE tenant_integrations SET credentials = $2, active_version = $3 WHERE id = $1`,
        ...[saved!.id, saved!.credentials, saved!.active_version],
      );
      const running = bench.rotation(bench.ring(1)).run(origin, silent);
      await somebodyWaits();
      await sql('COMMIT');
      const report = await running;

      // What was saved was under the old key again, by a process that still writes it. It is re-wrapped, and that is said.
      expect(report).toMatchObject({ unreadable: [], stillWritten: ['key-0'], retired: [] });
      expect((await bench.resolve(a, 'acme')).apiKey).toBe('saved-meanwhile');
      expect(await bench.rowsUnder('key-0')).toBe(0);
    });

    it('notices what is written under the old key while it runs, and retires that key only in a later run', async () => {
      await bench.boot(bench.ring(1));
      await sql(`CREATE TABLE before AS SELECT id, data_key FROM tenants WHERE id = '${a}'`);
      await sql(`CREATE FUNCTION stale_process() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN UPDATE tenants t SET data_key = b.data_key FROM before b WHERE b.id = t.id; DELETE FROM before; RETURN NULL; END $$`);
      await sql(
        `CREATE TRIGGER stale AFTER UPDATE ON tenant_integrations FOR EACH ROW EXECUTE FUNCTION stale_process()`,
      );
      const [first, second] = [
        await bench.rotation(bench.ring(1)).run(origin, silent),
        await bench.rotation(bench.ring(1)).run(origin, silent),
      ];

      expect(first).toMatchObject({ rewrapped: RotationBench.rows + 1, stillWritten: ['key-0'], retired: [] });
      expect(second).toMatchObject({ rewrapped: 0, stillWritten: [], retired: ['key-0'] });
      expect(await bench.readsEverything()).toEqual(bench.everything());
      await sql(`DROP TRIGGER stale ON tenant_integrations; DROP TABLE before`);
    });

    it('waits, before it retires a key, for whoever is writing under it', async () => {
      await bench.boot(bench.ring(1));
      const [{ data_key: old }] = (await sql(`SELECT data_key FROM tenants WHERE id = $1`, b)) as [
        { data_key: unknown },
      ];
      await sql('BEGIN');
      // Not committed, so no pass sees it; only the lock on the key does.
      await sql(
        `INSERT INTO tenants (id, name, data_key, external_id) VALUES (gen_random_uuid(), 'late', $1, 'x')`,
        old,
      );
      const running = bench.rotation(bench.ring(1)).run(origin, silent);
      await somebodyWaits();
      await sql('COMMIT');

      expect(await running).toMatchObject({ rewrapped: RotationBench.rows, retired: [], stillWritten: ['key-0'] });
      expect(await bench.rowsUnder('key-0')).toBe(1);
    });

    it('two runs at once: the second waits, finds nothing left, and both end well', async () => {
      await bench.boot(bench.ring(1));
      let waited = 0;
      const progress = { ...silent, waiting: () => (waited += 1) };
      const another = new OwnerDatabase(bench.tenancy.database.ownerUrl, 'test-2');
      const reports = await Promise.all([
        bench.rotation(bench.ring(1)).run(origin, progress),
        bench.rotation(bench.ring(1), another).run(origin, progress),
      ]);
      await another.close();

      expect(reports.map(({ rewrapped }) => rewrapped).sort()).toEqual([0, RotationBench.rows]);
      expect(reports.flatMap(({ retired }) => retired)).toEqual(['key-0']);
      expect(waited).toBe(1);
    });

    it('a process that kept the old order cannot write under the retired key, and is told', async () => {
      await bench.rotateTo(1);
      const newer = await bench.tenancy.another({ KEY_RING: bench.ringText(1) });
      const refused = { code: 'ENCRYPTION_KEY_RETIRED', kid: 'key-0' };

      await expect(save(bench.tenancy, a, 'too-late-0')).rejects.toMatchObject(refused);
      await expect(bench.tenancy.tenant('late')).rejects.toMatchObject(refused);
      await expect(bench.tenancy.get(IntegrationsAdmin).activate(origin, acmeOf(a))).rejects.toMatchObject(refused);
      expect(await bench.readsEverything()).toEqual(bench.everything());
      await save(newer, a, 'in-time-0');
      expect((await bench.resolve(a, 'acme')).apiKey).toBe('in-time-0');
      await expect(bench.boot(bench.ring(0))).rejects.toMatchObject(refused);
      await newer.close();
    });

    it('a process without the new key condemns nothing: it says which key it lacks', async () => {
      const behind = await bench.tenancy.another({ KEY_RING: bench.ringText(0, [0]) });
      await bench.rotateTo(1);
      const lacks = { code: 'ENCRYPTION_KEY_MISSING', kid: 'key-1' };

      await expect(behind.get(TenantCredentialVault).resolve(a, 'acme', 'default')).rejects.toMatchObject(lacks);
      await expect(behind.get(IntegrationsAdmin).verify(origin, acmeOf(a))).rejects.toMatchObject(lacks);
      await expect(bench.openPayload(a, bench.freshCipher(bench.ring(0, [0])))).rejects.toMatchObject(lacks);
      expect((await bench.tenancy.get(IntegrationViews).get(acmeOf(a))).quarantine).toBeNull();
      expect(await bench.readsEverything()).toEqual(bench.everything());
      await behind.close();
    });
  });

  describe('rows that do not open', () => {
    it('are named and left; all others are done; their key stays until they are mended', async () => {
      const [row] = await sql(`SELECT id, credentials FROM tenant_integrations WHERE tenant_id = $1`, a);
      const { wdk } = row!.credentials as { wdk: string };
      await sql(
        `UPDATE tenant_integrations SET credentials = jsonb_set(credentials, '{wdk}', $2) WHERE id = $1`,
        ...[row!.id, JSON.stringify(`${wdk.startsWith('A') ? 'B' : 'A'}${wdk.slice(1)}`)],
      );
      const told: UnreadableRow[] = [];
      const report = await bench.rotateTo(1, { ...silent, unreadable: (bad) => told.push(bad) });
      const bad = { column: 'tenant_integrations.credentials', tenantId: a, rowId: row!.id, kid: 'key-0' };

      expect(told).toEqual([bad]);
      expect(report).toMatchObject({ unreadable: [bad], rewrapped: RotationBench.rows - 1 });
      expect([report.retired, report.stillWritten]).toEqual([[], []]);
      expect((await bench.resolve(b, 'acme')).apiKey).toBe(`key-of-${b}`);
      await expect(bench.resolve(a, 'acme')).rejects.toMatchObject({ code: 'CREDENTIALS_QUARANTINED' });
      expect((await keyActions()).at(-1)).toMatchObject(['encryption_key.rotation_finished', expect.anything(), 'failed', {}]); // prettier-ignore

      const newer = await bench.tenancy.another({ KEY_RING: bench.ringText(1) });
      await save(newer, a, 'saved-again');
      await newer.close();
      expect(await bench.rotation(bench.ring(1)).run(origin, silent)).toMatchObject({
        unreadable: [],
        retired: ['key-0'],
      });
    });

    it.each<[string, string]>([
      ['moved from another tenant', `(SELECT envelope FROM integration_versions WHERE tenant_id = '{b}')`],
      ['that is no envelope', `'"text"'`],
      ['under a key nobody knows', `jsonb_set(envelope, '{kid}', '"nobody-1"')`],
      ['without its data key', `envelope - 'wdk'`],
    ])('a row %s is not carried to the new key', async (_, planted) => {
      const [{ id }] = (await sql(
        `UPDATE integration_versions SET envelope = ${planted.replace('{b}', b)} WHERE tenant_id = $1 AND state = 'active' RETURNING id`,
        a,
      )) as [{ id: string }];
      const [before] = await sql(`SELECT envelope FROM integration_versions WHERE id = $1`, id);
      const report = await bench.rotateTo(1);

      expect(report).toMatchObject({ rewrapped: RotationBench.rows - 1, unreadable: [{ tenantId: a, rowId: id }] });
      expect(await sql(`SELECT envelope FROM integration_versions WHERE id = $1`, id)).toEqual([before]);
    });
  });

  describe('is refused', () => {
    const run = (first: number, others?: number[]) => bench.rotation(bench.ring(first, others)).run(origin, silent);

    it('to a key that no process has started with: they could read nothing any more', async () => {
      await expect(run(1)).rejects.toThrow(/No process has been started with key-1/);
      expect(await bench.rowsUnder('key-0')).toBe(RotationBench.rows);
    });

    it('back to an older key: the ring is not the one that processes run with', async () => {
      await bench.boot(bench.ring(1));
      await expect(run(0)).rejects.toThrow(/key-1 came into use after key-0/);
    });

    it('with a ring that lacks a key, or holds another one under its name', async () => {
      await bench.boot(bench.ring(1));
      await expect(run(1, [])).rejects.toMatchObject({ code: 'KEY_RING_MISMATCH', missing: ['key-0'] });
    });

    it('to a retired key', async () => {
      await bench.rotateTo(1);
      await sql(`UPDATE encryption_keys SET retired_at = now() WHERE kid = 'key-1'`);
      await expect(run(1)).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_RETIRED' });
    });
  });

  describe('retiring by hand', () => {
    it('lets processes start again after a key came into use by mistake, and only when nothing lies under it', async () => {
      const retirement = new KeyRetirement(bench.owner);
      await bench.boot(bench.ring(2));
      await expect(bench.boot(bench.ring(0, [1]))).rejects.toMatchObject({ missing: ['key-2'] });
      await retirement.retire(origin, 'key-2');
      await retirement.retire(origin, 'key-2');

      await expect(bench.boot(bench.ring(0, [1]))).resolves.toBeUndefined();
      await expect(retirement.retire(origin, 'key-0')).rejects.toMatchObject({ rows: RotationBench.rows });
      await expect(retirement.retire(origin, 'key-9')).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_UNKNOWN' });
      expect((await keyActions()).filter((entry) => (entry as string[])[0] === 'encryption_key.retired')).toHaveLength(1); // prettier-ignore
    });
  });

  /** A new column is one of the three: decide which, and name it here. */
  it('knows every column that could hold a wrapped data key', async () => {
    const underTheTenantsKey = [
      ...['operations.input', 'operations.output', 'notifications.content', 'dead_letters.content'],
      'webhook_events.payload',
    ];
    const plain = [
      ...['encryption_keys.canary', 'tenant_integrations.config', 'audit_entries.detail', 'operator_events.data'],
      ...['payment_events.data', 'accounting_routes.routes'],
      'webhook_endpoints.signing_keys',
      ...['redrives.filter', 'redrives.counts', 'replays.request', 'replays.items', 'replays.skipped'],
      ...['config', 'fingerprints', 'probe'].map((column) => `integration_versions.${column}`),
    ];
    const columns = await sql(
      `SELECT c.table_name || '.' || c.column_name AS name FROM information_schema.columns c
       WHERE c.table_schema = 'public' AND c.data_type IN ('jsonb', 'json')`,
    );

    expect(columns.map(({ name }) => name as string).sort()).toEqual(
      [...WRAPPED_COLUMNS.map(({ name }) => name), ...underTheTenantsKey, ...plain].sort(),
    );
    const sealed = await bench.freshCipher().seal({ tenantId: a, table: 't', rowId: 'r', column: 'c' }, 'x');
    expect(Object.keys(sealed).sort()).toEqual(['ct', 'iv', 'kid', 'tag', 'v']);
    expect(sealed).toMatchObject({ kid: 'tenant' });
  });

  it('cannot be done by the app: its role neither retires keys nor reaches other tenants’ rows', async () => {
    const asApp = (statement: string) => bench.tenancy.rows.run(a, (tx) => tx.query(statement));

    await expect(asApp(`UPDATE encryption_keys SET retired_at = now()`)).rejects.toThrow(/permission denied/);
    await expect(asApp(`DELETE FROM encryption_keys`)).rejects.toThrow(/permission denied/);
    expect(await asApp(`UPDATE integration_versions SET envelope = '{}' WHERE tenant_id = '${b}' RETURNING id`)).toEqual([]); // prettier-ignore
    expect(await bench.tenancy.get(Tenants).get(b)).toMatchObject({ status: 'active' });
  });
});
