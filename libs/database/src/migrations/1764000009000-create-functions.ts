import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The functions flow: what a tenant calls each function, and notifications that go to a function instead of SNS. */
export class CreateFunctions1764000009000 implements MigrationInterface {
  readonly name = 'CreateFunctions1764000009000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE tenant_functions (
        id                uuid PRIMARY KEY,
        tenant_id         uuid NOT NULL REFERENCES tenants (id),
        function          text NOT NULL,                   -- our id of it: contact
        name              text NOT NULL CHECK (name <> ''), -- what AWS calls it, less the environment
        name_includes_env boolean NOT NULL DEFAULT false,  -- true: the name is used as it is
        integration       text NOT NULL DEFAULT 'default', -- the tenant's lambda account
        on_unknown        text NOT NULL CHECK (on_unknown IN ('review', 'resend', 'drop')),
        created_at        timestamptz NOT NULL DEFAULT now(),
        updated_at        timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, id),
        UNIQUE (tenant_id, function)
      )`);
    await db.query(`SELECT guard_tenant_table('tenant_functions')`);
    await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_functions TO puente_app`);

    await db.query(`
      ALTER TABLE notification_handlers
        ADD COLUMN function text,                          -- NULL: published to SNS
        ADD CHECK (function IS NULL OR topic_arn IS NULL)`);
    await db.query(`ALTER TABLE notifications ADD COLUMN handler_function text`); // that takes it in place of SNS
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE notifications DROP COLUMN handler_function`);
    await db.query(`ALTER TABLE notification_handlers DROP COLUMN function`);
    await db.query(`DROP TABLE tenant_functions`);
  }
}
