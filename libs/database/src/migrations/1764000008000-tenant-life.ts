import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The deletion itself is audited, and a late answer may still say something about its lane. */
const STILL_WRITTEN = ['audit_heads', 'audit_entries', 'lanes', 'operator_events'] as const;

/** What a suspension and a deletion leave behind, who must know of them, and what erasing may touch. */
export class TenantLife1764000008000 implements MigrationInterface {
  readonly name = 'TenantLife1764000008000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE tenants
        ADD COLUMN suspended_at timestamptz,
        ADD COLUMN deleted_at   timestamptz,
        ADD COLUMN erased_at    timestamptz,           -- when the last text of a deleted tenant was gone
        ADD CONSTRAINT tenants_suspended CHECK (status <> 'active' OR suspended_at IS NULL),
        ADD CONSTRAINT tenants_deleted CHECK ((status = 'deleted') = (deleted_at IS NOT NULL)),
        ADD CONSTRAINT tenants_erased CHECK (erased_at IS NULL OR status = 'deleted')`);
    // Asked by refuse_deleted_tenant with every accept: small, however many tenants there are.
    await db.query(`CREATE INDEX tenants_deleted ON tenants (id) WHERE status = 'deleted'`);
    // A claim leaves alone what belongs to a tenant that is not active. It learns nothing else about tenants.
    await db.query(`CREATE POLICY dispatch_reads ON tenants FOR SELECT TO puente_dispatch USING (true)`);
    await db.query(`GRANT SELECT (id, status) ON tenants TO puente_dispatch`);
    for (const table of STILL_WRITTEN) await db.query(`DROP TRIGGER tenant_alive ON ${table}`);
    // What erasing needs beyond what a tenant's own work needs.
    await db.query(`GRANT DELETE ON idempotency_keys, inbox, credential_mends TO puente_app`);
    await db.query(`GRANT UPDATE (excerpt) ON attempts TO puente_app`);
    await db.query(`GRANT UPDATE (user_scope) ON api_keys TO puente_app`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`REVOKE UPDATE (user_scope) ON api_keys FROM puente_app`);
    await db.query(`REVOKE UPDATE (excerpt) ON attempts FROM puente_app`);
    await db.query(`REVOKE DELETE ON idempotency_keys, inbox, credential_mends FROM puente_app`);
    for (const table of STILL_WRITTEN) {
      await db.query(`CREATE TRIGGER tenant_alive AFTER INSERT ON ${table} REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_deleted_tenant()`);
    }
    await db.query(`REVOKE SELECT (id, status) ON tenants FROM puente_dispatch`);
    await db.query(`DROP POLICY dispatch_reads ON tenants`);
    await db.query(`DROP INDEX tenants_deleted`);
    await db.query(`ALTER TABLE tenants DROP COLUMN erased_at, DROP COLUMN deleted_at, DROP COLUMN suspended_at`);
  }
}
