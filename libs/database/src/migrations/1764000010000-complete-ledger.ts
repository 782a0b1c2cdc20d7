import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What became of operations, for whoever subscribed to it; and operations done again, many at once. */
export class CompleteLedger1764000010000 implements MigrationInterface {
  readonly name = 'CompleteLedger1764000010000';

  async up(db: QueryRunner): Promise<void> {
    await createOperationEvents(db);
    await createReplays(db);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['replays', 'operation_events']) await db.query(`DROP TABLE ${table}`);
  }
}

/** A row for each consumer, written by the statement that ends the operation and removed by the delivery. */
async function createOperationEvents(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE operation_events (
      id           bigint GENERATED ALWAYS AS IDENTITY,
      tenant_id    uuid NOT NULL,
      consumer     text NOT NULL,
      operation_id uuid NOT NULL,
      state        text NOT NULL CHECK (state IN
                     ('succeeded', 'rejected', 'exhausted', 'needs_review', 'cancelled', 'dropped')),
      at           timestamptz NOT NULL,
      failures     int NOT NULL DEFAULT 0,           -- deliveries that failed
      due_at       timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, operation_id) REFERENCES operations (tenant_id, id) ON DELETE CASCADE
    ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)`);
  await db.query(`CREATE INDEX operation_events_due ON operation_events (consumer, tenant_id, due_at, id)`);
  // The order per operation, and the cascade above.
  await db.query(
    `CREATE INDEX operation_events_of_operation ON operation_events (tenant_id, operation_id, consumer, id)`,
  );
  await db.query(`SELECT guard_tenant_table('operation_events')`);
  // Written with results, which must never fail because of it; a deleted tenant's are removed with the rest.
  await db.query(`DROP TRIGGER tenant_alive ON operation_events`);
  await db.query(`CREATE POLICY dispatch_rows ON operation_events TO puente_dispatch USING (true) WITH CHECK (true)`);
  await db.query(`GRANT SELECT, INSERT ON operation_events TO puente_dispatch`);
  await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON operation_events TO puente_app`);
}

/** What was replayed by one request: the answer to its repetitions, and where progress is looked up. */
async function createReplays(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE replays (
      id              uuid PRIMARY KEY,
      seq             bigint GENERATED ALWAYS AS IDENTITY,
      tenant_id       uuid NOT NULL REFERENCES tenants (id),
      idempotency_key text,
      request         jsonb NOT NULL,                -- filter, limit, cursor, as asked
      actor           text NOT NULL,
      items           jsonb NOT NULL,                -- [{"of", "operationId"}], oldest first
      skipped         jsonb NOT NULL,                -- [{"operationId", "reason"}]
      next            text,                          -- where the next request goes on
      created_at      timestamptz NOT NULL,
      UNIQUE (tenant_id, id),
      UNIQUE (tenant_id, idempotency_key)
    )`);
  await db.query(`CREATE INDEX replays_listed ON replays (tenant_id, seq DESC)`);
  await db.query(`SELECT guard_tenant_table('replays')`);
  await db.query(`GRANT SELECT, INSERT, UPDATE ON replays TO puente_app`);
}
