import type { MigrationInterface, QueryRunner } from 'typeorm';

const CLOCKS = `FROM tenant_integrations i JOIN tenants t ON t.id = i.tenant_id
    WHERE current_tenant() = '00000000-0000-7000-8000-000000000000' AND t.status = 'active' AND i.is_active`;

/** Some keys end on a day of the provider's. Until then, and no later, they are to be rotated. */
export class ExpiringCredentials1764000018000 implements MigrationInterface {
  readonly name = 'ExpiringCredentials1764000018000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE tenant_integrations ADD COLUMN expires_at timestamptz`);
    await db.query(`DROP INDEX tenant_integrations_rotation`);
    await db.query(`CREATE INDEX tenant_integrations_rotation
      ON tenant_integrations (least(rotate_due_at, expires_at), id) WHERE is_active`);
    await db.query(`
      CREATE OR REPLACE VIEW rotation_clocks WITH (security_barrier) AS
      SELECT i.tenant_id, i.id, i.provider, i.name, least(i.rotate_due_at, i.expires_at) AS rotate_due_at
      ${CLOCKS} AND least(i.rotate_due_at, i.expires_at) IS NOT NULL`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE OR REPLACE VIEW rotation_clocks WITH (security_barrier) AS
      SELECT i.tenant_id, i.id, i.provider, i.name, i.rotate_due_at ${CLOCKS} AND i.rotate_due_at IS NOT NULL`);
    await db.query(`DROP INDEX tenant_integrations_rotation`);
    await db.query(`ALTER TABLE tenant_integrations DROP COLUMN expires_at`);
    await db.query(
      `CREATE INDEX tenant_integrations_rotation ON tenant_integrations (rotate_due_at, id) WHERE is_active`,
    );
  }
}
