import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The operation ledger: what was asked of a provider, each try, who asked first, and which lanes are parked. */
export class CreateLedger1764000002000 implements MigrationInterface {
  readonly name = 'CreateLedger1764000002000';

  async up(db: QueryRunner): Promise<void> {
    await createOperations(db);
    await enforceTransitions(db);
    await createAttempts(db);
    await createKeysLanesInbox(db);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['inbox', 'lanes', 'idempotency_keys', 'attempts', 'operations'])
      await db.query(`DROP TABLE ${table}`);
    await db.query(`DROP FUNCTION check_operation_transition()`);
    await db.query(`DROP FUNCTION operation_transition_allowed(text, text)`);
  }
}

async function createOperations(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE operations (
      id              uuid NOT NULL,
      seq             bigint GENERATED ALWAYS AS IDENTITY,
      tenant_id       uuid NOT NULL REFERENCES tenants (id),
      provider        text NOT NULL,
      operation       text NOT NULL,
      integration     text NOT NULL DEFAULT 'default',
      lane_key        text NOT NULL DEFAULT 'default',
      order_key       text,                          -- FIFO: one operation in flight per key, by seq
      head_of_line    text NOT NULL DEFAULT 'skip' CHECK (head_of_line IN ('skip', 'wait', 'park')), -- what the others of its key do when it ends badly
      effect          text NOT NULL CHECK (effect IN ('idempotent', 'reconcilable', 'once')),
      on_unknown      text NOT NULL CHECK (on_unknown IN ('review', 'resend', 'drop')),
      policy          text NOT NULL,
      priority        smallint NOT NULL DEFAULT 100, -- lower first: 50 interactive, 100 normal, 200 bulk
      route_key       text,                          -- the idempotency key with its route, as the caller named it
      request_hash    bytea NOT NULL,
      input           jsonb NOT NULL,                -- envelope under the tenant's data key
      settle_ms       int NOT NULL DEFAULT 0,        -- the provider may still act this long after we gave up
      key_window_ms   bigint,                        -- how long an idempotent provider remembers our key; NULL: for ever
      state           text NOT NULL DEFAULT 'queued' CHECK (state IN
                        ('queued', 'running', 'unknown', 'succeeded', 'rejected', 'exhausted', 'needs_review', 'cancelled', 'dropped')),
      mode            text NOT NULL DEFAULT 'call' CHECK (mode IN ('call', 'reconcile')),
      attempt         int NOT NULL DEFAULT 0,
      crashes         int NOT NULL DEFAULT 0,
      repeats         int NOT NULL DEFAULT 0,        -- calls made although an earlier one may have happened
      asks            int NOT NULL DEFAULT 0,        -- questions to the provider about the last call
      maybe_sent      boolean NOT NULL DEFAULT false,
      first_sent_at   timestamptz,
      sent_at         timestamptz,                   -- write-ahead mark of the try in flight
      next_attempt_at timestamptz NOT NULL,
      deadline_at     timestamptz,
      lease_until     timestamptz,
      lease_owner     text,
      fence           bigint NOT NULL DEFAULT 0,
      blocked         boolean NOT NULL DEFAULT false,-- a hint: an earlier one of its order_key is not settled; keeps queues of groups out of the index of due work
      output          jsonb,                         -- envelope under the tenant's data key
      failure         text,                          -- kind of the last failure: throttled, not_sent, unknown:timeout …
      provider_code   text,
      provider_status int,
      failure_message text,                          -- redacted, at most 500 characters
      subscriber      text,                          -- flow step to call once the operation is settled
      delivered_at    timestamptz,                   -- when it was called
      replay_of       uuid,
      payload_expired_at timestamptz,                -- when retention took input and output
      trace_id        text,
      created_at      timestamptz NOT NULL,
      updated_at      timestamptz NOT NULL,
      settled_at      timestamptz,
      CHECK ((state IN ('queued', 'running', 'unknown')) = (settled_at IS NULL)),
      CHECK ((state = 'running') = (lease_until IS NOT NULL)),
      -- These three states claim that no effect exists (DESIGN §5, rule 1).
      CONSTRAINT no_claim_without_proof CHECK (NOT (maybe_sent AND state IN ('rejected', 'exhausted', 'cancelled')))
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)`);
  await db.query(`CREATE INDEX operations_listed ON operations (tenant_id, seq DESC)`);
  // One index for who has only the id and for the composite keys of others: each index costs at every transition. After
  // `operations_listed`, since PostgreSQL takes the younger of two that seem equal: what checks a foreign key is planned
  // once per connection, perhaps while the table is empty, and would from then on read all operations of the tenant.
  await db.query(`ALTER TABLE operations ADD PRIMARY KEY (id, tenant_id)`);
  await db.query(`ALTER TABLE operations ADD FOREIGN KEY (tenant_id, replay_of) REFERENCES operations (tenant_id, id)`);
  // One index per reader. Claim: due work lane by lane, so that a paused lane costs one step however much waits in it.
  await db.query(`CREATE INDEX operations_due ON operations (tenant_id, provider, lane_key, priority, next_attempt_at, seq)
    WHERE state IN ('queued', 'unknown') AND NOT blocked`);
  await db.query(`CREATE INDEX operations_quarantined ON operations (next_attempt_at)
    WHERE state IN ('queued', 'unknown') AND crashes >= 2`);
  // The sweeper reads it whole: it is as long as what all workers hold. No index on lease_until, so that a mark and a
  // heartbeat change no index at all (HOT).
  await db.query(
    `CREATE INDEX operations_in_flight ON operations (tenant_id, provider, lane_key) WHERE state = 'running'`,
  );
  await db.query(`CREATE INDEX operations_order ON operations (tenant_id, order_key, seq)
    WHERE order_key IS NOT NULL AND (state IN ('queued', 'running', 'unknown')
      OR (state = 'needs_review' AND head_of_line <> 'skip') OR (state IN ('exhausted', 'dropped') AND head_of_line = 'park'))`);
  await db.query(`CREATE INDEX operations_blocked ON operations (tenant_id, order_key) WHERE blocked`);
  await db.query(`CREATE INDEX operations_undelivered ON operations (settled_at)
    WHERE subscriber IS NOT NULL AND delivered_at IS NULL AND settled_at IS NOT NULL`);
  await db.query(
    `CREATE INDEX operations_settled ON operations (tenant_id, settled_at, id) WHERE settled_at IS NOT NULL`,
  );
  await db.query(`CREATE INDEX operations_route_key ON operations (tenant_id, route_key) WHERE route_key IS NOT NULL`);
  // Who was replayed already, and what retention must keep because of it.
  await db.query(`CREATE INDEX operations_replays ON operations (tenant_id, replay_of) WHERE replay_of IS NOT NULL`);
  await db.query(`CREATE INDEX operations_review ON operations (tenant_id, settled_at) WHERE state = 'needs_review'`);
  await db.query(`SELECT guard_tenant_table('operations')`);
  await db.query(`CREATE POLICY dispatch_rows ON operations TO puente_dispatch USING (true) WITH CHECK (true)`);
  await db.query(`GRANT SELECT, INSERT, UPDATE ON operations TO puente_app, puente_dispatch`);
}

/** The same table as `libs/ledger/src/state-machine.ts`; a test compares the two, pair by pair. */
async function enforceTransitions(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE FUNCTION operation_transition_allowed(old_state text, new_state text) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN CASE old_state
      WHEN 'queued'       THEN new_state IN ('running', 'succeeded', 'exhausted', 'needs_review', 'cancelled', 'dropped')
      WHEN 'running'      THEN new_state IN ('queued', 'unknown', 'succeeded', 'rejected', 'exhausted', 'needs_review', 'dropped')
      WHEN 'unknown'      THEN new_state IN ('running', 'succeeded', 'needs_review', 'dropped')
      WHEN 'needs_review' THEN new_state IN ('queued', 'succeeded', 'cancelled', 'dropped')
      ELSE false
    END`);
  await db.query(`
    CREATE FUNCTION check_operation_transition() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT operation_transition_allowed(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'operation %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$`);
  await db.query(`
    CREATE TRIGGER legal_transition BEFORE UPDATE OF state ON operations FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION check_operation_transition()`);
}

