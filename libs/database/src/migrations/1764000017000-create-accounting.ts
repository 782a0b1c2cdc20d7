import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['accounting_routes', 'accounting_entries'] as const;

/**
 * The accounting flow (SYSTEMS S0.3 and S0.4): which messages become which calls of a tenant's Odoo, and what came of
 * each. The calls are the ledger's; an entry says what is in the books, also long after its operation is gone.
 */
export class CreateAccounting1764000017000 implements MigrationInterface {
  readonly name = 'CreateAccounting1764000017000';

  async up(db: QueryRunner): Promise<void> {
    await createRoutes(db);
    await createEntries(db);
    for (const table of TABLES) await db.query(`SELECT guard_tenant_table('${table}')`);
    // What was in force stays readable: an entry names the version by which it was made.
    await db.query(`GRANT SELECT, INSERT, DELETE ON accounting_routes TO puente_app`);
    await db.query(`GRANT SELECT, INSERT, UPDATE ON accounting_entries TO puente_app`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await db.query(`DROP TABLE ${table}`);
  }
}

async function createRoutes(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE accounting_routes (
      id        uuid NOT NULL,
      tenant_id uuid NOT NULL REFERENCES tenants (id),
      version   int NOT NULL CHECK (version > 0),    -- the highest is in force; without any, the built-in routes are
      routes    jsonb NOT NULL,
      saved_at  timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, version),
      UNIQUE (tenant_id, id)
    )`);
}

/** Their ids are version 7: in order of time, so that lists need no index of their own for it. */
async function createEntries(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE accounting_entries (
      id             uuid NOT NULL,
      tenant_id      uuid NOT NULL REFERENCES tenants (id),
      kind           text NOT NULL CHECK (kind IN ('move', 'partner')),
      route          text NOT NULL,
      routes_version int NOT NULL,
      entry_key      text NOT NULL,                  -- the route's name and what tells entries apart
      request_hash   bytea NOT NULL,                 -- of what Odoo is told
      origin         text NOT NULL CHECK (origin IN ('api', 'queue')),
      message_id     text,                           -- the queue's, of the first message
      reference      text,
      direction      text CHECK (direction IN ('cargo', 'abono')),
      amount_minor   bigint CHECK (amount_minor >= 0), -- in the smallest unit of the currency
      currency       text,
      integration    text NOT NULL,
      operation_id   uuid NOT NULL,                  -- the newest
      earlier        uuid[] NOT NULL DEFAULT '{}',   -- operations before it, oldest first
      state          text,                           -- how the newest ended; NULL: it has not
      code           text,
      problem        text,                           -- in Odoo's own words
      odoo_id        bigint,
      duplicate      boolean,                        -- Odoo had it already
      settled_at     timestamptz,
      repeats        int NOT NULL DEFAULT 0,         -- times it came again, and was nothing new
      conflicts      int NOT NULL DEFAULT 0,         -- times its key came with other contents, and was refused
      conflict_at    timestamptz,
      created_at     timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, entry_key),
      CHECK ((amount_minor IS NULL) = (currency IS NULL))
    )`);
  await db.query(`CREATE INDEX accounting_entries_of_kind ON accounting_entries (tenant_id, kind, id)`);
  await db.query(
    `CREATE INDEX accounting_entries_of_reference ON accounting_entries (tenant_id, reference) WHERE reference IS NOT NULL`,
  );
  // Settled and repeated operations look for their entry.
  await db.query(`CREATE INDEX accounting_entries_of_operation ON accounting_entries (tenant_id, operation_id)`);
}
