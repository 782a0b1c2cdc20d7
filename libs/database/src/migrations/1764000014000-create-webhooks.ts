import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['webhook_endpoints', 'webhook_subscriptions', 'webhook_events', 'webhook_deliveries'] as const;

/**
 * The webhooks flow: who wants to hear what, what happened, and which of it goes to whom. URL, secrets and rate limit of
 * an endpoint are its integration's (`tenant_integrations`, provider `webhooks`, name = id of the endpoint).
 */
export class CreateWebhooks1764000014000 implements MigrationInterface {
  readonly name = 'CreateWebhooks1764000014000';

  async up(db: QueryRunner): Promise<void> {
    await createEndpoints(db);
    await createEvents(db);
    for (const table of TABLES) await db.query(`SELECT guard_tenant_table('${table}')`);
    await db.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints, webhook_events, webhook_deliveries TO puente_app`,
    );
    await db.query(`GRANT SELECT, INSERT, DELETE ON webhook_subscriptions TO puente_app`);
    await grantPublishing(db);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await db.query(`DROP TABLE ${table}`);
  }
}

async function createEndpoints(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE webhook_endpoints (
      id              uuid NOT NULL,
      tenant_id       uuid NOT NULL REFERENCES tenants (id),
      description     text NOT NULL,
      event_types     text[] NOT NULL,               -- patterns, as given; webhook_subscriptions is how they are found
      user_id         text,                          -- NULL: of the tenant itself, hears of all users
      payload_version smallint NOT NULL CHECK (payload_version IN (1, 2)),
      ordering        text NOT NULL CHECK (ordering IN ('none', 'fifo')),
      head_of_line    text NOT NULL CHECK (head_of_line IN ('skip', 'wait', 'park')),
      enabled         boolean NOT NULL DEFAULT true,
      disabled_reason text CHECK (disabled_reason IN ('admin', 'gone', 'failing')),
      disabled_at     timestamptz,
      failing_since   timestamptz,                   -- no delivery has succeeded since the one that began to fail then
      signing_keys    jsonb NOT NULL,                -- [{"kind", "expiresAt"?, and of ed25519 "kid", "x"}]; no secret
      keys_expire_at  timestamptz,                   -- when the next of them has to be removed
      created_at      timestamptz NOT NULL,
      updated_at      timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CHECK (enabled = (disabled_at IS NULL) AND enabled = (disabled_reason IS NULL))
    )`);
  // Receivers ask for public keys by the endpoint's id and nothing else.
  await db.query(`CREATE UNIQUE INDEX webhook_endpoints_id ON webhook_endpoints (id)`);
  await db.query(
    `CREATE INDEX webhook_endpoints_failing ON webhook_endpoints (failing_since) WHERE failing_since IS NOT NULL AND enabled`,
  );
  await db.query(
    `CREATE INDEX webhook_endpoints_expiring ON webhook_endpoints (keys_expire_at) WHERE keys_expire_at IS NOT NULL`,
  );
  // One row for each pattern: an event looks for a handful of patterns, however many endpoints there are.
  await db.query(`
    CREATE TABLE webhook_subscriptions (
      tenant_id   uuid NOT NULL,
      pattern     text NOT NULL,
      user_id     text NOT NULL,                     -- '' for endpoints of no user
      endpoint_id uuid NOT NULL,
      PRIMARY KEY (tenant_id, pattern, user_id, endpoint_id),
      FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE
    )`);
  // Which tenants want to hear of their operations: of all others nothing is written when one ends.
  await db.query(
    `CREATE INDEX webhook_subscriptions_operations ON webhook_subscriptions (tenant_id) WHERE pattern LIKE 'operation.%'`,
  );
  await db.query(`CREATE INDEX webhook_subscriptions_of_endpoint ON webhook_subscriptions (tenant_id, endpoint_id)`);
}

/** Their ids are version 7: in order of time, so that lists and the end of old rows need no index of their own. */
async function createEvents(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE webhook_events (
      id                 uuid NOT NULL,
      tenant_id          uuid NOT NULL REFERENCES tenants (id),
      event_id           text,                       -- the publisher's own, against doubles
      request_hash       bytea,                      -- what came with event_id
      type               text NOT NULL,
      key                text,
      user_id            text,
      origin             text NOT NULL CHECK (origin IN ('api', 'queue', 'operation', 'endpoint', 'test')),
      payload            jsonb NOT NULL,             -- envelope: the data as JSON text; 'null' once it has expired
      payload_expired_at timestamptz,
      deliveries         int NOT NULL,
      held               int NOT NULL,
      created_at         timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id)
    )`);
  await db.query(
    `CREATE UNIQUE INDEX webhook_events_event_id ON webhook_events (tenant_id, event_id) WHERE event_id IS NOT NULL`,
  );
  // What becomes of a delivery is what becomes of its operation: success writes nothing here. No foreign keys to
  // operations and endpoints: either may be gone while the delivery is still worth showing, each key costs every
  // delivery, and that of an endpoint would have all publishers lock its one row.
  await db.query(`
    CREATE TABLE webhook_deliveries (
      id             uuid NOT NULL,                  -- also of its first operation, when it was not held
      tenant_id      uuid NOT NULL,
      event_id       uuid NOT NULL,
      endpoint_id    uuid NOT NULL,
      operation_id   uuid,                           -- the newest; NULL: held, since its endpoint was disabled
      earlier        uuid[] NOT NULL DEFAULT '{}',   -- operations before it, oldest first
      created_at     timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, event_id, endpoint_id),
      FOREIGN KEY (tenant_id, event_id) REFERENCES webhook_events (tenant_id, id) ON DELETE CASCADE
    )`);
  await db.query(`CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (tenant_id, endpoint_id, id)`);
  // Settled operations look for their delivery: by its id, or here when it was made again.
  await db.query(
    `CREATE INDEX webhook_deliveries_again ON webhook_deliveries (tenant_id, operation_id) WHERE operation_id <> id`,
  );
}

/** Grouped publishing works for many tenants at once, and public keys are asked for by receivers, who have no tenant. */
async function grantPublishing(db: QueryRunner): Promise<void> {
  for (const table of ['webhook_events', 'webhook_deliveries']) {
    await db.query(`CREATE POLICY dispatch_accepts ON ${table} FOR INSERT TO puente_dispatch WITH CHECK (true)`);
    await db.query(`GRANT INSERT ON ${table} TO puente_dispatch`);
  }
  for (const table of ['webhook_endpoints', 'webhook_subscriptions', 'webhook_events'])
    await db.query(`CREATE POLICY dispatch_reads ON ${table} FOR SELECT TO puente_dispatch USING (true)`);
  await db.query(`GRANT SELECT ON webhook_subscriptions TO puente_dispatch`);
  await db.query(`
    GRANT SELECT (id, tenant_id, payload_version, ordering, head_of_line, enabled, failing_since, keys_expire_at, signing_keys)
    ON webhook_endpoints TO puente_dispatch`);
  await db.query(
    `GRANT SELECT (id, tenant_id, event_id, request_hash, deliveries, held) ON webhook_events TO puente_dispatch`,
  );
}
