import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns whose data keys are wrapped under a key-encryption key; `libs/tenancy` re-wraps the same three. */
const WRAPPED = [
  ['tenants', 'data_key'],
  ['integration_versions', 'envelope'],
  ['tenant_integrations', 'credentials'],
] as const;

/**
 * Nothing is written under a retired key any more. A process that still runs with an old key ring would otherwise seal
 * credentials that nobody can open once the key has left the rings.
 */
export class RefuseRetiredKeys1764000007000 implements MigrationInterface {
  readonly name = 'RefuseRetiredKeys1764000007000';

  async up(db: QueryRunner): Promise<void> {
    // Runs as its owner: the app may not lock rows of encryption_keys. The lock makes a writer and a retirement wait for
    // one another, so that a retirement sees either the row or a writer that it will refuse.
    await db.query(`
      CREATE FUNCTION refuse_retired_key() RETURNS trigger LANGUAGE plpgsql
      SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      DECLARE
        used text := to_jsonb(NEW) -> TG_ARGV[0] ->> 'kid';
        retired boolean;
      BEGIN
        SELECT retired_at IS NOT NULL INTO retired FROM public.encryption_keys WHERE kid = used FOR SHARE;
        IF retired THEN
          RAISE EXCEPTION 'the encryption key % is retired', used USING ERRCODE = 'PU001', DETAIL = used;
        END IF;
        RETURN NEW;
      END $$`);
    for (const [table, column] of WRAPPED)
      await db.query(`
        CREATE TRIGGER key_in_use BEFORE INSERT OR UPDATE OF ${column} ON ${table}
        FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('${column}')`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const [table] of WRAPPED) await db.query(`DROP TRIGGER key_in_use ON ${table}`);
    await db.query(`DROP FUNCTION refuse_retired_key()`);
  }
}
