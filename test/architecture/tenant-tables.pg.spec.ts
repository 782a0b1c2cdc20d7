import { TENANT_TABLES, type TenantTable } from '@puente/database';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/** What leaves in an export, and what a deletion leaves behind: decided for every column of every table, by somebody. */
describe('the tables of tenants', () => {
  let test: TestDatabase;
  let db: Client;
  let columns: readonly Column[];

  beforeAll(async () => {
    test = await createTestDatabase();
    db = new Client({ connectionString: test.superuserUrl });
    await db.connect();
    const { rows } = await db.query<Column>(
      `SELECT c.relname::text AS table, a.attname::text AS name, format_type(a.atttypid, NULL) AS type
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND EXISTS (
         SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped)
       ORDER BY 1, a.attnum`,
    );
    columns = rows;
  });

  afterAll(async () => {
    await db.end();
    await test.drop();
  });

  const columnsOf = (table: string): string[] =>
    columns.filter((column) => column.table === table).map(({ name }) => name);
  const problems = (of: (spec: TenantTable) => readonly string[]): string[] =>
    TENANT_TABLES.flatMap((spec) => of(spec).map((problem) => `${spec.table}: ${problem}`));

  it('are all listed, once, and no others', () => {
    const listed = TENANT_TABLES.map(({ table }) => table).sort();
    expect(listed).toEqual([...new Set(columns.map(({ table }) => table))].sort());
  });

  it('say of every column that it is exported, opened for an export, or never leaves and why; or why no row does', () => {
    const wrong = problems(({ table, exported }) => {
      if (typeof exported === 'string') return exported.length > 10 ? [] : ['no reason why it is in no export'];
      const { columns: shown, sealed = [], withheld = {} } = exported;
      const said = [...shown, ...sealed, ...Object.keys(withheld), 'tenant_id'];
      return [
        ...columnsOf(table).flatMap((name) => (said.includes(name) ? [] : [`nothing is said of ${name}`])),
        ...said.flatMap((name, at) =>
          columnsOf(table).includes(name) && said.indexOf(name) === at
            ? []
            : [`${name} is said twice or does not exist`],
        ),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('never export what is encrypted for us, or binary that is no audit hash', () => {
    const wrong = problems(({ table, exported }) => {
      if (typeof exported === 'string') return [];
      return columns
        .filter((column) => column.table === table && exported.columns.includes(column.name))
        .filter(({ name, type }) => type === 'bytea' || /secret|credential|envelope|fingerprint|data_key/.test(name))
        .map(({ name }) => name);
    });
    expect(wrong).toEqual(['audit_entries: prev_hash', 'audit_entries: hash']);
  });

  it('know which of their clocks have no zone, and have an id where payloads are bound to it', () => {
    const wrong = problems(({ table, exported }) => {
      if (typeof exported === 'string') return [];
      const { utc = [], sealed = [] } = exported;
      const withoutZone = columns.filter(
        (column) => column.table === table && column.type === 'timestamp without time zone',
      );
      return [
        ...withoutZone.flatMap(({ name }) => (utc.includes(name) ? [] : [`${name} has no zone`])),
        ...(sealed.length === 0 || exported.columns.includes('id') ? [] : ['no id']),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('are read in an order that an index has, tenant by tenant', async () => {
    const { rows } = await db.query<{ table: string; columns: string[] }>(
      `SELECT c.relname::text AS table, ARRAY(
         SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum ORDER BY k.at) AS columns
       FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE i.indpred IS NULL`,
    );
    const wrong = problems(({ table, key, partOf, exported, atDeletion }) => {
      if (partOf || (typeof exported === 'string' && atDeletion === 'kept')) return [];
      const order = ['tenant_id', ...key].join();
      return rows.some((index) => index.table === table && index.columns.join() === order) ? [] : [`no index ${order}`];
    });
    expect(wrong).toEqual([]);
  });

  it('end with a deletion in a way that exists: columns that are there, rows that may be removed', async () => {
    const { rows } = await db.query<{ table: string; column: string | null; privilege: string }>(
      `SELECT table_name::text AS table, NULL AS column, privilege_type::text AS privilege
       FROM information_schema.role_table_grants WHERE grantee = 'puente_app'
       UNION ALL SELECT table_name::text, column_name::text, privilege_type::text
       FROM information_schema.role_column_grants WHERE grantee = 'puente_app'`,
    );
    const may = (table: string, privilege: string, column: string | null): boolean =>
      rows.some((grant) => grant.table === table && grant.privilege === privilege && grant.column === column);
    const wrong = problems(({ table, atDeletion }) => {
      if (atDeletion === 'kept') return [];
      if (typeof atDeletion === 'string') return may(table, 'DELETE', null) ? [] : ['puente_app may not remove rows'];
      const erased = Object.keys(atDeletion.erased);
      return erased.flatMap((column) => (may(table, 'UPDATE', column) ? [] : [`puente_app may not erase ${column}`]));
    });
    expect(wrong).toEqual([]);
  });
});
