import { DataSource } from 'typeorm';
import { until } from '../../../test/support/sandbox-until';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { DatabasePool, DispatchDatabase, isConnectionLost, isDatabaseAway } from './database-pool';
import { UnsafeRoleError } from './database-errors';
import { assertSafeRoles, roleProblems, unguardedTables } from './role-check';
import { pendingMigrations, runMigrations } from './run-migrations';
import { TenantDatabase } from './tenant-database';

const TENANTS = ['0198a000-0000-7000-8000-00000000000a', '0198a000-0000-7000-8000-00000000000b'] as const;

class AnyPool extends DatabasePool {}

describe('the database', () => {
  let test: TestDatabase;
  let owner: AnyPool;
  let dispatch: DispatchDatabase;
  let source: DataSource;
  let tenants: TenantDatabase;

  beforeAll(async () => {
    test = await createTestDatabase();
    owner = pool(test.ownerUrl);
    dispatch = new DispatchDatabase({ url: test.dispatchUrl, max: 2, applicationName: 'test' });
    source = await new DataSource({
      type: 'postgres',
      url: test.appUrl,
      poolSize: 1,
      installExtensions: false,
    }).initialize();
    tenants = new TenantDatabase(source);
    for (const id of TENANTS) {
      await owner.query(`INSERT INTO tenants (id, name, data_key, external_id) VALUES ($1, 'x', '{}', 'x')`, [id]);
      await owner.query(
        `INSERT INTO api_keys (id, tenant_id, prefix, secret_hash, name, scopes) SELECT id, id, id::text, sha256('x'), 'x', '{client}' FROM tenants WHERE id = $1`,
        [id],
      );
    }
  });

  afterAll(async () => {
    await Promise.all([owner.close(), dispatch.close(), source.destroy()]);
    await test.drop();
  });

  const pool = (url: string): AnyPool => new AnyPool({ url, max: 2, applicationName: 'test' });
  const seenBy = (tenantId: string): Promise<string[]> =>
    tenants.run(tenantId, async (tx) =>
      (await tx.query<{ tenant_id: string }>(`SELECT tenant_id FROM api_keys`)).map((row) => row.tenant_id),
    );

  it('shows a tenant its own rows, also when two interleave on one connection (T03)', async () => {
    const seen = await Promise.all([...TENANTS, ...TENANTS].map(seenBy));
    expect(seen).toEqual([...TENANTS, ...TENANTS].map((id) => [id]));
  });

  it('shows nothing without a tenant, and refuses a tenant that is not a uuid (T02)', async () => {
    expect(await tenants.withoutTenant.query(`SELECT * FROM api_keys`)).toEqual([]);
    await expect(seenBy("x' OR true --")).rejects.toThrow(/invalid input syntax for type uuid/);
  });

  it('refuses a row that points at another tenant’s row (T05)', async () => {
    const [a, b] = TENANTS;
    await owner.query(
      `INSERT INTO tenant_integrations (id, tenant_id, provider, credentials, is_active) VALUES ($1, $1, 'sqs', '{}', false)`,
      [a],
    );
    const foreign = tenants.run(b, (tx) =>
      tx.query(
        `INSERT INTO integration_versions (id, tenant_id, integration_id, version, state, envelope, config, fingerprints)
         VALUES (gen_random_uuid(), $1, $2, 1, 'staged', '{}', '{}', '{}')`,
        [b, a],
      ),
    );
    await expect(foreign).rejects.toThrow(/foreign key/);
  });

  it('lets nobody change or remove an audit entry, the owner included (T34)', async () => {
    const [a] = TENANTS;
    await owner.query(
      `INSERT INTO audit_entries (tenant_id, seq, at, actor, action, target, outcome, prev_hash, hash) VALUES ($1, 1, now(), 'a', 'b', 'c', 'done', '', '')`,
      [a],
    );
    await expect(tenants.run(a, (tx) => tx.query(`UPDATE audit_entries SET actor = 'z'`))).rejects.toThrow(
      /permission denied/,
    );
    await expect(owner.query(`DELETE FROM audit_entries`)).rejects.toThrow(/append-only/);
  });

  it('knows a lost connection, also when it broke between two statements of a transaction', async () => {
    const other = pool(test.appUrl);
    const broken = tenants.run(TENANTS[0], async (tx) => {
      const [backend] = await tx.query<{ pid: number }>(`SELECT pg_backend_pid() AS pid`);
      await other.query(`SELECT pg_terminate_backend($1)`, [backend?.pid]);
      await until(() => tx.manager.queryRunner?.isReleased, { withinMs: 5_000, what: 'TypeORM has noticed' });
      return tx.query('SELECT 1');
    });
    const error: unknown = await broken.catch((caught: unknown) => caught);
    await other.close();
    expect(isConnectionLost(error)).toBe(true);
    expect(await seenBy(TENANTS[0])).toEqual([TENANTS[0]]);
  });

  it('takes the locks of a process that fell asleep in a transaction, within a second (F3)', async () => {
    const KEY = 'SELECT pg_advisory_xact_lock(17)';
    const asleep = dispatch
      .transaction(async (tx) => {
        await tx.query(KEY);
        await dispatch.transaction((waiting) => waiting.query(KEY));
        return tx.query('SELECT 1');
      })
      .catch((error: unknown) => error);

    expect(isDatabaseAway(await asleep)).toBe(true);
  });

  it('guards every table that has a tenant', async () => {
    expect(await unguardedTables(owner)).toEqual([]);
  });

  it('keeps credentials from the dispatch role', async () => {
    await expect(dispatch.query(`SELECT * FROM tenant_integrations`)).rejects.toThrow(/permission denied/);
    await expect(dispatch.query(`SELECT * FROM integration_versions`)).rejects.toThrow(/permission denied/);
  });

  it('accepts the four roles as they are, and names what is wrong with others (T04)', async () => {
    await expect(assertSafeRoles({ app: tenants.withoutTenant, dispatch })).resolves.toBeUndefined();

    expect((await roleProblems(owner, 'app')).join()).toMatch(/expected role puente_app.*owns/);
    const superuser = pool(test.superuserUrl);
    try {
      expect((await roleProblems(superuser, 'app')).join()).toMatch(/is a superuser/);
      await expect(assertSafeRoles({ app: superuser })).rejects.toThrow(UnsafeRoleError);
    } finally {
      await superuser.close();
    }
  });

  it('refuses to start when a table lost its guard', async () => {
    await owner.query(`ALTER TABLE lanes NO FORCE ROW LEVEL SECURITY`);
    await expect(assertSafeRoles({ app: tenants.withoutTenant })).rejects.toThrow(
      /table lanes: row-level security is not forced/,
    );
    await owner.query(`ALTER TABLE lanes FORCE ROW LEVEL SECURITY`);
  });

  it('moves the clock for the owner only', async () => {
    await owner.query(`UPDATE clock_skew SET skew = '1 hour'`);
    const [row] = await dispatch.query<{ ahead: boolean }>(
      `SELECT puente_now() > now() + interval '59 minutes' AS ahead`,
    );
    expect(row?.ahead).toBe(true);
    await expect(dispatch.query(`UPDATE clock_skew SET skew = '0'`)).rejects.toThrow(/permission denied/);
    await owner.query(`UPDATE clock_skew SET skew = '0'`);
  });

  it('holds illegal states off by itself: a claim that nothing happened needs proof', async () => {
    const [a] = TENANTS;
    const insert = `INSERT INTO operations (id, tenant_id, provider, operation, effect, on_unknown, policy, request_hash, input, next_attempt_at, created_at, updated_at)
      VALUES ($1, $1, 'sns', 'publish', 'once', 'review', 'messaging', 'x', '{}', now(), now(), now())`;
    await owner.query(insert, [a]);
    await expect(owner.query(`UPDATE operations SET state = 'rejected', settled_at = now()`)).rejects.toThrow(
      /queued cannot become rejected/,
    );
    await owner.query(`UPDATE operations SET state = 'running', lease_until = now(), maybe_sent = true`);
    await expect(
      owner.query(`UPDATE operations SET state = 'rejected', lease_until = NULL, settled_at = now()`),
    ).rejects.toThrow(/no_claim_without_proof/);
  });

  it('has nothing left to migrate, and migrating again changes nothing', async () => {
    expect(await pendingMigrations(tenants.withoutTenant)).toEqual([]);
    expect(await Promise.all([runMigrations(test.ownerUrl), runMigrations(test.ownerUrl)])).toEqual([[], []]);
  });
});
