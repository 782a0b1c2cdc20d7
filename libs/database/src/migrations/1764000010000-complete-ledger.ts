import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What became of operations, for whoever subscribed to it; operations done again, many at once; and the end of old rows. */
export class CompleteLedger1764000010000 implements MigrationInterface {
  readonly name = 'CompleteLedger1764000010000';

  async up(db: QueryRunner): Promise<void> {
    await createOperationEvents(db);
    await createReplays(db);
    await createRetention(db);
    await createPartitionUpkeep(db);
    await createSnapshotWatch(db);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const signature of [...FUNCTIONS, 'refuse_young(timestamptz)']) await db.query(`DROP FUNCTION ${signature}`);
    await db.query(`DROP INDEX inbox_received`);
    for (const table of ['retention_marks', 'replays', 'operation_events']) await db.query(`DROP TABLE ${table}`);
  }
}

/** What `puente_dispatch` may have the owner do: bounded steps with limits of their own, instead of the owner's password. */
const FUNCTIONS = [
  'remove_old_operations(uuid, timestamptz, timestamptz, timestamptz, uuid, int)',
  'remove_old_marks(timestamptz, int)',
  'add_attempt_partition(date)',
  'drop_attempt_partitions(timestamptz)',
  'oldest_snapshots()',
] as const;

const AS_OWNER = `SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp`;

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

async function createRetention(db: QueryRunner): Promise<void> {
  // How far each step of the retention got: what is older has been looked at.
  await db.query(`CREATE TABLE retention_marks (step text PRIMARY KEY, up_to timestamptz NOT NULL)`);
  await db.query(`GRANT SELECT, INSERT, UPDATE ON retention_marks TO puente_dispatch`);
  await db.query(`CREATE INDEX inbox_received ON inbox (received_at)`);
  await refuseYoung(db);
  await removeOperations(db);
  await db.query(`
    CREATE FUNCTION remove_old_marks(before timestamptz, page int) RETURNS int LANGUAGE plpgsql ${AS_OWNER} AS $$
    DECLARE gone int; more int;
    BEGIN
      PERFORM refuse_young(before);
      DELETE FROM inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE received_at < before LIMIT page));
      GET DIAGNOSTICS gone = ROW_COUNT;
      DELETE FROM replays WHERE ctid = ANY (ARRAY(SELECT ctid FROM replays WHERE created_at < before LIMIT page));
      GET DIAGNOSTICS more = ROW_COUNT;
      RETURN gone + more;
    END $$`);
  await grantExecution(db, FUNCTIONS[1]);
}

/** Whoever holds the dispatchers' password cannot make recent history disappear. */
async function refuseYoung(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE FUNCTION refuse_young(before timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF before > puente_now() - interval '30 days' THEN
        RAISE EXCEPTION 'nothing younger than 30 days is removed' USING ERRCODE = 'insufficient_privilege';
      END IF;
    END $$`);
}

/**
 * A page of a tenant's operations that ended before the given times, in the order of their end. What still needs one
 * keeps it: a review, a flow that has not heard of it, any row of another table that names it (its replay, a
 * notification): those tables are found by their foreign keys. Keys and tries go with their operation.
 */
async function removeOperations(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE FUNCTION remove_old_operations(of_tenant uuid, before timestamptz, payments_before timestamptz,
      after_at timestamptz, after_id uuid, page int,
      OUT looked int, OUT removed int, OUT last_at text, OUT last_id uuid) LANGUAGE plpgsql ${AS_OWNER} AS $$
    DECLARE found uuid[]; gone uuid[]; unnamed text;
    BEGIN
      PERFORM refuse_young(before), refuse_young(payments_before);
      SELECT array_agg(p.id), count(*), (array_agg(p.settled_at ORDER BY p.settled_at DESC, p.id DESC))[1]::text,
        (array_agg(p.id ORDER BY p.settled_at DESC, p.id DESC))[1] INTO found, looked, last_at, last_id
      FROM (SELECT o.id, o.settled_at FROM operations o
        WHERE o.tenant_id = of_tenant AND o.settled_at < before AND (o.settled_at, o.id) > (after_at, after_id)
        ORDER BY o.settled_at, o.id LIMIT page) p;
      SELECT coalesce(string_agg(format('AND NOT EXISTS (SELECT FROM %s r WHERE r.tenant_id = o.tenant_id AND r.%I = o.id)',
          c.conrelid::regclass, a.attname), ' '), '') INTO unnamed
      FROM pg_constraint c JOIN pg_attribute a
        ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) AND a.attname <> 'tenant_id'
      WHERE c.contype = 'f' AND c.confrelid = 'operations'::regclass AND c.conparentid = 0
        AND c.conrelid NOT IN ('idempotency_keys'::regclass, 'attempts'::regclass);
      EXECUTE format('SELECT coalesce(array_agg(id), ''{}'') FROM (
        SELECT o.id FROM operations o WHERE o.id = ANY ($1)
          AND o.state <> ''needs_review'' AND o.settled_at < CASE WHEN o.policy = ''payment'' THEN $3 ELSE $2 END
          AND (o.subscriber IS NULL OR o.delivered_at IS NOT NULL) %s
        ORDER BY o.id FOR UPDATE SKIP LOCKED) free', unnamed) INTO gone USING found, before, payments_before;
      DELETE FROM idempotency_keys WHERE tenant_id = of_tenant AND operation_id = ANY (gone);
      DELETE FROM operations WHERE tenant_id = of_tenant AND id = ANY (gone);
      GET DIAGNOSTICS removed = ROW_COUNT;
    END $$`);
  await grantExecution(db, FUNCTIONS[0]);
}

