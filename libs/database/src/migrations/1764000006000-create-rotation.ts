import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a rotation leaves behind besides new versions: when credentials were mended, what operators were told, what is due. */
export class CreateRotation1764000006000 implements MigrationInterface {
  readonly name = 'CreateRotation1764000006000';

  async up(db: QueryRunner): Promise<void> {
    await createCredentialMends(db);
    await createOperatorEvents(db);
    await createRotationClocks(db);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP VIEW rotation_clocks`);
    await db.query(`DROP INDEX tenant_integrations_rotation`);
    await db.query(`DROP TABLE operator_events`);
    await db.query(`DROP TABLE credential_mends`);
  }
}

/** A refusal of a call that was claimed before this moment speaks of the credentials from before it: it pauses no lane. */
async function createCredentialMends(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE credential_mends (
      tenant_id   uuid NOT NULL REFERENCES tenants (id), -- the system tenant: what is lent to all
      provider    text NOT NULL,
      integration text NOT NULL,
      mended_at   timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, provider, integration)
    )`);
  await db.query(`SELECT guard_tenant_table('credential_mends')`);
  await db.query(`CREATE POLICY dispatch_rows ON credential_mends TO puente_dispatch USING (true) WITH CHECK (true)`);
  await db.query(`GRANT SELECT, INSERT, UPDATE ON credential_mends TO puente_app, puente_dispatch`);
}

/** Append-only: nobody is granted an update. */
async function createOperatorEvents(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE operator_events (
      id         uuid PRIMARY KEY,                      -- v7: the order of what happened
      tenant_id  uuid NOT NULL REFERENCES tenants (id),
      type       text NOT NULL CHECK (type ~ '^[a-z_]+([.][a-z_]+)+$'),
      subject    text NOT NULL,                         -- what it is about: integration:sns/default
      data       jsonb NOT NULL DEFAULT '{}',           -- names, states and times; no secret, no text of a provider
      dedupe_key text NOT NULL,                         -- the same occasion told twice is one event
      at         timestamptz NOT NULL,
      UNIQUE (tenant_id, id),
      UNIQUE (tenant_id, dedupe_key)
    )`);
  await db.query(`SELECT guard_tenant_table('operator_events')`);
  await db.query(`GRANT SELECT, INSERT ON operator_events TO puente_app`);
  // A lane that pauses says so in the transaction that settles.
  await db.query(`CREATE POLICY dispatch_tells ON operator_events FOR INSERT TO puente_dispatch WITH CHECK (true)`);
  await db.query(`CREATE POLICY dispatch_knows ON operator_events FOR SELECT TO puente_dispatch USING (true)`);
  await db.query(`GRANT INSERT ON operator_events TO puente_dispatch`);
  await db.query(`GRANT SELECT (id, tenant_id, dedupe_key, at) ON operator_events TO puente_dispatch`);
}

/**
 * When the credentials of all tenants are to be rotated: the one thing of theirs that the platform sees, and only in the
 * system tenant's context. A view runs with its owner's rights, so it names its columns: no ciphertext, no configuration.
 */
async function createRotationClocks(db: QueryRunner): Promise<void> {
  await db.query(
    `CREATE INDEX tenant_integrations_rotation ON tenant_integrations (rotate_due_at, id) WHERE is_active`,
  );
  await db.query(`
    CREATE VIEW rotation_clocks WITH (security_barrier) AS
    SELECT i.tenant_id, i.id, i.provider, i.name, i.rotate_due_at
    FROM tenant_integrations i JOIN tenants t ON t.id = i.tenant_id
    WHERE current_tenant() = '00000000-0000-7000-8000-000000000000'
      AND t.status = 'active' AND i.is_active AND i.rotate_due_at IS NOT NULL`);
  await db.query(`GRANT SELECT ON rotation_clocks TO puente_app`);
}
