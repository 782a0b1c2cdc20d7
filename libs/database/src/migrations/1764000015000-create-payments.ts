import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['payments', 'payment_refunds', 'payment_events'] as const;

const STATES = `'created', 'pending', 'committing', 'unknown', 'rejected', 'cancelled', 'expired', 'needs_review', 'paid',
  'captured', 'partially_refunded', 'refunded', 'reversed'`;

/**
 * The payments flow: what a payer is asked for, what was given back of it, and everything that was learnt about it. Money
 * is whole pesos. Which states follow which is the flow's; that an order is paid once at a time is said here as well.
 */
export class CreatePayments1764000015000 implements MigrationInterface {
  readonly name = 'CreatePayments1764000015000';

  async up(db: QueryRunner): Promise<void> {
    await createPayments(db);
    await createRefunds(db);
    await createEvents(db);
    for (const table of TABLES) await db.query(`SELECT guard_tenant_table('${table}')`);
    await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON payments, payment_refunds TO puente_app`);
    await db.query(`GRANT SELECT, INSERT ON payment_events TO puente_app`);
    // Payers come back with a secret path and no tenant; the reconciler looks for what is due over all tenants.
    await db.query(`CREATE POLICY dispatch_reads ON payments FOR SELECT TO puente_dispatch USING (true)`);
    await db.query(`GRANT SELECT (id, tenant_id, return_hash, next_check_at, state) ON payments TO puente_dispatch`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of [...TABLES].reverse()) await db.query(`DROP TABLE ${table}`);
  }
}

async function createPayments(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE payments (
      id                   uuid NOT NULL,            -- version 7; also of the operation that creates it at Webpay
      tenant_id            uuid NOT NULL REFERENCES tenants (id),
      reference            text NOT NULL,            -- the order, in the tenant's own words
      integration          text NOT NULL,
      buy_order            text NOT NULL CHECK (length(buy_order) <= 26),
      session_id           text NOT NULL CHECK (length(session_id) <= 61),
      amount               bigint NOT NULL CHECK (amount > 0),
      state                text NOT NULL CHECK (state IN (${STATES})),
      reason               text,                     -- why it is in its state, where that is not plain
      review               text,                     -- what a person has to look at; NULL: nothing
      result_url           text,
      return_hash          bytea NOT NULL,           -- SHA-256 of the secret in the return address
      token                text,
      form_url             text,
      form_expires_at      timestamptz,
      expires_at           timestamptz NOT NULL,
      commits              int NOT NULL DEFAULT 0,
      commit_operation_id  uuid,
      commit_begun_at      timestamptz,
      committed_at         timestamptz,              -- ours: Webpay's transaction date is that of the creation
      response_code        int,
      authorization_code   text,
      payment_type         text,
      card_last4           text,
      installments         int,
      vci                  text,
      accounting_date      text,
      transaction_date     text,                     -- as Webpay says it
      approved_amount      bigint,
      refunded_amount      bigint NOT NULL DEFAULT 0 CHECK (refunded_amount >= 0),
      captured_amount      bigint,
      capture_operation_id uuid,
      next_check_at        timestamptz,              -- when Webpay is asked next; NULL: no more
      checks               int NOT NULL DEFAULT 0,
      created_at           timestamptz NOT NULL,
      updated_at           timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      CHECK (state NOT IN ('paid', 'captured', 'partially_refunded', 'refunded', 'reversed') OR approved_amount IS NOT NULL),
      CHECK (refunded_amount <= coalesce(captured_amount, approved_amount, 0)),
      CHECK (captured_amount <= approved_amount)
    )`);
  await db.query(`CREATE UNIQUE INDEX payments_return ON payments (return_hash)`);
  await db.query(`CREATE UNIQUE INDEX payments_buy_order ON payments (tenant_id, buy_order)`);
  await db.query(`CREATE UNIQUE INDEX payments_token ON payments (tenant_id, token) WHERE token IS NOT NULL`);
  await db.query(`CREATE INDEX payments_reference ON payments (tenant_id, reference, id)`);
  // An order is paid once: the second payment of it is for a person, whatever the code above believes.
  await db.query(`
    CREATE UNIQUE INDEX payments_paid_once ON payments (tenant_id, reference)
    WHERE state IN ('paid', 'captured', 'partially_refunded')`);
  await db.query(`CREATE INDEX payments_due ON payments (next_check_at) WHERE next_check_at IS NOT NULL`);
  await db.query(`CREATE INDEX payments_review ON payments (tenant_id, id) WHERE review IS NOT NULL`);
  await db.query(
    `CREATE INDEX payments_committed ON payments (tenant_id, committed_at) WHERE committed_at IS NOT NULL`,
  );
  for (const operation of ['commit', 'capture'])
    await db.query(`
      CREATE INDEX payments_${operation}_operation ON payments (tenant_id, ${operation}_operation_id)
      WHERE ${operation}_operation_id IS NOT NULL`);
}

async function createRefunds(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE payment_refunds (
      id                 uuid NOT NULL,              -- version 7; also of the operation that asks for it
      tenant_id          uuid NOT NULL,
      payment_id         uuid NOT NULL,
      amount             bigint NOT NULL CHECK (amount > 0),
      balance_before     bigint NOT NULL CHECK (balance_before >= amount),
      state              text NOT NULL CHECK (state IN ('requested', 'unknown', 'done', 'refused')),
      kind               text CHECK (kind IN ('REVERSED', 'NULLIFIED')),
      idempotency_key    text,
      actor              text NOT NULL,
      authorization_code text,
      response_code      int,
      problem            text,
      operation_id       uuid NOT NULL,              -- the newest: its own, or one that was made again of it
      created_at         timestamptz NOT NULL,
      settled_at         timestamptz,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id) ON DELETE CASCADE
    )`);
  await db.query(`CREATE INDEX payment_refunds_of_payment ON payment_refunds (tenant_id, payment_id, id)`);
  // One at a time: what Webpay says of the balance is then said of this one.
  await db.query(`
    CREATE UNIQUE INDEX payment_refunds_open ON payment_refunds (tenant_id, payment_id)
    WHERE state IN ('requested', 'unknown')`);
  await db.query(`
    CREATE UNIQUE INDEX payment_refunds_key ON payment_refunds (tenant_id, payment_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL`);
}

async function createEvents(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE payment_events (
      id         uuid NOT NULL,
      tenant_id  uuid NOT NULL,
      payment_id uuid NOT NULL,
      type       text NOT NULL,
      from_state text,
      to_state   text,
      data       jsonb NOT NULL,                     -- codes, flows and amounts; no token, no card
      at         timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id) ON DELETE CASCADE
    )`);
  await db.query(`CREATE INDEX payment_events_of_payment ON payment_events (tenant_id, payment_id, id)`);
}
