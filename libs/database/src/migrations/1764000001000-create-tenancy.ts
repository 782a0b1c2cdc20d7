import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tenants, their keys to our API, their encrypted credentials for providers, and the audit trail. */
export class CreateTenancy1764000001000 implements MigrationInterface {
  readonly name = 'CreateTenancy1764000001000';

  async up(db: QueryRunner): Promise<void> {
    await createTenants(db);
    await createApiKeys(db);
    await createIntegrations(db);
    await createAudit(db);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of [
      'audit_entries',
      'audit_heads',
      'integration_versions',
      'tenant_integrations',
      'api_keys',
      'tenants',
      'encryption_keys',
    ]) {
      await db.query(`DROP TABLE ${table}`);
    }
    await db.query(`DROP FUNCTION credentials_in_force(uuid[], text[], text[])`);
    await db.query(`DROP FUNCTION refuse_change()`);
  }
}

async function createTenants(db: QueryRunner): Promise<void> {
  // One row per key-encryption key ever used; the canary proves at boot that the key ring still holds it.
  await db.query(`
    CREATE TABLE encryption_keys (
      kid        text PRIMARY KEY,
      canary     jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      retired_at timestamptz
    )`);
  await db.query(`GRANT SELECT, INSERT ON encryption_keys TO puente_app`);

  await db.query(`
    CREATE TABLE tenants (
      id         uuid PRIMARY KEY,
      name       text NOT NULL CHECK (name <> ''),
      status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted')),
      data_key   jsonb,                              -- wrapped; NULL once the tenant is deleted and its payloads are unreadable
      external_id text NOT NULL,                     -- ExternalId for AssumeRole, made by us (confused deputy)
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CHECK ((status = 'deleted') = (data_key IS NULL))
    )`);
  await db.query(`ALTER TABLE tenants ENABLE ROW LEVEL SECURITY`);
  await db.query(`ALTER TABLE tenants FORCE ROW LEVEL SECURITY`);
  // The system tenant administers tenants, so it sees them all; everyone else sees itself.
  await db.query(`
    CREATE POLICY tenant_rows ON tenants TO puente_app
      USING (id = current_tenant() OR current_tenant() = '00000000-0000-7000-8000-000000000000')
      WITH CHECK (id = current_tenant() OR current_tenant() = '00000000-0000-7000-8000-000000000000')`);
  await db.query(`CREATE POLICY owner_rows ON tenants TO puente_owner USING (true) WITH CHECK (true)`);
  await db.query(`GRANT SELECT, INSERT, UPDATE ON tenants TO puente_app`);
}

