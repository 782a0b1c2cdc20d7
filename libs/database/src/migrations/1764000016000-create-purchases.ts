import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  'purchase_settings',
  'fixtures',
  'shop_users',
  'wallet_entries',
  'wallet_postings',
  'purchase_requests',
  'purchase_messages',
] as const;

/**
 * The purchases flow (SYSTEMS S2): items of limited number, who asked for how many of them, and the wallets of users as
 * double-entry postings. Payments are the payments flow's; what was said over MQTT is the ledger's and, of others, here.
 */
export class CreatePurchases1764000016000 implements MigrationInterface {
  readonly name = 'CreatePurchases1764000016000';

  async up(db: QueryRunner): Promise<void> {
    await createShop(db);
    await createWallets(db);
    await createRequests(db);
    for (const table of TABLES) await db.query(`SELECT guard_tenant_table('${table}')`);
    await db.query(
      `GRANT SELECT, INSERT, UPDATE ON purchase_settings, fixtures, shop_users, purchase_requests TO puente_app`,
    );
    await db.query(`GRANT DELETE ON purchase_settings TO puente_app`);
    await db.query(`GRANT SELECT, INSERT, DELETE ON purchase_messages TO puente_app`);
    // What was posted is never changed: a correction is another entry.
    await db.query(`GRANT SELECT, INSERT ON wallet_entries, wallet_postings TO puente_app`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await db.query(`DROP TABLE ${table}`);
    await db.query(`DROP FUNCTION wallet_entry_balances()`);
  }
}

async function createShop(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE purchase_settings (
      id               uuid NOT NULL,
      tenant_id        uuid PRIMARY KEY REFERENCES tenants (id),
      group_id         text NOT NULL,                -- requests of this group are our own
      request_topic    text NOT NULL,
      validation_topic text NOT NULL,
      redirect_url     text,                         -- where Webpay sends the payer back to
      unit_price       bigint NOT NULL CHECK (unit_price > 0), -- CLP, of fixtures without a price of their own
      hold_minutes     int NOT NULL CHECK (hold_minutes > 0),  -- an unpaid request of ours gives its units back then
      mqtt             text NOT NULL,                -- the tenant's accounts, by name
      webpay           text NOT NULL,
      smtp             text,                         -- NULL: nobody is written to
      updated_at       timestamptz NOT NULL,
      UNIQUE (tenant_id, id)
    )`);
  await db.query(`
    CREATE TABLE fixtures (
      tenant_id   uuid NOT NULL REFERENCES tenants (id),
      fixture_id  text NOT NULL,
      league_name text NOT NULL,
      round       text NOT NULL,
      date        timestamptz NOT NULL,
      units       bigint NOT NULL CHECK (units >= 0),
      units_left  bigint NOT NULL CHECK (units_left BETWEEN 0 AND units),
      unit_price  bigint CHECK (unit_price > 0),     -- CLP; NULL: that of the settings
      created_at  timestamptz NOT NULL,
      updated_at  timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, fixture_id)
    )`);
  await db.query(`
    CREATE TABLE shop_users (
      tenant_id  uuid NOT NULL REFERENCES tenants (id),
      user_id    text NOT NULL,                      -- the tenant's own identity of the person
      email      text,
      name       text NOT NULL,
      balance    bigint NOT NULL DEFAULT 0 CHECK (balance >= 0), -- CLP; the sum of the postings of user:<user_id>
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, user_id)
    )`);
}

/** The balance of a user is kept beside the postings, so that it can be refused to fall below zero. */
async function createWallets(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE wallet_entries (
      id              uuid NOT NULL,
      tenant_id       uuid NOT NULL REFERENCES tenants (id),
      kind            text NOT NULL CHECK (kind IN ('top_up', 'purchase', 'refund')),
      user_id         text NOT NULL,
      request_id      text,
      idempotency_key text,                          -- of the caller who added money
      created_at      timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, user_id) REFERENCES shop_users (tenant_id, user_id),
      CHECK ((kind = 'top_up') = (request_id IS NULL))
    )`);
  // A request is paid once and given back once, whatever else fails to see it.
  await db.query(
    `CREATE UNIQUE INDEX wallet_entries_once ON wallet_entries (tenant_id, request_id, kind) WHERE request_id IS NOT NULL`,
  );
  await db.query(
    `CREATE UNIQUE INDEX wallet_entries_key ON wallet_entries (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL`,
  );
  await db.query(`CREATE INDEX wallet_entries_of_user ON wallet_entries (tenant_id, user_id, id)`);
  await db.query(`
    CREATE TABLE wallet_postings (
      tenant_id uuid NOT NULL,
      entry_id  uuid NOT NULL,
      account   text NOT NULL CHECK (account IN ('funding', 'sales') OR account LIKE 'user:%'),
      amount    bigint NOT NULL CHECK (amount <> 0), -- CLP, into the account when positive
      PRIMARY KEY (tenant_id, entry_id, account),
      FOREIGN KEY (tenant_id, entry_id) REFERENCES wallet_entries (tenant_id, id)
    )`);
  await db.query(`
    CREATE FUNCTION wallet_entry_balances() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
      IF (SELECT sum(amount) FROM wallet_postings WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION 'the postings of wallet entry % do not sum to zero', NEW.entry_id USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$`);
  await db.query(`
    CREATE CONSTRAINT TRIGGER wallet_entry_balances AFTER INSERT ON wallet_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wallet_entry_balances()`);
}