/**
 * Months of `attempts`. Made apart and then attached, which lets the others go on; what the default partition took in
 * because the month was missing moves along. Whoever cannot have the locks at once leaves it for later.
 */
async function createPartitionUpkeep(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE FUNCTION add_attempt_partition(given date) RETURNS boolean LANGUAGE plpgsql ${AS_OWNER} SET lock_timeout = '1s' AS $$
    DECLARE
      month date := date_trunc('month', given)::date;
      name text := 'attempts_' || to_char(month, 'YYYYMM');
      first timestamptz := month::timestamp AT TIME ZONE 'UTC';
      beyond timestamptz := (month + interval '1 month')::timestamp AT TIME ZONE 'UTC';
    BEGIN
      IF to_regclass('public.' || name) IS NOT NULL THEN RETURN false; END IF;
      LOCK TABLE attempts_default IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('CREATE TABLE public.%I (LIKE attempts INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
      EXECUTE format('WITH moved AS (DELETE FROM attempts_default WHERE started_at >= %L AND started_at < %L RETURNING *)
        INSERT INTO %I SELECT * FROM moved', first, beyond, name);
      EXECUTE format('ALTER TABLE attempts ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, first, beyond);
      PERFORM guard_tenant_table(name::regclass);
      RETURN true;
    EXCEPTION WHEN duplicate_table THEN RETURN false; -- another process was faster
    END $$`);
  await db.query(`
    CREATE FUNCTION drop_attempt_partitions(before timestamptz) RETURNS text[] LANGUAGE plpgsql ${AS_OWNER} SET lock_timeout = '1s' AS $$
    DECLARE part text; used boolean; dropped text[] := '{}';
    BEGIN
      PERFORM refuse_young(before);
      FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'attempts'::regclass AND CASE WHEN c.relname ~ '^attempts_[0-9]{6}$'
          THEN (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')::timestamp AT TIME ZONE 'UTC' <= before END
        ORDER BY c.relname
      LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', part) INTO used;
        CONTINUE WHEN used;
        EXECUTE format('DROP TABLE public.%I', part);
        dropped := dropped || part;
      END LOOP;
      RETURN dropped;
    END $$`);
  for (const signature of FUNCTIONS.slice(2, 4)) await grantExecution(db, signature);
}

/** Who keeps PostgreSQL from cleaning up, oldest first: names and ages, no text of a query. */
async function createSnapshotWatch(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE FUNCTION oldest_snapshots() RETURNS TABLE (kind text, name text, pid int, role text, state text, seconds float8, xmin text)
    LANGUAGE sql ${AS_OWNER} AS $$
      SELECT * FROM (
        SELECT 'transaction', a.application_name, a.pid, a.usename::text, a.state,
          extract(epoch FROM clock_timestamp() - a.xact_start)::float8, a.backend_xmin::text
        FROM pg_stat_activity a WHERE a.xact_start IS NOT NULL AND a.pid <> pg_backend_pid()
          AND (a.backend_type = 'walsender' OR a.backend_type = 'client backend'
            AND a.datid = (SELECT oid FROM pg_database WHERE datname = current_database()))
        UNION ALL
        SELECT 'prepared', p.gid, NULL, p.owner::text, NULL, extract(epoch FROM clock_timestamp() - p.prepared)::float8, NULL
        FROM pg_prepared_xacts p WHERE p.database = current_database()
        UNION ALL
        SELECT 'slot', s.slot_name::text, s.active_pid, NULL, CASE WHEN s.active THEN 'active' ELSE 'inactive' END, NULL, s.xmin::text
        FROM pg_replication_slots s WHERE s.xmin IS NOT NULL) AS holders(kind, name, pid, role, state, seconds, xmin)
      ORDER BY seconds DESC NULLS FIRST LIMIT 50
    $$`);
  await grantExecution(db, FUNCTIONS[4]);
}

async function grantExecution(db: QueryRunner, signature: string): Promise<void> {
  await db.query(`REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`);
  await db.query(`GRANT EXECUTE ON FUNCTION ${signature} TO puente_dispatch`);
}
