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

    // A request that was let in before a tenant's deletion must not write after it: nobody would ever find the row. The
    // deletion locks the tenant's row FOR UPDATE and so waits for every transaction whose foreign key to it was checked;
    // one that comes later waits in that check, and this trigger, which fires after it, then sees the deletion.
    await db.query(`
      CREATE FUNCTION refuse_deleted_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM added a JOIN tenants t ON t.id = a.tenant_id WHERE t.status = 'deleted') THEN
          RAISE EXCEPTION '%: the tenant is deleted', TG_TABLE_NAME USING ERRCODE = '23T01';
        END IF;
        RETURN NULL;
      END $$`);

    await db.query(`
      CREATE FUNCTION guard_tenant_table(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY tenant_rows ON %s TO puente_app
          USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', guarded);
        EXECUTE format('CREATE POLICY owner_rows ON %s TO puente_owner USING (true) WITH CHECK (true)', guarded);
        -- Partitioned tables hold what comes with another table's rows, and such a trigger cannot be theirs.
        IF EXISTS (SELECT FROM pg_class WHERE oid = guarded AND relkind = 'r' AND NOT relispartition) THEN
          EXECUTE format('CREATE TRIGGER tenant_alive AFTER INSERT ON %s REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_deleted_tenant()', guarded);
        END IF;
      END $$`);
    await db.query(`REVOKE ALL ON FUNCTION guard_tenant_table(regclass) FROM PUBLIC`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP FUNCTION guard_tenant_table(regclass)`);
    await db.query(`DROP FUNCTION refuse_deleted_tenant()`);
    await db.query(`DROP FUNCTION current_tenant()`);
    await db.query(`DROP FUNCTION puente_now()`);
    await db.query(`DROP TABLE clock_skew`);
  }
}