async function createAttempts(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE attempts (
      tenant_id       uuid NOT NULL,
      operation_id    uuid NOT NULL,
      fence           bigint NOT NULL,
      number          int NOT NULL,
      mode            text NOT NULL,
      owner           text NOT NULL,
      started_at      timestamptz NOT NULL,
      ended_at        timestamptz NOT NULL,
      duration_ms     int NOT NULL,
      outcome         text NOT NULL,
      provider_code   text,
      provider_status int,
      excerpt         text,                          -- redacted
      repeat          boolean NOT NULL DEFAULT false,-- made although an earlier try may have happened
      applied         boolean NOT NULL,              -- false: the lease was lost, so this try changed nothing in the ledger
      FOREIGN KEY (tenant_id, operation_id) REFERENCES operations (tenant_id, id) ON DELETE CASCADE
    ) PARTITION BY RANGE (started_at)`);
  await db.query(`CREATE TABLE attempts_default PARTITION OF attempts DEFAULT`);
  await db.query(`
    DO $$
    DECLARE month date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
    BEGIN
      FOR i IN 0..12 LOOP
        EXECUTE format('CREATE TABLE attempts_%s PARTITION OF attempts FOR VALUES FROM (%L) TO (%L)',
          to_char(month, 'YYYYMM'), month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
        PERFORM guard_tenant_table(format('attempts_%s', to_char(month, 'YYYYMM'))::regclass);
        month := (month + interval '1 month')::date;
      END LOOP;
    END $$`);
  await db.query(`CREATE INDEX attempts_of_operation ON attempts (operation_id, started_at)`);
  await db.query(`SELECT guard_tenant_table('attempts_default')`);
  await db.query(`SELECT guard_tenant_table('attempts')`);
  await db.query(`CREATE POLICY dispatch_rows ON attempts TO puente_dispatch USING (true) WITH CHECK (true)`);
  await db.query(`GRANT SELECT, INSERT ON attempts TO puente_app, puente_dispatch`);
}

async function createKeysLanesInbox(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE idempotency_keys (
      tenant_id    uuid NOT NULL,                    -- of the operation, which refers to the tenant: one check less per accept
      route        text NOT NULL,
      key          text NOT NULL,
      request_hash bytea NOT NULL,
      operation_id uuid NOT NULL,
      subject_id   uuid NOT NULL,                    -- what the route answers with: the operation itself or a flow's own row
      created_at   timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, route, key),
      FOREIGN KEY (tenant_id, operation_id) REFERENCES operations (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
    )`);
  await db.query(`CREATE INDEX idempotency_keys_of_operation ON idempotency_keys (tenant_id, operation_id)`);
  await db.query(`
    CREATE TABLE lanes (
      tenant_id    uuid NOT NULL REFERENCES tenants (id),
      provider     text NOT NULL,
      lane_key     text NOT NULL,
      open_until   timestamptz,                      -- parked until then (429, open circuit)
      failures     int NOT NULL DEFAULT 0,           -- consecutive, and such as speak of the provider
      opened       int NOT NULL DEFAULT 0,           -- circuit: how often it opened in a row; 0 closed. Past open_until: half open
      opened_at    timestamptz,                      -- the last time; answers to calls from before say nothing about it
      closed_at    timestamptz,                      -- since when it is let back to its full load
      max_in_flight int,                             -- calls at once, over all processes; NULL: what the provider declares
      probe_until  timestamptz,                      -- half open: nobody else probes before
      probe_operation uuid,                          -- half open: who probes
      claims       bigint NOT NULL DEFAULT 0,        -- rises with each claim that counted, and each turn of the circuit
      paused_by    text,                             -- parked until somebody acts: 'unauthorized', an administrator
      paused_at    timestamptz,
      reason       text,
      tried_at     timestamptz,                      -- let go because the credentials seemed to work again
      vain_tries   int NOT NULL DEFAULT 0,           -- how often in a row it was paused again soon afterwards
      updated_at   timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, provider, lane_key),
      CHECK (max_in_flight > 0)
    ) WITH (fillfactor = 70)`);
  // What each process keeps in memory: the lanes about which there is something to know.
  await db.query(`CREATE INDEX lanes_noted ON lanes (tenant_id)
    WHERE failures > 0 OR opened > 0 OR open_until IS NOT NULL OR max_in_flight IS NOT NULL`);
  // Messages that were taken over already: a queue delivers at least once, we act once.
  await db.query(`
    CREATE TABLE inbox (
      tenant_id   uuid NOT NULL REFERENCES tenants (id),
      source      text NOT NULL,
      message_key text NOT NULL,
      received_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, source, message_key)
    )`);
  for (const table of ['idempotency_keys', 'lanes', 'inbox']) {
    await db.query(`SELECT guard_tenant_table('${table}')`);
    await db.query(`CREATE POLICY dispatch_rows ON ${table} TO puente_dispatch USING (true) WITH CHECK (true)`);
    await db.query(`GRANT SELECT, INSERT, UPDATE ON ${table} TO puente_app, puente_dispatch`);
  }
  await db.query(`GRANT DELETE ON lanes TO puente_app, puente_dispatch`);
}
