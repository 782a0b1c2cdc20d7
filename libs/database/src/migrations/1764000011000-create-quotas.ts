import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is counted of providers: their quotas, and how they answered lately. */
export class CreateQuotas1764000011000 implements MigrationInterface {
  readonly name = 'CreateQuotas1764000011000';

  async up(db: QueryRunner): Promise<void> {
    await createRateLimits(db);
    await createProviderHealth(db);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE provider_alerts`);
    await db.query(`DROP TABLE provider_minutes`);
    await db.query(`DROP TABLE rate_limits`);
  }
}

/**
 * Points that all processes together have taken of each quota in its running window. The columns are those of
 * rate-limiter-flexible. No tenant's rows: a quota may be shared by all, and nothing is in here but ids and counts, which
 * are worthless when the window is over. Unlogged, so that counting waits for no disk: after a crash the table is empty
 * and windows begin anew, which at worst lets the provider refuse what we should not have sent.
 */
async function createRateLimits(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE UNLOGGED TABLE rate_limits (
      key    varchar(255) PRIMARY KEY,               -- provider, limit, and the tenant and integration it is counted for
      points integer NOT NULL,
      expire bigint NOT NULL                         -- milliseconds of puente_now(): the end of the window
    ) WITH (fillfactor = 50)`);
  await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO puente_dispatch`);
}

/** How each account's provider answered, minute by minute, and the alerts that are on because of it. */
async function createProviderHealth(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE provider_minutes (
      tenant_id   uuid NOT NULL REFERENCES tenants (id),
      provider    text NOT NULL,
      integration text NOT NULL,
      minute      timestamptz NOT NULL,
      calls       int NOT NULL,
      failures    int NOT NULL,                      -- that speak of the provider
      slow        int NOT NULL,                      -- that took longer than the provider's limit
      durations   int[] NOT NULL,                    -- how many calls of each class of durations
      limit_used  real,                              -- the most that was used of a quota, in per cent
      PRIMARY KEY (tenant_id, provider, integration, minute)
    ) WITH (fillfactor = 70)`);
  await db.query(`CREATE INDEX provider_minutes_of_all ON provider_minutes (minute)`);
  // The row is the alert: whoever inserts it tells of it, whoever deletes it tells that it is over.
  await db.query(`
    CREATE TABLE provider_alerts (
      tenant_id   uuid NOT NULL REFERENCES tenants (id),
      provider    text NOT NULL,
      integration text NOT NULL,
      kind        text NOT NULL CHECK (kind IN ('latency', 'errors', 'limit')),
      since       timestamptz NOT NULL,
      value       real NOT NULL,
      threshold   real NOT NULL,
      PRIMARY KEY (tenant_id, provider, integration, kind)
    )`);
  for (const table of ['provider_minutes', 'provider_alerts']) {
    await db.query(`SELECT guard_tenant_table('${table}')`);
    await db.query(`CREATE POLICY dispatch_rows ON ${table} TO puente_dispatch USING (true) WITH CHECK (true)`);
    await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO puente_dispatch`);
    await db.query(`GRANT SELECT, DELETE ON ${table} TO puente_app`);
  }
}
