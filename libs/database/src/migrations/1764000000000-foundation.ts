import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What every later migration stands on: the database's clock, the tenant in context and the one way to guard a table.
 * Forward only: a wrong column is mended by the next migration, never by editing this one.
 */
export class Foundation1764000000000 implements MigrationInterface {
  readonly name = 'Foundation1764000000000';

  async up(db: QueryRunner): Promise<void> {
    // Leases and due times are decided by this clock alone. Only the owner can move it, and only tests do.
    await db.query(`
      CREATE TABLE clock_skew (
        only_row boolean  PRIMARY KEY DEFAULT true CHECK (only_row),
        skew     interval NOT NULL DEFAULT interval '0'
      )`);
    await db.query(`INSERT INTO clock_skew DEFAULT VALUES`);
    await db.query(`GRANT SELECT ON clock_skew TO puente_app, puente_dispatch, puente_auth`);
    await db.query(`
      CREATE FUNCTION puente_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
      RETURN statement_timestamp() + (SELECT skew FROM clock_skew)`);

    // NULL, and so no row at all, when no tenant is set; an error when it is not a uuid.
    await db.query(`
      CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      RETURN nullif(current_setting('app.tenant_id', true), '')::uuid`);

    await db.query(`
      CREATE FUNCTION guard_tenant_table(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY tenant_rows ON %s TO puente_app
          USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', guarded);
        EXECUTE format('CREATE POLICY owner_rows ON %s TO puente_owner USING (true) WITH CHECK (true)', guarded);
      END $$`);
    await db.query(`REVOKE ALL ON FUNCTION guard_tenant_table(regclass) FROM PUBLIC`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP FUNCTION guard_tenant_table(regclass)`);
    await db.query(`DROP FUNCTION current_tenant()`);
    await db.query(`DROP FUNCTION puente_now()`);
    await db.query(`DROP TABLE clock_skew`);
  }
}