async function createRequests(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE purchase_requests (
      tenant_id       uuid NOT NULL REFERENCES tenants (id),
      request_id      text NOT NULL,                 -- a UUID of ours, or what another group calls its own
      seq             bigint GENERATED ALWAYS AS IDENTITY,
      origin          text NOT NULL CHECK (origin IN ('internal', 'external')),
      group_id        text NOT NULL,
      seller          bigint NOT NULL,
      fixture_id      text NOT NULL,
      league_name     text NOT NULL,
      round           text NOT NULL,
      date            text NOT NULL,                 -- as it was given, like result and datetime
      result          text NOT NULL,
      datetime        text NOT NULL,
      deposit_token   text NOT NULL,                 -- '', later Webpay's token
      quantity        bigint NOT NULL CHECK (quantity > 0),
      amount          bigint NOT NULL CHECK (amount > 0), -- CLP: quantity by the price of that moment
      user_id         text,
      wallet          boolean NOT NULL,
      status          text NOT NULL CHECK (status IN ('pending', 'sent', 'pending payment', 'accepted', 'rejected')),
      units_held      boolean NOT NULL,              -- false once they were given back
      announce_operation_id uuid,                    -- that tells the other groups
      payment_id      uuid,                          -- the newest attempt
      decided_by      text,
      idempotency_key text,
      request_hash    bytea,                         -- what came with the key, or an external request
      expires_at      timestamptz,                   -- of an unpaid one
      created_at      timestamptz NOT NULL,
      updated_at      timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, request_id),
      FOREIGN KEY (tenant_id, fixture_id) REFERENCES fixtures (tenant_id, fixture_id),
      CHECK (units_held = (status <> 'rejected')),
      CHECK ((origin = 'internal') = (user_id IS NOT NULL))
    )`);
  await db.query(`CREATE INDEX purchase_requests_list ON purchase_requests (tenant_id, origin, seq)`);
  await db.query(
    `CREATE INDEX purchase_requests_of_user ON purchase_requests (tenant_id, user_id, seq) WHERE user_id IS NOT NULL`,
  );
  await db.query(
    `CREATE INDEX purchase_requests_announced ON purchase_requests (tenant_id, announce_operation_id) WHERE status = 'pending'`,
  );
  await db.query(
    `CREATE INDEX purchase_requests_token ON purchase_requests (tenant_id, deposit_token) WHERE deposit_token <> ''`,
  );
  await db.query(`CREATE INDEX purchase_requests_of_fixture ON purchase_requests (tenant_id, fixture_id)`);
  await db.query(
    `CREATE UNIQUE INDEX purchase_requests_key ON purchase_requests (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL`,
  );
  // Workers look for those of all tenants, and listen for all.
  await db.query(`CREATE POLICY dispatch_reads ON purchase_settings FOR SELECT TO puente_dispatch USING (true)`);
  await db.query(
    `GRANT SELECT (tenant_id, mqtt, request_topic, validation_topic) ON purchase_settings TO puente_dispatch`,
  );
  await db.query(`CREATE POLICY dispatch_reads ON purchase_requests FOR SELECT TO puente_dispatch USING (true)`);
  await db.query(`GRANT SELECT (tenant_id, request_id, expires_at) ON purchase_requests TO puente_dispatch`);
  await db.query(
    `CREATE INDEX purchase_requests_expiring ON purchase_requests (expires_at) WHERE expires_at IS NOT NULL`,
  );
  // What came over MQTT, for whoever asks why nothing followed from it.
  await db.query(`
    CREATE TABLE purchase_messages (
      id         uuid NOT NULL,
      tenant_id  uuid NOT NULL REFERENCES tenants (id),
      topic      text NOT NULL,
      payload    text NOT NULL,                      -- the first 4 KiB of it
      verdict    text NOT NULL CHECK (verdict IN ('taken', 'repeated', 'refused', 'bad')),
      reason     text,
      request_id text,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id)
    )`);
}
