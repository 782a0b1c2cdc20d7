import { TenantFunctionEntity } from '../../libs/flows/src/functions/tenant-function.entity';
import { NotificationHandlerEntity } from '../../libs/flows/src/notifications/notification-handler.entity';
import { NotificationQueueEntity } from '../../libs/flows/src/notifications/notification-queue.entity';
import { TENANCY_ENTITIES } from '@puente/tenancy';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

const TENANT = '00000000-0000-4000-8000-000000000001';
/** Some pages, and fewer than autovacuum would analyze soon. */
const YOUNG = 60;

/** What migrations promise about every table, and that TypeORM's entities say the same as the migrations. */
describe('the schema', () => {
  let test: TestDatabase;
  let db: Client;
  let source: DataSource;

  beforeAll(async () => {
    test = await createTestDatabase();
    db = new Client({ connectionString: test.superuserUrl });
    await db.connect();
    const entities = [...TENANCY_ENTITIES, NotificationQueueEntity, NotificationHandlerEntity, TenantFunctionEntity];
    source = await new DataSource({
      type: 'postgres',
      url: test.appUrl,
      entities,
      installExtensions: false,
    }).initialize();
  });

  afterAll(async () => {
    await Promise.all([source.destroy(), db.end()]);
    await test.drop();
  });

  const rows = async <Row extends object>(sql: string): Promise<Row[]> => (await db.query<Row>(sql)).rows;

  const TENANT_TABLES = `
    SELECT c.oid, c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)`;

  it('has a tenant in every table but the few that are the platform’s own', async () => {
    const others = await rows<{ name: string }>(
      `SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.oid NOT IN (SELECT oid FROM (${TENANT_TABLES}) t) ORDER BY 1`,
    );
    expect(others.map(({ name }) => name)).toEqual([
      'clock_skew',
      'dispatch_turn',
      'encryption_keys',
      'migrations',
      'rate_limits',
      'retention_marks',
      'tenants',
    ]);
  });

  it('demands a tenant in every row of those tables', async () => {
    const optional = await rows<{ name: string }>(
      `SELECT t.name FROM (${TENANT_TABLES}) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id' WHERE NOT a.attnotnull`,
    );
    expect(optional).toEqual([]);
  });

  it('forces row-level security on each, with the tenant’s policy for the app and one for the owner', async () => {
    const guarded = await rows<{ name: string; forced: boolean; app: string | null; owner: number }>(
      `SELECT t.name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
              (SELECT p.qual || ' / ' || p.with_check FROM pg_policies p
               WHERE p.tablename = t.name AND p.roles = '{puente_app}' AND p.cmd = 'ALL') AS app,
              (SELECT count(*)::int FROM pg_policies p WHERE p.tablename = t.name AND p.roles = '{puente_owner}') AS owner
       FROM (${TENANT_TABLES}) t JOIN pg_class c ON c.oid = t.oid`,
    );
    const tenantOnly = '(tenant_id = current_tenant())';
    expect(guarded.length).toBeGreaterThan(10);
    for (const table of guarded) {
      expect(table).toEqual({ name: table.name, forced: true, app: `${tenantOnly} / ${tenantOnly}`, owner: 1 });
    }
  });

  it('carries the tenant in every foreign key between tables of tenants', async () => {
    const plain = await rows<{ key: string }>(
      `SELECT k.conrelid::regclass || '.' || k.conname AS key
       FROM pg_constraint k JOIN (${TENANT_TABLES}) a ON a.oid = k.conrelid JOIN (${TENANT_TABLES}) b ON b.oid = k.confrelid
       WHERE k.contype = 'f' AND NOT EXISTS (
         SELECT FROM pg_attribute t WHERE t.attrelid = k.conrelid AND t.attname = 'tenant_id' AND t.attnum = ANY (k.conkey))`,
    );
    expect(plain).toEqual([]);
  });

  /**
   * A connection plans the check of a foreign key once, perhaps while the table has a few dozen rows that nobody has
   * analyzed. Only its size on disk is known then, and of two indexes that seem equal the younger one wins.
   */
  it('can find the row of every foreign key by its id, also in tables that are young', async () => {
    await db.query('BEGIN');
    try {
      await fillTables();
      await expectKeysById();
    } finally {
      await db.query('ROLLBACK');
    }
  });

  it('can find the row of every foreign key by its id', () => expectKeysById());

  /** Of indexes whose costs seem equal PostgreSQL takes the one made last, and what checks foreign keys must not go by the tenant. */
  it('has no whole index of a tenant’s rows that is younger than the one its operations are referred to by', async () => {
    const younger = await rows<{ index: string }>(
      `SELECT DISTINCT i.indexrelid::regclass::text AS index
       FROM pg_constraint k JOIN pg_index i ON i.indrelid = k.confrelid AND i.indpred IS NULL
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attname = 'tenant_id'
       WHERE k.contype = 'f' AND k.confrelid = 'operations'::regclass AND i.indexrelid > k.conindid ORDER BY 1`,
    );
    expect(younger).toEqual([]);
  });

  async function expectKeysById(): Promise<void> {
    const keys = await rows<{ key: string; table: string; columns: string[] }>(
      `SELECT k.conrelid::regclass || '.' || k.conname AS key, k.confrelid::regclass::text AS table,
         ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)) AS columns
       FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0`,
    );
    expect(keys.length).toBeGreaterThan(10);
    for (const { key, table, columns } of keys) {
      const same = columns.map((column, at) => `x.${column} = $${String(at + 1)}`).join(' AND ');
      const plan = JSON.stringify(
        await rows(
          `EXPLAIN (GENERIC_PLAN, FORMAT JSON) SELECT 1 FROM ONLY ${table} x WHERE ${same} FOR KEY SHARE OF x`,
        ),
      );
      const conditions = /"Index Cond":"([^"]*)"/.exec(plan)?.[1] ?? '';
      // By the tenant alone it would read all that the tenant has, for each row that is written.
      const own = columns.length === 1 ? columns : columns.filter((column) => column !== 'tenant_id');
      const byId = own.some((column) => conditions.includes(`${column} =`));
      expect({ key, byId, conditions }).toEqual({ key, byId: true, conditions });
    }
  }

  /**
   * Rows of one tenant in every table of tenants that others refer to, without regard to what they may say: checks, foreign keys and triggers
   * are off until the transaction is rolled back.
   */
  async function fillTables(): Promise<void> {
    await db.query(`SET LOCAL session_replication_role = 'replica'`);
    const checks = await rows<{ drop: string }>(
      `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) AS drop
       FROM pg_constraint k JOIN (${TENANT_TABLES}) t ON t.oid = k.conrelid WHERE k.contype = 'c' AND k.coninhcount = 0`,
    );
    for (const { drop } of checks) await db.query(drop);
    const tables = await rows<{ name: string; columns: string[]; types: string[] }>(
      `SELECT t.name, array_agg(a.attname::text) AS columns, array_agg(format_type(a.atttypid, NULL)) AS types
       FROM (${TENANT_TABLES}) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE a.attnotnull AND a.attidentity = '' AND a.attgenerated = '' AND (NOT a.atthasdef OR a.attname IN ('id', 'tenant_id'))
         AND EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = t.oid)
       GROUP BY t.name`,
    );
    for (const { name, columns, types } of tables) {
      const values = columns.map((column, at) => (column === 'tenant_id' ? `'${TENANT}'` : valueOf(types[at] ?? '')));
      await db.query(
        `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM generate_series(1, ${String(YOUNG)}) AS n
         ON CONFLICT DO NOTHING`,
      );
    }
  }

  it('lets only the named roles at a table, and nobody bypass its rows', async () => {
    const granted = await rows<{ grantee: string }>(
      `SELECT DISTINCT grantee::text FROM information_schema.role_table_grants
       WHERE table_schema = 'public' AND grantee <> 'puente_owner' ORDER BY 1`,
    );
    expect(granted.map(({ grantee }) => grantee)).toEqual(['puente_app', 'puente_auth', 'puente_dispatch']);
    const bypassing = await rows(
      `SELECT rolname FROM pg_roles WHERE rolname LIKE 'puente\\_%' AND (rolsuper OR rolbypassrls)`,
    );
    expect(bypassing).toEqual([]);
  });

  it('is what the entities say: each column exists, with its type and nullability', async () => {
    for (const entity of source.entityMetadatas) {
      const columns = await rows<Column>(
        `SELECT a.attname::text AS name, format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS nullable
         FROM pg_attribute a WHERE a.attrelid = '${entity.tableName}'::regclass AND a.attnum > 0 AND NOT a.attisdropped`,
      );
      const said = entity.columns.map((column) => ({
        name: column.databaseName,
        type: typeName(source.driver.normalizeType(column), column.isArray),
        nullable: column.isNullable,
      }));
      expect({ table: entity.tableName, said: columns }).toMatchObject({
        table: entity.tableName,
        said: expect.arrayContaining(said) as unknown,
      });
    }
    expect(source.entityMetadatas.length).toBeGreaterThan(5);
  });
});

/** Something else in every row `n`. */
function valueOf(type: string): string {
  if (type === 'uuid') return 'gen_random_uuid()';
  if (type.startsWith('timestamp') || type === 'date') return `puente_now() + n * interval '1 day'`;
  if (type === 'boolean') return 'false';
  if (type.startsWith('json')) return `'{}'`;
  if (type.endsWith('[]')) return `'{}'`;
  if (type === 'bytea') return `sha256(n::text::bytea)`;
  return type === 'text' ? `'x' || n` : `n::${type}`;
}

/** TypeORM's name of a type as PostgreSQL writes it. */
function typeName(type: string, isArray: boolean): string {
  const full = type === 'timestamp' ? 'timestamp without time zone' : type === 'int' ? 'integer' : type;
  return isArray ? `${full}[]` : full;
}