async function createApiKeys(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE api_keys (
      id           uuid PRIMARY KEY,
      tenant_id    uuid NOT NULL REFERENCES tenants (id),
      prefix       text NOT NULL UNIQUE,
      secret_hash  bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
      name         text NOT NULL,
      scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['client', 'admin', 'audit', 'platform']),
      user_scope   text,
      created_at   timestamptz NOT NULL DEFAULT now(),
      expires_at   timestamptz,
      revoked_at   timestamptz,
      last_used_at timestamptz,
      UNIQUE (tenant_id, id),
      CHECK (NOT ('platform' = ANY (scopes)) OR tenant_id = '00000000-0000-7000-8000-000000000000')
    )`);
  await db.query(`SELECT guard_tenant_table('api_keys')`);
  await db.query(`GRANT SELECT, INSERT ON api_keys TO puente_app`);
  await db.query(`GRANT UPDATE (revoked_at, last_used_at, expires_at, name) ON api_keys TO puente_app`);
  await db.query(`CREATE POLICY key_lookup ON api_keys FOR SELECT TO puente_auth USING (true)`);
  await db.query(`GRANT SELECT ON api_keys TO puente_auth`);
  // Authentication also asks whether the tenant is active; it learns nothing else about it.
  await db.query(`CREATE POLICY key_lookup ON tenants FOR SELECT TO puente_auth USING (true)`);
  await db.query(`GRANT SELECT (id, status) ON tenants TO puente_auth`);
}

async function createIntegrations(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE tenant_integrations (
      id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      tenant_id      uuid NOT NULL REFERENCES tenants (id),
      provider       varchar(50) NOT NULL,
      name           text NOT NULL DEFAULT 'default',
      credentials    jsonb NOT NULL,                 -- envelope of the active version; {} until there is one
      config         jsonb NOT NULL DEFAULT '{}',
      is_active      boolean NOT NULL DEFAULT true,
      active_version int,
      rotate_due_at  timestamptz,
      quarantined_at timestamptz,
      quarantine     text,                           -- why the row cannot be decrypted, in words without its content
      created_at     timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
      updated_at     timestamptz NOT NULL DEFAULT now(),
      UNIQUE (tenant_id, id),
      UNIQUE (tenant_id, provider, name),
      CHECK (NOT is_active OR active_version IS NOT NULL)
    )`);
  await db.query(`
    CREATE TABLE integration_versions (
      id             uuid PRIMARY KEY,
      tenant_id      uuid NOT NULL,
      integration_id uuid NOT NULL,
      version        int NOT NULL CHECK (version > 0),
      state          text NOT NULL CHECK (state IN ('staged', 'verified', 'active', 'retiring', 'revoked')),
      envelope       jsonb NOT NULL,
      config         jsonb NOT NULL,
      fingerprints   jsonb NOT NULL,                 -- field -> keyed hash, four bytes: tells two secrets apart, reveals neither
      probe          jsonb,                          -- the last probe: {at, outcome, code}
      created_at     timestamptz NOT NULL DEFAULT now(),
      verified_at    timestamptz,
      activated_at   timestamptz,
      retire_at      timestamptz,
      rotate_due_at  timestamptz,                    -- once it is not the active one: when it was due, for a way back
      revoked_at     timestamptz,
      UNIQUE (tenant_id, id),
      UNIQUE (integration_id, version),
      FOREIGN KEY (tenant_id, integration_id) REFERENCES tenant_integrations (tenant_id, id) ON DELETE CASCADE
    )`);
  await db.query(
    `CREATE UNIQUE INDEX integration_versions_active ON integration_versions (integration_id) WHERE state = 'active'`,
  );
  for (const table of ['tenant_integrations', 'integration_versions']) {
    await db.query(`SELECT guard_tenant_table('${table}')`);
    await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO puente_app`);
  }
  // What each call of a provider asks: a transaction in the tenant's context takes four round trips, this takes one for
  // all calls of a moment. No rights of its own: who calls it sees what row-level security shows them of each tenant in
  // its turn, and is who they were after it. `n` counts from 1; a tenant that is not there has no row.
  await db.query(`
    CREATE FUNCTION credentials_in_force(of_tenants uuid[], of_providers text[], of_names text[])
    RETURNS TABLE (n int, status text, external_id text, id uuid, sealed text, config text, active_version int, is_active boolean,
      quarantined boolean)
    LANGUAGE plpgsql AS $$
    DECLARE before text := current_setting('app.tenant_id', true);
    BEGIN
      FOR at IN 1 .. cardinality(of_tenants) LOOP
        PERFORM set_config('app.tenant_id', of_tenants[at]::text, true);
        RETURN QUERY
          SELECT at, t.status::text, t.external_id::text, i.id, i.credentials::text, i.config::text, i.active_version,
            i.is_active, i.quarantined_at IS NOT NULL
          FROM tenants t
          LEFT JOIN tenant_integrations i ON i.tenant_id = t.id AND i.provider = of_providers[at] AND i.name = of_names[at]
          WHERE t.id = of_tenants[at];
      END LOOP;
      PERFORM set_config('app.tenant_id', coalesce(before, ''), true);
    END $$`);
}

async function createAudit(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE audit_heads (
      tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
      seq       bigint NOT NULL,
      hash      bytea NOT NULL
    )`);
  await db.query(`
    CREATE TABLE audit_entries (
      tenant_id  uuid NOT NULL REFERENCES tenants (id),
      seq        bigint NOT NULL,
      at         timestamptz NOT NULL,
      actor      text NOT NULL,
      action     text NOT NULL,
      target     text NOT NULL,
      outcome    text NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
      ip         text,
      request_id text,
      detail     jsonb NOT NULL DEFAULT '{}',
      prev_hash  bytea NOT NULL,
      hash       bytea NOT NULL,
      PRIMARY KEY (tenant_id, seq)
    )`);
  await db.query(`
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$`);
  await db.query(`
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change()`);
  for (const table of ['audit_heads', 'audit_entries']) await db.query(`SELECT guard_tenant_table('${table}')`);
  await db.query(`GRANT SELECT, INSERT, UPDATE ON audit_heads TO puente_app`);
  await db.query(`GRANT SELECT, INSERT ON audit_entries TO puente_app`);
}
